import type { Connection } from "../database.ts";
import type { MaterializationRow } from "./materializations.ts";

/** Values above this size are not shown in lists and views (design §6: null above 16 kB). */
export const MAX_SHOWN_VALUE_BYTES = 16_384;

/** A materialization as views show it: its partition by key, its value only where that is small. */
export interface MaterializationSummaryRow extends Omit<MaterializationRow, "value_sha256"> {
  /** Null: not partitioned. */
  readonly partition_key: string | null;
}

export const MATERIALIZATION_SUMMARY =
  "m.id, m.asset_id, m.partition_id, m.run_id, m.run_uid, m.ordinal, m.at_ms, m.code_version, m.data_version, " +
  `m.metadata, CASE WHEN m.value_bytes <= ${MAX_SHOWN_VALUE_BYTES} THEN m.value END AS value, m.value_bytes, ` +
  "CASE WHEN m.partition_id <> 0 THEN (SELECT p.key FROM partitions p WHERE p.id = m.partition_id) END AS partition_key";

export type MaterializationSummaries = ReturnType<typeof materializationSummaries>;

export function materializationSummaries(db: Connection) {
  const byId = db.prepare<[number], MaterializationSummaryRow>(
    `SELECT ${MATERIALIZATION_SUMMARY} FROM materializations m WHERE m.id = ?`,
  );
  const newest = db.prepare<[number], number | null>("SELECT max(id) FROM materializations WHERE asset_id = ?").pluck();
  const ofSteps = db.prepare<[number, number, number], MadeRow>(
    "SELECT m.ordinal, (SELECT key FROM assets WHERE id = m.asset_id) AS asset, m.data_version, m.metadata " +
      "FROM materializations m INDEXED BY materializations_by_step " +
      "WHERE m.run_id = ? AND m.ordinal >= ? AND m.ordinal < ? ORDER BY m.ordinal, m.id",
  );
  return {
    byId: (id: number): MaterializationSummaryRow | undefined => byId.get(id),
    /** The newest of an asset over all its partitions. */
    newestId: (assetId: number): number | null => newest.get(assetId) ?? null,
    /** What a run's steps with `from <= ordinal < below` made, each step's oldest first. */
    ofSteps: (runId: number, { from, below }: { readonly from: number; readonly below: number }): readonly MadeRow[] =>
      ofSteps.all(runId, from, below),
  };
}

export interface MadeRow {
  readonly ordinal: number;
  readonly asset: string;
  readonly data_version: string;
  readonly metadata: string;
}
