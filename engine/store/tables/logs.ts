import type { LogLine } from "../../core/events.ts";
import type { Connection } from "../database.ts";

export type LogsTable = ReturnType<typeof logsTable>;

/** What steps said. */
export function logsTable(db: Connection) {
  const insert = db.prepare(
    "INSERT INTO log_lines (run_id, ordinal, attempt, at_ms, level, message, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  return {
    append(runId: number, lines: readonly LogLine[]): void {
      for (const line of lines) {
        const fields = line.fields === null ? null : JSON.stringify(line.fields);
        insert.run(runId, line.ordinal, line.attempt, line.atMs, line.level, line.message, fields);
      }
    },
  };
}
