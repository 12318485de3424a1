import { isTerminalStep } from "../core/states.ts";
import type { Transaction } from "../store/writer.ts";
import type { ExecutedStep, Execution } from "./execution.ts";
import type { Transitions } from "./transitions.ts";
import type { Waiter } from "./waiters.ts";

/** How often a step may be cut off by the engine's end before it fails (design §3.5). */
export const MAX_INTERRUPTIONS = 3;

export interface RecoverParams {
  readonly execution: Execution;
  readonly moves: Transitions;
  readonly armRetry: (waiter: Waiter, delayMs: number) => void;
}

/**
 * Takes a run up where the process before left it: what succeeded stays, what ran is interrupted and runs again at
 * once, what waited for its next attempt waits for what is left of it, and a run that was being canceled is canceled.
 */
export function recoverRun(tx: Transaction, { execution, moves, armRetry }: RecoverParams): Waiter[] {
  const rows = new Map(tx.steps.ofRun(execution.run.id).map((row) => [row.ordinal, row]));
  const started: Waiter[] = [];
  for (const step of execution.steps) if (step.status === "running") interrupt(tx, { execution, step });
  if (execution.status === "canceling") {
    moves.cancelIdleSteps(tx, execution, execution.cancelReason ?? "canceled before a restart");
    return started;
  }
  for (const step of execution.steps) {
    if (step.status !== "waiting") continue;
    if (step.interruptions > MAX_INTERRUPTIONS) {
      const message = `cut off ${step.interruptions} times by the engine's end; it may be what ends the engine`;
      started.push(
        ...moves.endStep(tx, { execution, step }, { status: "failed", failure: { code: "interrupted", message } }),
      );
      continue;
    }
    const retryAtMs = rows.get(step.ordinal)?.retry_at_ms ?? null;
    if (retryAtMs !== null && retryAtMs > tx.nowMs) armRetry({ execution, step }, retryAtMs - tx.nowMs);
    else started.push(...moves.tryStart(tx, { execution, step }));
  }
  if (execution.steps.some((step) => !isTerminalStep(step.status)) || execution.open === 0) {
    started.push(...moves.advance(tx, execution));
  }
  return started;
}

function interrupt(tx: Transaction, { execution, step }: { execution: Execution; step: ExecutedStep }): void {
  const { run } = execution;
  const ref = { runId: run.id, ordinal: step.ordinal, attempt: step.attempt };
  if (!tx.steps.interrupt(ref, "cut off by the engine's end; it runs again")) return;
  step.interruptions++;
  step.status = "waiting";
  tx.steps.releaseSlots(run.id, step.ordinal);
  for (const key of step.planned.assets) {
    const assetId = tx.materializations.asset(key)?.id;
    if (assetId === undefined) continue;
    tx.materializations.clearLive({ assetId, partitionId: step.partitionId, runId: run.id, ordinal: step.ordinal });
  }
  const data = { attempt: step.attempt, interruptions: step.interruptions };
  tx.emit({ type: "step.interrupted", runId: run.id, ordinal: step.ordinal, data });
}
