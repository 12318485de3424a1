import { EngineError } from "../core/errors.ts";
import type { Failure } from "../core/events.ts";
import { isTerminalStep } from "../core/states.ts";
import type { Transaction } from "../store/writer.ts";
import { type Execution, type LiveAttempt, liveMarksOf, type RunStop, whyCanceled } from "./execution.ts";
import { endStartedRun } from "./run-ends.ts";
import { clearLiveMarks, driftedError, recordEnd, type StepEnd } from "./step-ends.ts";
import { driftedRun, liveAttempt, stepStarts, type StepStartsParams } from "./step-starts.ts";
import { isEnding, runEndOf, stopOf, whySkipped } from "./verdicts.ts";
import { isPlaceWait, partitionWait, poolWait, runWait, type Waiter } from "./waiters.ts";

/**
 * The state changes of steps and runs, each within a transaction. They change the execution in memory together with
 * its rows, so from the first such change on a task must commit (writer.ts, W5).
 *
 * T1. A step starts only when all it waits for has ended well, no other step makes one of its assets' partitions, and
 *     its pool has a slot and its run a place; its code is launched after the commit that says that it runs.
 * T2. A step ends once, with one event; its slot and its live marks go in the same transaction.
 * T3. A run ends in the transaction that ends its last step.
 * T4. Whoever waits for what a step held is looked at in the transaction that ends the step.
 * T5. A step whose cancel is on record ends as canceled, whatever came of its attempt.
 */
export interface Transitions {
  /** Starts, skips or parks every step that nothing upstream blocks. */
  advance(tx: Transaction, execution: Execution): void;
  /** Starts one ready step, or lets it wait. */
  tryStart(tx: Transaction, waiter: Waiter): void;
  endStep(tx: Transaction, waiter: Waiter, end: StepEnd): void;
  /** Takes up an attempt that an earlier engine began and whose containers outlived it; it holds what it held. */
  resumeStep(tx: Transaction, waiter: Waiter, params: { readonly startedAtMs: number }): void;
  /** Lets a running step wait for its next attempt. */
  retryStep(tx: Transaction, waiter: Waiter, params: { failure: Failure; retryAtMs: number }): void;
  /** Cancels a step: one that does not run at once; of one that runs it is recorded, and the caller aborts the code. */
  cancelStep(tx: Transaction, waiter: Waiter, reason: string): void;
  /** Cancels what does not run; what runs has to be aborted by the caller. */
  cancelIdleSteps(tx: Transaction, execution: Execution, reason: string): void;
  /** Brings a run to its end as failed: cancels what does not run, aborts what runs, and starts nothing any more. */
  stopRun(tx: Transaction, execution: Execution, stop: RunStop): void;
  /** Looks again at who waits for this. */
  wake(tx: Transaction, what: string): void;
}

export interface TransitionsParams extends StepStartsParams {
  /** Whether nothing is started any more: what is ready stays so for the next engine. */
  readonly isStopping: () => boolean;
  /** Within the transaction that ends the run. */
  readonly onRunEnded: (tx: Transaction, execution: Execution) => void;
}

/** What is left to do within a transaction. One step's end can lead to many; a list of them needs no stack. */
type Move =
  | { readonly type: "start"; readonly waiter: Waiter }
  | { readonly type: "end"; readonly waiter: Waiter; readonly end: StepEnd }
  | { readonly type: "wake"; readonly what: string };

