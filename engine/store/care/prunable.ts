import type { Connection } from "../database.ts";

/** What may go by one rule: of a status, all that ended before a time, or all but the newest of each job. */
export interface PrunableParams {
  readonly status: string;
  readonly beforeMs: number | null;
  readonly count: number | null;
  readonly limit: number;
}

/** Looking for what may go reads whole indexes: it is done in a thread of its own, whom no list waits for. */
export type PrunableQueries = ReturnType<typeof prunableQueries>;

/** The row with the highest id stays in each table: without it the next one would get its id again. */
export function prunableQueries(db: Connection) {
  const ids = (sql: string) => db.prepare<unknown[], number>(sql).pluck();
  const runsByAge = ids(
    "WITH prunable AS (SELECT id FROM runs WHERE status = ? AND ended_at_ms < ? ORDER BY id LIMIT ?) " +
      "SELECT id FROM prunable WHERE id < (SELECT max(id) FROM runs)",
  );
  const runsByCount = ids(
    "WITH prunable AS (SELECT id, row_number() OVER (PARTITION BY job ORDER BY id DESC) AS age FROM runs WHERE status = ?) " +
      "SELECT id FROM prunable WHERE age > ? AND id < (SELECT max(id) FROM runs) ORDER BY id LIMIT ?",
  );
  const ticksByAge = ids(
    "WITH prunable AS (SELECT id FROM ticks WHERE status = ? AND ended_at_ms < ? ORDER BY id LIMIT ?) " +
      "SELECT id FROM prunable WHERE id < (SELECT max(id) FROM ticks) AND id NOT IN (SELECT last_tick_id FROM automations WHERE last_tick_id IS NOT NULL)",
  );
  const ticksByCount = ids(
    "WITH prunable AS (SELECT id, row_number() OVER (PARTITION BY automation ORDER BY id DESC) AS age FROM ticks WHERE status = ?) " +
      "SELECT id FROM prunable WHERE age > ? AND id < (SELECT max(id) FROM ticks) " +
      "AND id NOT IN (SELECT last_tick_id FROM automations WHERE last_tick_id IS NOT NULL) ORDER BY id LIMIT ?",
  );
  const plans = ids(
    "WITH prunable AS (SELECT id FROM run_plans WHERE NOT EXISTS (SELECT 1 FROM runs WHERE plan_id = run_plans.id)) " +
      "SELECT id FROM prunable WHERE id < (SELECT max(id) FROM run_plans) LIMIT ?",
  );
  const tagSets = ids(
    "WITH prunable AS (SELECT id FROM tag_sets WHERE NOT EXISTS (SELECT 1 FROM runs WHERE tag_set_id = tag_sets.id) " +
      "AND NOT EXISTS (SELECT 1 FROM backfills WHERE tag_set_id = tag_sets.id)) " +
      "SELECT id FROM prunable WHERE id < (SELECT max(id) FROM tag_sets) LIMIT ?",
  );
  const either = (
    byAge: typeof runsByAge,
    byCount: typeof runsByCount,
    { status, beforeMs, count, limit }: PrunableParams,
  ): readonly number[] => {
    const old = beforeMs === null ? [] : byAge.all(status, beforeMs, limit);
    if (old.length > 0 || count === null) return old;
    return byCount.all(status, count, limit);
  };
  return {
    prunableRuns: (params: PrunableParams) => either(runsByAge, runsByCount, params),
    prunableTicks: (params: PrunableParams) => either(ticksByAge, ticksByCount, params),
    unusedPlans: (params: { readonly limit: number }) => plans.all(params.limit),
    unusedTagSets: (params: { readonly limit: number }) => tagSets.all(params.limit),
  };
}
