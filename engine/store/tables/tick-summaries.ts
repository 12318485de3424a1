import type { Connection } from "../database.ts";
import type { TickRequest, TickRow } from "./automations.ts";

/** A tick as views show it: with what came of each of its requests. */
export interface TickSummaryRow extends TickRow {
  readonly requests: readonly TickRequest[];
}

export type TickSummaries = ReturnType<typeof tickSummaries>;

/** Ticks by id; those that are gone are left out. */
export function tickSummaries(db: Connection) {
  const byId = db.prepare<[number], TickRow>("SELECT * FROM ticks WHERE id = ?");
  const requests = db.prepare<[number], TickRequest>(
    "SELECT outcome, uid, run_key AS runKey, reason FROM tick_requests WHERE tick_id = ? ORDER BY ordinal",
  );
  return (ids: readonly number[]): readonly TickSummaryRow[] =>
    ids.flatMap((id) => {
      const row = byId.get(id);
      return row === undefined ? [] : [{ ...row, requests: requests.all(id) }];
    });
}
