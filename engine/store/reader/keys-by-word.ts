import type { PartitionWord } from "../../core/states.ts";
import type { Connection, Statement } from "../database.ts";
import type { KeyRow } from "../tables/asset-partition-summaries.ts";
import type { AssetRow } from "../tables/materializations.ts";
import { type KeyRange, keyRange } from "./key-range.ts";

export interface KeysByWordParams {
  readonly asset: AssetRow & { readonly active: number };
  /** Null: all active keys. */
  readonly word: PartitionWord | null;
  readonly range: KeyRange;
  readonly limit: number;
}

/** How many keys are looked at one by one before all partitions of the word are marked. */
const WALKED_KEYS = 2000;
/** Up to here the partitions of an indexed word are gathered and sorted by key. */
const GATHERED_PARTITIONS = 25_000;
const CHUNK_KEYS = 10_000;

type Keys = Statement<unknown[], KeyRow>;

/**
 * The first keys of a range whose partitions have a word. A word is no column in key order, so the way there depends on
 * how many there are (the asset's counters tell): each way is bounded by a pass over the asset's records and one over
 * the keys, 5 to 25 ms for 100,000 partitions.
 */
export function keysByWord(db: Connection): (params: KeysByWordParams) => readonly KeyRow[] {
  const ofState: Keys = db.prepare(`${keysSql("p.id, p.key")} ORDER BY p.key LIMIT ?`);
  const walk: Keys = db.prepare(
    `SELECT id, key FROM (${keysSql("p.id, p.key")} ORDER BY p.key LIMIT ${WALKED_KEYS}) k WHERE ` +
      "coalesce((SELECT word FROM asset_partitions WHERE asset_id = ? AND partition_id = k.id), 'missing') = ? " +
      "ORDER BY key LIMIT ?",
  );
  const marked = keysMarked(db);
  const gather = keysGathered(db);
  return ({ asset, word, range, limit }) => {
    const bounds = [range.from, range.below];
    if (word === null || word === "retired") {
      return ofState.all(asset.set_id, word ?? "active", ...bounds, limit);
    }
    const count = countOf(asset, word);
    if (count <= 0) return [];
    if ((word === "failed" || word === "running") && count <= GATHERED_PARTITIONS) {
      return gather.all(asset.id, word, ...bounds, limit);
    }
    const first = walk.all(asset.set_id, "active", ...bounds, asset.id, word, limit);
    if (first.length >= limit || asset.active <= WALKED_KEYS) return first;
    return marked({ asset, word, range, limit });
  };
}

function countOf(asset: KeysByWordParams["asset"], word: Exclude<PartitionWord, "retired">): number {
  return word === "missing" ? asset.active - asset.materialized - asset.failed - asset.running : asset[word];
}

function keysSql(columns: string): string {
  return (
    `SELECT ${columns} FROM partitions p INDEXED BY partitions_by_state ` +
    "WHERE p.set_id = ? AND p.state = ? AND p.key >= ? AND p.key < ?"
  );
}

interface MarkedParams extends KeysByWordParams {
  readonly word: Exclude<PartitionWord, "retired">;
}

/** Keys in order, each tested against marks of the partitions that have the word; those that are missing have no mark. */
function keysMarked(db: Connection): (params: MarkedParams) => readonly KeyRow[] {
  const having = db
    .prepare<[number, string], number>("SELECT partition_id FROM asset_partitions WHERE asset_id = ? AND word = ?")
    .pluck();
  const touched = db
    .prepare<[number], number>("SELECT partition_id FROM asset_partitions WHERE asset_id = ? AND word <> 'missing'")
    .pluck();
  const inOrder = db.prepare<unknown[], number>(`${keysSql("p.id")} ORDER BY p.key LIMIT ${CHUNK_KEYS}`).pluck();
  const keyOf = db.prepare<[number], string>("SELECT key FROM partitions WHERE id = ?").pluck();
  return ({ asset, word, range, limit }) => {
    const marks = marksOf(word === "missing" ? touched.all(asset.id) : having.all(asset.id, word));
    const mark = word === "missing" ? 0 : 1;
    const found: KeyRow[] = [];
    for (let { from } = range; ;) {
      const ids = inOrder.all(asset.set_id, "active", from, range.below);
      for (const id of ids) {
        if ((marks[id] ?? 0) !== mark) continue;
        found.push({ id, key: keyOf.get(id) ?? "" });
        if (found.length === limit) return found;
      }
      const last = ids.at(-1);
      if (last === undefined || ids.length < CHUNK_KEYS) return found;
      ({ from } = keyRange({ after: keyOf.get(last) ?? "" }));
    }
  };
}

function marksOf(ids: readonly number[]): Uint8Array {
  const marks = new Uint8Array(ids.reduce((most, id) => Math.max(most, id), 0) + 1);
  for (const id of ids) marks[id] = 1;
  return marks;
}

/** The partitions of a word that an index holds, sorted by key. */
function keysGathered(db: Connection): Keys {
  return db.prepare(
    "SELECT p.id, p.key FROM asset_partitions a INDEXED BY asset_partitions_by_word " +
      "CROSS JOIN partitions p ON p.id = a.partition_id WHERE a.asset_id = ? AND a.word IN ('failed', 'running') " +
      "AND a.word = ? AND p.key >= ? AND p.key < ? ORDER BY p.key LIMIT ?",
  );
}
