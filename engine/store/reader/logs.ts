import type { LogLevel } from "../../core/run-context.ts";
import type { Connection } from "../database.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListLogLinesParams extends PageRequest {
  readonly runId: number;
  readonly ordinal?: number | undefined;
  /** The id of a line; for those who follow a log. */
  readonly afterId?: number | undefined;
}

export interface LogLineRow {
  readonly id: number;
  readonly ordinal: number;
  readonly attempt: number;
  readonly at_ms: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: string | null;
}

/** A run's log lines, of one step where asked, in the order in which they were written. */
export function listLogLines(db: Connection, cursors: Cursors): (params: ListLogLinesParams) => RowPage<LogLineRow> {
  const columns = "id, ordinal, attempt, at_ms, level, message, fields";
  const ofRun = db.prepare<[number, number, number], LogLineRow>(
    `SELECT ${columns} FROM log_lines INDEXED BY log_lines_by_run WHERE run_id = ? AND id > ? ORDER BY id LIMIT ?`,
  );
  const ofStep = db.prepare<[number, number, number, number], LogLineRow>(
    `SELECT ${columns} FROM log_lines INDEXED BY log_lines_by_step ` +
      "WHERE run_id = ? AND ordinal = ? AND id > ? ORDER BY id LIMIT ?",
  );
  return (params) => {
    const limit = pageLimit(params);
    const after = Math.max(cursors.number("log lines", params) ?? 0, params.afterId ?? 0);
    const rows =
      params.ordinal === undefined
        ? ofRun.all(params.runId, after, limit + 1)
        : ofStep.all(params.runId, params.ordinal, after, limit + 1);
    return pageOf(rows, { limit, cursorAfter: (last) => cursors.encode("log lines", last.id) });
  };
}
