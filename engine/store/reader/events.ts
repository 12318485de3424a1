import type { RecordedEvent } from "../../core/events.ts";
import type { Connection } from "../database.ts";
import { eventOfRow, type EventRow } from "../tables/events.ts";
import { pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListEventsParams extends Pick<PageRequest, "limit"> {
  readonly runId: number;
  /** A `seq`; default: from the first. */
  readonly after?: number | undefined;
}

/** A run's events, oldest first. The next page begins after the `seq` that `nextCursor` spells. */
export function listEvents(db: Connection): (params: ListEventsParams) => RowPage<RecordedEvent> {
  const ofRun = db.prepare<[number, number, number], EventRow>(
    "SELECT * FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  return (params) => {
    const limit = pageLimit(params);
    const rows = ofRun.all(params.runId, params.after ?? 0, limit + 1).map(eventOfRow);
    return pageOf(rows, { limit, cursorAfter: (last) => String(last.seq) });
  };
}
