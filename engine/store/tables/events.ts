import type { EngineEvent, RecordedEvent } from "../../core/events.ts";
import type { Json } from "../../core/json.ts";
import type { Connection } from "../database.ts";

export interface EventRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly type: string;
  readonly run_id: number | null;
  readonly ordinal: number | null;
  readonly data: string | null;
}

export type EventsTable = ReturnType<typeof eventsTable>;

/** The history, in `seq` order. Rows are only ever appended, and pruned from the old end. */
export function eventsTable(db: Connection) {
  const insert = db.prepare<[number, string, number | null, number | null, string | null]>(
    "INSERT INTO events (at_ms, type, run_id, ordinal, data) VALUES (?, ?, ?, ?, ?)",
  );
  const newest = db.prepare<[], { seq: number | null }>("SELECT max(seq) AS seq FROM events");
  const oldest = db.prepare<[], { seq: number | null }>("SELECT min(seq) AS seq FROM events");
  const after = db.prepare<[number, number], EventRow>("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?");
  const ofType = db.prepare<[number, number, string, number], EventRow>(
    "SELECT * FROM events WHERE seq > ? AND seq <= ? AND type = ? ORDER BY seq LIMIT ?",
  );
  const retrying = db.prepare<[number, number], EventRow>(
    "SELECT * FROM events WHERE run_id = ? AND ordinal = ? AND type = 'step.retrying' ORDER BY seq DESC LIMIT 1",
  );
  return {
    append(event: EngineEvent, nowMs: number): number {
      const runId = "runId" in event ? event.runId : null;
      const ordinal = "ordinal" in event ? event.ordinal : null;
      const data = "data" in event && event.data !== undefined ? JSON.stringify(event.data) : null;
      return Number(insert.run(nowMs, event.type, runId, ordinal, data).lastInsertRowid);
    },
    /** How long a step's newest wait for its next attempt was meant to be, in ms; null where that is not known. */
    retryDelayMs(runId: number, ordinal: number): number | null {
      const row = retrying.get(runId, ordinal);
      const event = row === undefined ? null : eventOfRow(row);
      return event?.type === "step.retrying" ? event.data.retryAtMs - event.atMs : null;
    },
    newestSeq: (): number => newest.get()?.seq ?? 0,
    oldestSeq: (): number => oldest.get()?.seq ?? 0,
    after: (seq: number, limit: number): readonly RecordedEvent[] => after.all(seq, limit).map(eventOfRow),
    ofType: (params: { afterSeq: number; untilSeq: number; type: string; limit: number }): readonly RecordedEvent[] =>
      ofType.all(params.afterSeq, params.untilSeq, params.type, params.limit).map(eventOfRow),
  };
}

/** The one place that turns a row back into an event; what was written by `append` is what comes out. */
export function eventOfRow(row: EventRow): RecordedEvent {
  return {
    seq: row.seq,
    atMs: row.at_ms,
    type: row.type,
    ...(row.run_id === null ? {} : { runId: row.run_id }),
    ...(row.ordinal === null ? {} : { ordinal: row.ordinal }),
    ...(row.data === null ? {} : { data: JSON.parse(row.data) as Json }),
  } as RecordedEvent;
}
