import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { Transaction } from "../store/writer.ts";
import { type ExecutedStep, type Execution, whyCanceled } from "./execution.ts";
import type { Transitions } from "./transitions.ts";
import { stopOf } from "./verdicts.ts";
import type { Waiter } from "./waiters.ts";

/** How often a step may be cut off by the engine's end before it fails (design §3.5). */
export const MAX_INTERRUPTIONS = 3;

export interface RecoverParams {
  readonly moves: Transitions;
  readonly faults: FaultPoints;
  readonly armRetry: (waiter: Waiter, delayMs: number) => void;
  /** Whether there is a host on which containers can be found again. */
  readonly hasContainers: boolean;
}

/**
 * Takes runs up where the process before left them: what succeeded stays, what ran is interrupted and runs again at
 * once, what waited for its next attempt waits for what is left of it, and what was being canceled is canceled.
 * A step with containers is not cut off: its attempt goes on. All others give back what they held before the first goes on, so that none waits for what nobody holds.
 */
export function recoverRuns(tx: Transaction, executions: readonly Execution[], params: RecoverParams): void {
  tx.mustCommit();
  for (const execution of executions) {
    for (const step of execution.steps) {
      if (step.status !== "running" || step.live !== null) continue;
      if (!params.hasContainers || !resume(tx, { execution, step }, params.moves)) interrupt(tx, { execution, step });
    }
  }
  params.faults.reach("recovery.before-going-on");
  for (const execution of executions) goOn(tx, execution, params);
}

function goOn(tx: Transaction, execution: Execution, { moves, armRetry }: RecoverParams): void {
  if (execution.status === "canceling") {
    moves.cancelIdleSteps(tx, execution, execution.cancelReason ?? "canceled before a restart");
    return;
  }
  const failed = execution.steps.find((step) => step.status === "failed");
  if (failed !== undefined && execution.policy.onFailure === "stop") {
    moves.stopRun(tx, execution, stopOf(failed));
    return;
  }
  for (const step of execution.steps) {
    if (step.status !== "waiting") continue;
    const waiter = { execution, step };
    const delayMs = leftOfDelay(tx, waiter);
    if (step.cancelReason !== null) {
      moves.endStep(tx, waiter, { status: "canceled", reason: step.cancelReason });
    } else if (step.interruptions > MAX_INTERRUPTIONS) {
      const message = `cut off ${step.interruptions} times by the engine's end; it may be what ends the engine`;
      moves.endStep(tx, waiter, { status: "failed", failure: { code: "interrupted", message } });
    } else if (delayMs > 0) armRetry(waiter, delayMs);
    else moves.tryStart(tx, waiter);
  }
  moves.advance(tx, execution);
}

/** Never longer than the whole wait: the clock may have been set back meanwhile. */
function leftOfDelay(tx: Transaction, { execution, step }: Waiter): number {
  if (step.retryAtMs === null) return 0;
  return Math.min(step.retryAtMs - tx.nowMs, tx.events.retryDelayMs(execution.run.id, step.ordinal) ?? 0);
}

/** False where the attempt has no containers. One that is cut off again and again after their ends may be what ends the engine. */
function resume(tx: Transaction, waiter: Waiter, moves: Transitions): boolean {
  const { execution, step } = waiter;
  const ref = { runId: execution.run.id, ordinal: step.ordinal, attempt: step.attempt };
  const works = tx.externalWork.ofAttempt(ref);
  if (works.length === 0 || step.definition === null) return false;
  moves.resumeStep(tx, waiter, { startedAtMs: Math.min(...works.map((work) => work.intended_at_ms)) });
  // Of what is being canceled no code runs: its containers go, and then it ends.
  if (whyCanceled(execution, step) !== null || works.some((work) => work.state !== "exited")) return true;
  tx.externalWork.restarted(ref);
  const restarts = Math.max(...works.map((work) => work.restarts)) + 1;
  if (restarts <= MAX_INTERRUPTIONS) return true;
  const message = `cut off ${restarts} times by the engine's end after its containers had ended; it may be what ends the engine`;
  moves.endStep(tx, waiter, { status: "failed", failure: { code: "interrupted", message } });
  return true;
}

function interrupt(tx: Transaction, { execution, step }: { execution: Execution; step: ExecutedStep }): void {
  const ref = { runId: execution.run.id, ordinal: step.ordinal };
  if (!tx.steps.interrupt({ ...ref, attempt: step.attempt }, "cut off by the engine's end; it runs again")) return;
  step.interruptions++;
  step.status = "waiting";
  tx.steps.releaseSlots(ref.runId, ref.ordinal);
  for (const key of step.planned.assets) {
    const assetId = tx.materializations.asset(key)?.id;
    if (assetId !== undefined) tx.materializations.clearLive({ assetId, partitionId: step.partitionId, ...ref });
  }
  const data = { attempt: step.attempt, interruptions: step.interruptions };
  tx.emit({ type: "step.interrupted", ...ref, data });
}
