import type { PartitionWord } from "../../core/states.ts";
import type { Connection, Statement } from "../database.ts";
import type { KeyRow } from "../tables/asset-partition-summaries.ts";
import type { AssetRow } from "../tables/materializations.ts";
import type { KeyRange } from "./key-range.ts";

export interface KeysByWordParams {
  readonly asset: AssetRow & { readonly active: number };
  /** Null: all active keys. */
  readonly word: PartitionWord | null;
  readonly range: KeyRange;
  readonly limit: number;
}

/** How many keys are looked at one by one before all partitions of the word are gathered. */
const WALKED_KEYS = 2000;
/** Up to here the partitions of a word are gathered and sorted by key; above, keys are tested against a list of them. */
const GATHERED_PARTITIONS = 25_000;

type Keys = Statement<unknown[], KeyRow>;

/**
 * The first keys of a range whose partitions have a word. A word is no column in key order, so the way there depends on
 * how many there are (the asset's counters tell): each way is bounded by a few passes over small index entries, 10 to
 * 30 ms for 100,000 partitions.
 */
export function keysByWord(db: Connection): (params: KeysByWordParams) => readonly KeyRow[] {
  const ofState: Keys = db.prepare(`${keysSql()} ORDER BY p.key LIMIT ?`);
  const walk: Keys = db.prepare(
    `SELECT id, key FROM (${keysSql()} ORDER BY p.key LIMIT ${WALKED_KEYS}) k WHERE ` +
      "coalesce((SELECT word FROM asset_partitions WHERE asset_id = ? AND partition_id = k.id), 'missing') = ? " +
      "ORDER BY key LIMIT ?",
  );
  const among = keysAmong(db);
  const gather = keysGathered(db);
  return ({ asset, word, range, limit }) => {
    const bounds = [range.from, range.below];
    if (word === null || word === "retired") {
      return ofState.all(asset.set_id, word ?? "active", ...bounds, limit);
    }
    const count = countOf(asset, word);
    if (count <= 0) return [];
    const isIndexed = word === "failed" || word === "running";
    if (isIndexed && count <= GATHERED_PARTITIONS) return gather[word](asset, bounds, limit);
    const first = walk.all(asset.set_id, "active", ...bounds, asset.id, word, limit);
    if (first.length >= limit || asset.active <= WALKED_KEYS) return first;
    return count <= GATHERED_PARTITIONS ? gather[word](asset, bounds, limit) : among[word](asset, bounds, limit);
  };
}

function countOf(asset: KeysByWordParams["asset"], word: Exclude<PartitionWord, "retired">): number {
  return word === "missing" ? asset.active - asset.materialized - asset.failed - asset.running : asset[word];
}

function keysSql(): string {
  return (
    "SELECT p.id, p.key FROM partitions p INDEXED BY partitions_by_state " +
    "WHERE p.set_id = ? AND p.state = ? AND p.key >= ? AND p.key < ?"
  );
}

type KeysOf = (asset: AssetRow, bounds: readonly unknown[], limit: number) => readonly KeyRow[];
type KeysOfEach = Readonly<Record<Exclude<PartitionWord, "retired">, KeysOf>>;

/** Keys in order, each tested against the list of the partitions that have the word. */
function keysAmong(db: Connection): KeysOfEach {
  const having = (word: string): KeysOf => {
    const statement: Keys = db.prepare(
      `${keysSql()} AND +p.id IN (SELECT partition_id FROM asset_partitions WHERE asset_id = ? AND word = '${word}') ` +
        "ORDER BY p.key LIMIT ?",
    );
    return (asset, bounds, limit) => statement.all(asset.set_id, "active", ...bounds, asset.id, limit);
  };
  const missing: Keys = db.prepare(
    `${keysSql()} AND p.id NOT IN (SELECT partition_id FROM asset_partitions WHERE asset_id = ? AND word <> 'missing') ` +
      "ORDER BY p.key LIMIT ?",
  );
  return {
    materialized: having("materialized"),
    failed: having("failed"),
    running: having("running"),
    missing: (asset, bounds, limit) => missing.all(asset.set_id, "active", ...bounds, asset.id, limit),
  };
}

/** The partitions that have the word, sorted by key. */
function keysGathered(db: Connection): KeysOfEach {
  const range = "p.key >= ? AND p.key < ? ORDER BY p.key LIMIT ?";
  const having = (condition: string, index = ""): KeysOf => {
    const statement: Keys = db.prepare(
      `SELECT p.id, p.key FROM asset_partitions a ${index} CROSS JOIN partitions p ON p.id = a.partition_id ` +
        `WHERE a.asset_id = ? AND ${condition} AND ${range}`,
    );
    return (asset, bounds, limit) => statement.all(asset.id, ...bounds, limit);
  };
  const missingIds = db
    .prepare<[number, number], number>(
      "SELECT id FROM partitions WHERE id > 0 AND +set_id = ? AND +state = 'active' EXCEPT " +
        "SELECT partition_id FROM asset_partitions WHERE asset_id = ? AND word <> 'missing' ORDER BY 1",
    )
    .pluck();
  const ofIds: Keys = db.prepare(
    `SELECT p.id, p.key FROM json_each(?) e CROSS JOIN partitions p ON p.id = e.value WHERE ${range}`,
  );
  return {
    materialized: having("a.word = 'materialized'"),
    failed: having("a.word IN ('failed', 'running') AND a.word = 'failed'", "INDEXED BY asset_partitions_by_word"),
    running: having("a.word IN ('failed', 'running') AND a.word = 'running'", "INDEXED BY asset_partitions_by_word"),
    missing: (asset, bounds, limit) =>
      ofIds.all(JSON.stringify(missingIds.all(asset.set_id, asset.id)), ...bounds, limit),
  };
}
