import type { Connection } from "../database.ts";
import { type TickSummaryRow, tickSummaries } from "../tables/tick-summaries.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListTicksParams extends PageRequest {
  readonly automation: string;
}

/** A sensor's or schedule's ticks, newest first. */
export function listTicks(db: Connection, cursors: Cursors): (params: ListTicksParams) => RowPage<TickSummaryRow> {
  const ids = db
    .prepare<[string, number, number], number>(
      "SELECT id FROM ticks WHERE automation = ? AND id < ? ORDER BY id DESC LIMIT ?",
    )
    .pluck();
  const summaries = tickSummaries(db);
  return (params) => {
    const limit = pageLimit(params);
    const before = cursors.number("ticks", params) ?? Number.MAX_SAFE_INTEGER;
    const page = pageOf(ids.all(params.automation, before, limit + 1), {
      limit,
      cursorAfter: (id) => cursors.encode("ticks", id),
    });
    return { items: summaries(page.items), nextCursor: page.nextCursor };
  };
}
