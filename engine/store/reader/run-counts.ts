import type { TerminalRunStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { idByTime } from "./run-times.ts";

export interface CountRunsParams {
  /** Ascending; each span reaches from one to the next. */
  readonly boundariesMs: readonly number[];
}

export type RunCounts = Readonly<Record<TerminalRunStatus, number>>;

const statuses = ["succeeded", "failed", "canceled"] as const satisfies readonly TerminalRunStatus[];

/** How many runs that were made in each span ended how; one entry a span. */
export function countRuns(db: Connection): (params: CountRunsParams) => readonly RunCounts[] {
  const firstIdAt = idByTime(db);
  const count = db
    .prepare<[TerminalRunStatus, number, number], number>(
      "SELECT count(*) FROM runs INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled') " +
        "AND status = ? AND id >= ? AND id < ?",
    )
    .pluck();
  return ({ boundariesMs }) => {
    const ids = boundariesMs.map(firstIdAt);
    return ids.slice(1).map((below, at) => {
      const from = ids[at] ?? 0;
      const [succeeded, failed, canceled] = statuses.map((status) => count.get(status, from, below) ?? 0);
      return { succeeded: succeeded ?? 0, failed: failed ?? 0, canceled: canceled ?? 0 };
    });
  };
}
