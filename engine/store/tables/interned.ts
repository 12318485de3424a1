import { canonicalJson, type Json, sha256 } from "../../core/json.ts";
import type { RunPlan } from "../../core/plan.ts";
import type { Connection } from "../database.ts";

export type Tags = Readonly<Record<string, string>>;

export type InternedTable = ReturnType<typeof internedTable>;

const CACHE_ENTRIES = 10_000;

/** Tag sets and plans, kept once by content: 100,000 runs of a backfill share one row of each. */
export function internedTable(db: Connection) {
  const sql = {
    tagSet: db.prepare<[string], { id: number }>("SELECT id FROM tag_sets WHERE body = ?"),
    tagSetById: db.prepare<[number], { body: string }>("SELECT body FROM tag_sets WHERE id = ?"),
    insertTagSet: db.prepare("INSERT INTO tag_sets (body) VALUES (?)"),
    insertTag: db.prepare("INSERT INTO tag_set_tags (tag_set_id, key, value) VALUES (?, ?, ?)"),
    plan: db.prepare<[string], { id: number }>("SELECT id FROM run_plans WHERE sha256 = ?"),
    planById: db.prepare<[number], { body: string }>("SELECT body FROM run_plans WHERE id = ?"),
    insertPlan: db.prepare("INSERT INTO run_plans (sha256, body) VALUES (?, ?)"),
  };
  const tags = boundedCache<number, Tags>();
  const plans = boundedCache<number, RunPlan>();
  return {
    tagSetId(value: Tags): number {
      const body = canonicalJson(value);
      const known = sql.tagSet.get(body);
      if (known !== undefined) return known.id;
      const id = Number(sql.insertTagSet.run(body).lastInsertRowid);
      for (const [key, text] of Object.entries(value)) sql.insertTag.run(id, key, text);
      return id;
    },
    tags: (id: number): Tags => tags(id, () => JSON.parse(sql.tagSetById.get(id)?.body ?? "{}") as Tags),
    planId(plan: RunPlan): number {
      const body = canonicalJson(plan as unknown as Json);
      const hash = sha256(body);
      return sql.plan.get(hash)?.id ?? Number(sql.insertPlan.run(hash, body).lastInsertRowid);
    },
    plan: (id: number): RunPlan => plans(id, () => JSON.parse(sql.planById.get(id)?.body ?? '{"steps":[]}') as RunPlan),
  };
}

/** Rows that never change may be remembered; the oldest go first. */
function boundedCache<K, V>(): (key: K, load: () => V) => V {
  const kept = new Map<K, V>();
  return (key, load) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const value = load();
    kept.set(key, value);
    if (kept.size > CACHE_ENTRIES) kept.delete(kept.keys().next().value as K);
    return value;
  };
}
