import type { Connection } from "../database.ts";

/**
 * The first id of a run made at `ms` or later, by bisection: ids ascend with the time of making. Where the clock was
 * set back in between, runs of the repeated span may fall outside.
 */
export function idByTime(db: Connection): (ms: number) => number {
  const newest = db.prepare<[], number | null>("SELECT max(id) FROM runs").pluck();
  const from = db.prepare<[number], { id: number; created_at_ms: number }>(
    "SELECT id, created_at_ms FROM runs WHERE id >= ? ORDER BY id LIMIT 1",
  );
  return (ms) => {
    let low = 1;
    let high = (newest.get() ?? 0) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const run = from.get(middle);
      if (run === undefined || run.created_at_ms >= ms) high = middle;
      else low = run.id + 1;
    }
    return low;
  };
}
