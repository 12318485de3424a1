import { canonicalJson, sha256 } from "../../core/json.ts";
import type { RunPlan } from "../../core/plan.ts";
import { checkedAsset, splitKeys } from "../../core/targets.ts";
import type { Connection } from "../database.ts";

export type Tags = Readonly<Record<string, string>>;

export type InternedTable = ReturnType<typeof internedTable>;

const CACHE_ENTRIES = 10_000;

/** Tag sets, plans and the assets of plans, kept once by content: 100,000 runs of a backfill share one row of each. */
export function internedTable(db: Connection) {
  const sql = {
    tagSet: db.prepare<[string], { id: number }>("SELECT id FROM tag_sets WHERE body = ?"),
    tagSetById: db.prepare<[number], { body: string }>("SELECT body FROM tag_sets WHERE id = ?"),
    insertTagSet: db.prepare("INSERT INTO tag_sets (body) VALUES (?)"),
    insertTag: db.prepare("INSERT INTO tag_set_tags (tag_set_id, key, value) VALUES (?, ?, ?)"),
    plan: db.prepare<[string], { id: number }>("SELECT id FROM run_plans WHERE sha256 = ?"),
    planById: db.prepare<[number], { body: string }>("SELECT body FROM run_plans WHERE id = ?"),
    insertPlan: db.prepare("INSERT INTO run_plans (sha256, asset_set_id, step_count, body) VALUES (?, ?, ?, ?)"),
    assetSet: db.prepare<[string], { id: number }>("SELECT id FROM asset_sets WHERE body = ?"),
    insertAssetSet: db.prepare("INSERT INTO asset_sets (body) VALUES (?)"),
    insertAssetOfSet: db.prepare("INSERT INTO asset_set_assets (asset, asset_set_id) VALUES (?, ?)"),
  };
  const tags = boundedCache<Tags>(db);
  const plans = boundedCache<RunPlan>(db);
  /** Of what a plan makes and checks; a check is found by its asset. */
  const assetSetId = (keys: readonly string[]): number => {
    const body = JSON.stringify(keys);
    const known = sql.assetSet.get(body);
    if (known !== undefined) return known.id;
    const id = Number(sql.insertAssetSet.run(body).lastInsertRowid);
    const { assets, checks } = splitKeys(keys);
    for (const asset of new Set([...assets, ...checks.map(checkedAsset)])) sql.insertAssetOfSet.run(asset, id);
    return id;
  };
  return {
    tagSetId(value: Tags): number {
      const body = canonicalJson(value);
      const known = sql.tagSet.get(body);
      if (known !== undefined) return known.id;
      const id = Number(sql.insertTagSet.run(body).lastInsertRowid);
      tags.isNew(id);
      for (const [key, text] of Object.entries(value)) sql.insertTag.run(id, key, text);
      return id;
    },
    tags: (id: number): Tags => tags.get(id, () => JSON.parse(sql.tagSetById.get(id)?.body ?? "{}") as Tags),
    planId(plan: RunPlan): number {
      const body = canonicalJson(plan);
      const hash = sha256(body);
      const known = sql.plan.get(hash);
      if (known !== undefined) return known.id;
      const keys = [
        ...new Set(plan.steps.flatMap((step) => [...step.assets, ...(step.check === undefined ? [] : [step.check])])),
      ];
      const id = Number(sql.insertPlan.run(hash, assetSetId(keys), plan.steps.length, body).lastInsertRowid);
      plans.isNew(id);
      return id;
    },
    /** To be called after each commit. */
    committed(): void {
      tags.committed();
      plans.committed();
    },
    plan: (id: number): RunPlan =>
      plans.get(id, () => JSON.parse(sql.planById.get(id)?.body ?? '{"steps":[]}') as RunPlan),
  };
}

interface BoundedCache<V> {
  get(id: number, load: () => V): V;
  /** The row was inserted just now. */
  isNew(id: number): void;
  /** What was inserted is on disk, or has gone. */
  committed(): void;
}

/**
 * Rows that never change may be remembered; the oldest go first. Those of the transaction that runs are not: if it is
 * rolled back, the next row gets the same id.
 */
function boundedCache<V>(db: Connection): BoundedCache<V> {
  const kept = new Map<number, V>();
  const fresh = new Set<number>();
  return {
    get(id, load) {
      const known = kept.get(id);
      if (known !== undefined) return known;
      const value = load();
      if (db.inTransaction && fresh.has(id)) return value;
      kept.set(id, value);
      if (kept.size > CACHE_ENTRIES) kept.delete(kept.keys().next().value as number);
      return value;
    },
    isNew: (id) => void fresh.add(id),
    committed: () => fresh.clear(),
  };
}
