import type { PartitionWord } from "../../core/states.ts";
import type { Connection } from "../database.ts";

export interface CountByKeyParams {
  readonly assetId: number;
  readonly setId: number;
  readonly dimension: number;
  /** Partitions up to this id were counted before. */
  readonly afterId: number;
}

export interface KeyCountsChunk {
  /** How many active partitions with a key, by its id, have a word. */
  readonly counts: readonly (readonly [keyId: number, word: PartitionWord, count: number])[];
  /** Null: that was the last one. */
  readonly nextAfterId: number | null;
}

/** Ids that are looked at together: some 10 ms of the reader's time. */
const CHUNK_IDS = 12_000;

/** Counts the partitions of an asset by their key in one dimension, in chunks, in the order in which they were added. */
export function countByKey(db: Connection): (params: CountByKeyParams) => KeyCountsChunk {
  const newest = db.prepare<[], number>("SELECT coalesce(max(id), 0) FROM partitions").pluck();
  const select = db
    .prepare<[number, number, number, number, number], [number, PartitionWord, number]>(
      "SELECT r.part_id, coalesce(a.word, 'missing') AS word, count(*) FROM partition_parts r " +
        "CROSS JOIN partitions p ON p.id = r.partition_id AND p.set_id = ? AND p.state = 'active' " +
        "LEFT JOIN asset_partitions a ON a.asset_id = ? AND a.partition_id = r.partition_id " +
        "WHERE r.partition_id > ? AND r.partition_id <= ? AND r.dimension = ? GROUP BY r.part_id, word",
    )
    .raw();
  return ({ assetId, setId, dimension, afterId }) => {
    const upTo = afterId + CHUNK_IDS;
    const counts = select.all(setId, assetId, afterId, upTo, dimension);
    return { counts, nextAfterId: upTo < (newest.get() ?? 0) ? upTo : null };
  };
}
