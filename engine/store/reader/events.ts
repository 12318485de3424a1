import { EngineError } from "../../core/errors.ts";
import type { RecordedEvent } from "../../core/events.ts";
import type { Connection } from "../database.ts";
import { eventOfRow, type EventRow } from "../tables/events.ts";
import { pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListEventsParams extends PageRequest {
  readonly runId: number;
  /** A `seq`, as `cursor` is in text; the later of both counts. Default: from the first. */
  readonly after?: number | undefined;
}

/** A run's events, oldest first. The next page begins after the `seq` that `nextCursor` spells. */
export function listEvents(db: Connection): (params: ListEventsParams) => RowPage<RecordedEvent> {
  const ofRun = db.prepare<[number, number, number], EventRow>(
    "SELECT * FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  return (params) => {
    const limit = pageLimit(params);
    const after = Math.max(params.after ?? 0, seqOf(params.cursor) ?? 0);
    const rows = ofRun.all(params.runId, after, limit + 1).map(eventOfRow);
    return pageOf(rows, { limit, cursorAfter: (last) => String(last.seq) });
  };
}

function seqOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const seq = Number(cursor);
  if (/^\d+$/.test(cursor) && Number.isSafeInteger(seq)) return seq;
  throw new EngineError("invalid_request", "this cursor is none of this list's; start from its first page");
}