export function transitions(params: TransitionsParams): Transitions {
  const { waiters } = params;
  const starts = stepStarts(params);

  const go = (tx: Transaction, first: readonly Move[]): void => {
    const moves = [...first];
    for (const move of moves) {
      if (move.type === "start") moves.push(...start(tx, move.waiter));
      else if (move.type === "end") moves.push(...end(tx, move.waiter, move.end));
      else moves.push(...wake(tx, move.what));
    }
  };

  const start = (tx: Transaction, waiter: Waiter): readonly Move[] => {
    const { execution, step } = waiter;
    if (isEnding(execution) || isTerminalStep(step.status) || step.live !== null) return [];
    if (step.definition === null) {
      return [
        { type: "end", waiter, end: { status: "failed", failure: { code: "definition", message: step.misfit } } },
      ];
    }
    if (!params.isStopping()) starts.startOrPark(tx, waiter, step.definition);
    return [];
  };

  /** Whoever waits for a partition is told who has it now; of those who wait for a place, only the first is looked at. */
  const wake = (tx: Transaction, what: string): readonly Move[] => {
    if (!isPlaceWait(what)) return waiters.all(what).flatMap((waiter) => start(tx, waiter));
    const moves: Move[] = [];
    for (let first = waiters.first(what); first !== undefined;) {
      // A step whose run ends takes no place; whoever is behind it has its turn.
      if (isEnding(first.execution)) waiters.remove(first.step);
      else moves.push(...start(tx, first));
      const next = waiters.first(what);
      first = next === first ? undefined : next;
    }
    return moves;
  };

  const end = (tx: Transaction, waiter: Waiter, came: StepEnd): readonly Move[] => {
    const { execution, step } = waiter;
    if (isTerminalStep(step.status)) return [];
    const how = step.cancelReason === null ? came : asCanceled(came, step.cancelReason);
    starts.runStarting(tx, execution);
    recordEnd(tx, waiter, how);
    const moves = step.live === null ? [] : release(tx, waiter, step.live);
    tx.mustCommit();
    waiters.remove(step);
    step.disarmRetry?.();
    step.disarmRetry = null;
    execution.live.delete(step);
    step.live = null;
    step.parked = null;
    step.status = how.status;
    if (how.status === "failed") step.failure = how.failure;
    if ("notMade" in how && how.notMade.length > 0) {
      step.notMade = new Map(how.notMade.map(({ asset, reason }) => [asset, reason]));
    }
    execution.open--;
    for (const ordinal of step.downstream) moves.push(...unblock(execution, ordinal));
    if (how.status === "failed" && execution.policy.onFailure === "stop")
      moves.push(...stop(tx, execution, stopOf(step)));
    if (execution.open === 0) endRun(tx, execution);
    return moves;
  };

  const stop = (tx: Transaction, execution: Execution, why: RunStop): readonly Move[] => {
    if (isEnding(execution)) return [];
    tx.mustCommit();
    execution.stop = why;
    for (const { live } of execution.steps) {
      if (live !== null) tx.afterCommit(() => live.abort.abort(new EngineError("canceled", why.reason)));
    }
    return cancelIdle(execution, why.reason);
  };

  /** Gives back what an attempt held. */
  const release = (tx: Transaction, { execution, step }: Waiter, { pool }: LiveAttempt): Move[] => {
    const freed = liveMarksOf(tx, execution, step).map((mark) => partitionWait(mark.assetId, mark.partitionId));
    if (pool !== null && tx.steps.releaseSlots(execution.run.id, step.ordinal)) freed.unshift(poolWait(pool));
    if (execution.policy.concurrency !== null) freed.unshift(runWait(execution.run.id));
    return freed.map((what) => ({ type: "wake", what }));
  };

  const unblock = (execution: Execution, ordinal: number): readonly Move[] => {
    const step = execution.steps[ordinal];
    if (step === undefined) return [];
    step.blockedBy--;
    return isEnding(execution) ? [] : nextMove({ execution, step });
  };

  return {
    tryStart: (tx, waiter) => go(tx, [{ type: "start", waiter }]),
    endStep: (tx, waiter, how) => go(tx, [{ type: "end", waiter, end: how }]),
    wake: (tx, what) => go(tx, [{ type: "wake", what }]),
    advance(tx, execution) {
      go(
        tx,
        execution.steps.flatMap((step) => nextMove({ execution, step })),
      );
      starts.runStarting(tx, execution);
      if (execution.open === 0) endRun(tx, execution);
    },
    resumeStep(tx, waiter, { startedAtMs }) {
      const { execution, step } = waiter;
      tx.mustCommit();
      const pool = tx.steps.slotOf(execution.run.id, step.ordinal);
      const live = liveAttempt({ attempt: step.attempt, startedAtMs, pool });
      execution.live.add(step);
      step.live = live;
      const data = { attempt: live.attempt };
      tx.emit({ type: "step.resumed", runId: execution.run.id, ordinal: step.ordinal, data });
      const canceled = whyCanceled(execution, step);
      if (canceled !== null) live.abort.abort(new EngineError("canceled", canceled));
      tx.afterCommit(() => {
        if (step.live === live) params.launch(waiter, live);
      });
    },
    retryStep(tx, waiter, { failure, retryAtMs }) {
      const { execution, step } = waiter;
      const { live } = step;
      if (live === null) throw driftedError(execution, step);
      const at = new Date(retryAtMs).toISOString();
      tx.mustCommit();
      const ref = { runId: execution.run.id, ordinal: step.ordinal };
      const reason = `attempt ${live.attempt} failed: ${failure.message}; tried again at ${at}`;
      if (!tx.steps.wait({ ...ref, attempt: live.attempt }, { partitionId: step.partitionId, reason, retryAtMs })) {
        throw driftedError(execution, step);
      }
      tx.emit({ type: "step.retrying", ...ref, data: { attempt: live.attempt, retryAtMs, error: failure } });
      clearLiveMarks(tx, waiter);
      const moves = release(tx, waiter, live);
      execution.live.delete(step);
      step.live = null;
      step.status = "waiting";
      step.retryAtMs = retryAtMs;
      go(tx, moves);
    },
    cancelStep(tx, waiter, reason) {
      const { execution, step } = waiter;
      if (step.live === null) {
        go(tx, [{ type: "end", waiter, end: { status: "canceled", reason } }]);
        return;
      }
      if (step.cancelReason !== null) return;
      tx.mustCommit();
      const ref = { runId: execution.run.id, ordinal: step.ordinal };
      if (!tx.steps.canceling({ ...ref, attempt: step.live.attempt }, reason)) throw driftedError(execution, step);
      step.cancelReason = reason;
      tx.emit({ type: "step.canceling", ...ref, data: { reason } });
    },
    cancelIdleSteps(tx, execution, reason) {
      go(tx, cancelIdle(execution, reason));
    },
    stopRun: (tx, execution, why) => go(tx, stop(tx, execution, why)),
  };

  function endRun(tx: Transaction, execution: Execution): void {
    if (execution.isEnded) return;
    if (!endStartedRun(tx, execution.run, runEndOf(execution))) {
      throw driftedRun(execution);
    }
    execution.isEnded = true;
    params.onRunEnded(tx, execution);
  }
}

function cancelIdle(execution: Execution, reason: string): readonly Move[] {
  return execution.steps
    .filter((step) => step.live === null && !isTerminalStep(step.status))
    .map((step) => ({
      type: "end",
      waiter: { execution, step },
      end: { status: "canceled", reason: step.cancelReason ?? reason },
    }));
}

/** The end of a step that was canceled before it came. */
function asCanceled(came: StepEnd, reason: string): StepEnd {
  if (came.status === "canceled") return came;
  const failed = came.status === "failed" ? `; its attempt failed: ${came.failure.message}` : "";
  return { status: "canceled", reason: `${reason}${failed}` };
}

/** What comes next for a step that waits for upstream steps: nothing yet, its start, or its end where one did not succeed. */
function nextMove(waiter: Waiter): readonly Move[] {
  const { step } = waiter;
  if (step.blockedBy > 0 || step.status !== "pending") return [];
  const reason = whySkipped(waiter);
  return [reason === null ? { type: "start", waiter } : { type: "end", waiter, end: { status: "skipped", reason } }];
}
