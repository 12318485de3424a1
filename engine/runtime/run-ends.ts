import type { Failure } from "../core/events.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { Transaction } from "../store/writer.ts";

export type RunEnd =
  | { readonly status: "succeeded" }
  | { readonly status: "failed"; readonly error: Failure }
  | { readonly status: "canceled"; readonly reason: string };

type EndedRun = Pick<RunRow, "id" | "uid" | "run_key" | "backfill_id">;

/** Ends a started run, with all that hangs on its end. False where it has ended already. */
export function endStartedRun(tx: Transaction, run: EndedRun, end: RunEnd): boolean {
  const error = end.status === "failed" ? end.error : null;
  if (!tx.runs.end({ id: run.id, status: end.status, nowMs: tx.nowMs, error })) return false;
  tellEnd(tx, run, end);
  return true;
}

/** Ends a run that never started. False where it is not queued any more. */
export function endQueuedRun(tx: Transaction, run: EndedRun, end: Exclude<RunEnd, { status: "succeeded" }>): boolean {
  const [error, reason] = end.status === "failed" ? [end.error, null] : [null, end.reason];
  if (!tx.runs.endQueued({ id: run.id, status: end.status, nowMs: tx.nowMs, error, reason })) return false;
  tellEnd(tx, run, end);
  return true;
}

function tellEnd(tx: Transaction, run: EndedRun, end: RunEnd): void {
  switch (end.status) {
    case "succeeded":
      tx.emit({ type: "run.succeeded", runId: run.id });
      break;
    case "failed":
      tx.emit({ type: "run.failed", runId: run.id, data: { error: end.error } });
      break;
    case "canceled":
      tx.emit({ type: "run.canceled", runId: run.id, data: { reason: end.reason } });
      break;
  }
  if (run.run_key !== null) tx.automations.endRunKey(run.uid, end.status);
  if (run.backfill_id !== null) tx.backfills.countEnded(run.backfill_id, end.status);
}
