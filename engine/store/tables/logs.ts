import type { LogLine, LogSource } from "../../core/events.ts";
import type { Connection } from "../database.ts";

export type LogsTable = ReturnType<typeof logsTable>;

/** What steps said. */
export function logsTable(db: Connection) {
  const insert = db.prepare(
    "INSERT INTO log_lines (run_id, ordinal, attempt, at_ms, level, message, fields) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  const source = db.prepare(
    "UPDATE external_work SET log_position = ? WHERE run_id = ? AND ordinal = ? AND attempt = ? AND key = ?",
  );
  return {
    append(runId: number, lines: readonly LogLine[]): void {
      const read = new Map<string, LogLine & { readonly source: LogSource }>();
      for (const line of lines) {
        const fields = line.fields === null ? null : JSON.stringify(line.fields);
        insert.run(runId, line.ordinal, line.attempt, line.atMs, line.level, line.message, fields);
        if (line.source !== undefined) read.set(line.source.key, { ...line, source: line.source });
      }
      for (const { ordinal, attempt, source: from } of read.values()) {
        source.run(from.position, runId, ordinal, attempt, from.key);
      }
    },
  };
}
