import type { Connection } from "../database.ts";
import { NO_PARTITION } from "../tables/partitions.ts";

export interface ListFailuresParams {
  readonly limit: number;
}

/** A partition whose newest attempt failed, and that was not made since. */
export interface FailureOfPartitionRow {
  readonly asset: string;
  /** Null: the asset has no partitions. */
  readonly partition: string | null;
  readonly failed_at_ms: number;
  readonly failed_run_uid: string;
  readonly failed_ordinal: number;
  readonly failure: string;
}

/** What failed and was not put right, newest first; of assets that are defined and keys that are active. */
export function listFailures(db: Connection): (params: ListFailuresParams) => readonly FailureOfPartitionRow[] {
  const select = db.prepare<[number], FailureOfPartitionRow>(
    `SELECT a.key AS asset, CASE WHEN p.id = ${NO_PARTITION} THEN NULL ELSE p.key END AS partition, ` +
      "f.failed_at_ms, f.failed_run_uid, f.failed_ordinal, f.failure " +
      "FROM asset_partitions f INDEXED BY asset_partitions_failed " +
      "CROSS JOIN assets a ON a.id = f.asset_id AND a.defined = 1 CROSS JOIN partitions p ON p.id = f.partition_id " +
      "WHERE f.word = 'failed' ORDER BY f.failed_at_ms DESC LIMIT ?",
  );
  return ({ limit }) => select.all(limit);
}
