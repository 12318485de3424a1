import type { PartitionWord } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { type MaterializationSummaryRow, materializationSummaries } from "./materialization-summaries.ts";

export interface AssetPartitionSummaryRow {
  readonly key: string;
  readonly word: PartitionWord;
  readonly latest: MaterializationSummaryRow | null;
  readonly failed_seq: number;
  readonly failed_at_ms: number | null;
  readonly failed_run_uid: string | null;
  readonly failed_ordinal: number | null;
  readonly failure: string | null;
  readonly live_run_uid: string | null;
}

export interface KeyRow {
  readonly id: number;
  readonly key: string;
}

interface RecordRow extends Omit<AssetPartitionSummaryRow, "key" | "latest"> {
  readonly materialization_id: number | null;
}

const NEVER_TOUCHED: Omit<RecordRow, "word"> = {
  materialization_id: null,
  failed_seq: 0,
  failed_at_ms: null,
  failed_run_uid: null,
  failed_ordinal: null,
  failure: null,
  live_run_uid: null,
};

const ASSET_PARTITION_RECORD =
  "SELECT a.word, a.materialization_id, a.failed_seq, a.failed_at_ms, a.failed_run_uid, a.failed_ordinal, a.failure, " +
  "(SELECT uid FROM runs WHERE id = a.live_run_id) AS live_run_uid FROM asset_partitions a " +
  "WHERE a.asset_id = ? AND a.partition_id = ?";

export type AssetPartitionReader = ReturnType<typeof assetPartitionReader>;

/** What is recorded of one partition of an asset. */
export function assetPartitionReader(db: Connection): (assetId: number, partition: KeyRow) => AssetPartitionSummaryRow {
  const record = db.prepare<[number, number], RecordRow>(ASSET_PARTITION_RECORD);
  const state = db.prepare<[number], { state: string }>("SELECT state FROM partitions WHERE id = ?");
  const summaries = materializationSummaries(db);
  return (assetId, { id, key }) => {
    const row = record.get(assetId, id) ?? {
      ...NEVER_TOUCHED,
      word: state.get(id)?.state === "retired" ? "retired" : "missing",
    };
    const { materialization_id: made, ...rest } = row;
    return { key, ...rest, latest: made === null ? null : (summaries.byId(made) ?? null) };
  };
}
