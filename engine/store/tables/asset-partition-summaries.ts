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

/** Among how many failed partitions the newest failure is looked for: the last added. */
const FAILURES_LOOKED_AT = 100;

export type FailureRow = Pick<
  AssetPartitionSummaryRow,
  "word" | "failure" | "failed_at_ms" | "failed_run_uid" | "failed_ordinal"
>;

/** One failure of an asset, the newest where few partitions failed: it stands for the others. */
export function newestFailure(db: Connection): (assetId: number) => FailureRow | undefined {
  const select = db.prepare<[number], FailureRow>(
    "SELECT word, failure, failed_at_ms, failed_run_uid, failed_ordinal FROM (" +
      "SELECT * FROM asset_partitions INDEXED BY asset_partitions_by_word WHERE asset_id = ? " +
      "AND word IN ('failed', 'running') AND word = 'failed' " +
      `ORDER BY partition_id DESC LIMIT ${FAILURES_LOOKED_AT}) ORDER BY failed_seq DESC LIMIT 1`,
  );
  return (assetId) => select.get(assetId);
}

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
