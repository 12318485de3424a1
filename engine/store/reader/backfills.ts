import { EngineError } from "../../core/errors.ts";
import { backfillTransitions } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { type BackfillSummaryRow, backfillSummaries } from "../tables/backfill-summaries.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListBackfillsParams extends PageRequest {
  readonly status?: string | undefined;
}

/** Backfills, newest first. */
export function listBackfills(
  db: Connection,
  cursors: Cursors,
): (params: ListBackfillsParams) => RowPage<BackfillSummaryRow> {
  const all = db
    .prepare<[number, number], number>("SELECT id FROM backfills WHERE id < ? ORDER BY id DESC LIMIT ?")
    .pluck();
  const ofStatus = db
    .prepare<[string, number, number], number>(
      "SELECT id FROM backfills INDEXED BY backfills_by_status WHERE status = ? AND id < ? ORDER BY id DESC LIMIT ?",
    )
    .pluck();
  const summaries = backfillSummaries(db);
  return (params) => {
    const limit = pageLimit(params);
    const before = cursors.number("backfills", params) ?? Number.MAX_SAFE_INTEGER;
    const ids =
      params.status === undefined
        ? all.all(before, limit + 1)
        : ofStatus.all(checkStatus(params.status), before, limit + 1);
    const page = pageOf(ids, { limit, cursorAfter: (id) => cursors.encode("backfills", id) });
    return { items: summaries(page.items), nextCursor: page.nextCursor };
  };
}

function checkStatus(status: string): string {
  if (Object.hasOwn(backfillTransitions, status)) return status;
  throw new EngineError(
    "invalid_request",
    `${JSON.stringify(status)} is no status of a backfill; expected ${Object.keys(backfillTransitions).join(", ")}`,
  );
}
