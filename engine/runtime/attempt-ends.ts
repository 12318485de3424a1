import { isEngineError, EngineError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { IdSource, Scheduler } from "../core/ports/time.ts";
import { failedAttempt, nextAttemptDelayMs } from "../core/retry.ts";
import type { Store } from "../store/store.ts";
import type { Transaction } from "../store/writer.ts";
import { endOfCheck } from "./evaluations.ts";
import type { ExecutedStep, LiveAttempt } from "./execution.ts";
import type { ExternalWork } from "./external-work/external-work.ts";
import type { LiveAttempts, StartedAttempt } from "./live-attempts.ts";
import type { AttemptOutcome } from "./step-runner.ts";
import type { Transitions } from "./transitions.ts";
import type { Waiter } from "./waiters.ts";

/** Records what comes of attempts: the ends of their steps, or when they are tried again. */
export interface AttemptEnds {
  /** Records the attempt's end when it comes. */
  follow(waiter: Waiter, attempt: StartedAttempt): void;
  /** Tries a step that waits for its next attempt when that is due. */
  armRetry(waiter: Waiter, delayMs: number): void;
  /** Attempts whose end is to come. */
  readonly count: number;
  /** Resolves when there are none. */
  settled(): Promise<void>;
}

export interface AttemptEndsParams {
  readonly store: Store;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly faults: FaultPoints;
  readonly externalWork: ExternalWork;
  readonly started: LiveAttempts;
  readonly moves: Transitions;
  readonly isDraining: () => boolean;
  /** Makes a change that nobody waits for. */
  readonly change: (task: (tx: Transaction) => void) => Promise<void>;
  readonly onInternalError: (error: unknown) => void;
}

export function attemptEnds(params: AttemptEndsParams): AttemptEnds {
  const { store, scheduler, ids, started, moves, change } = params;
  const attempts = new Set<Promise<void>>();

  const follow = (waiter: Waiter, attempt: StartedAttempt): void => {
    const followed = endAttempt(waiter, attempt).finally(() => attempts.delete(followed));
    attempts.add(followed);
  };

  const endAttempt = async (waiter: Waiter, attempt: StartedAttempt): Promise<void> => {
    const { ref, live } = attempt;
    const outcome = await attempt.outcome;
    try {
      params.faults.reach("attempt.before-end");
      await store.writer.write(
        (tx) => {
          const log = [...started.takeLog(ref), ...outcome.log];
          const result = withStray(outcome, { step: waiter.step, live });
          if (log.length > 0 || !isOneRow(result) || waiter.step.cancelReason !== null) tx.undoable();
          tx.logs.append(ref.runId, log);
          if (waiter.step.live === live) applyOutcome(tx, waiter, result);
        },
        { careful: true },
      );
    } catch (error) {
      // What was cut off has no result to keep; all else waits for the executor that takes over when the disk is well.
      if (isEngineError(error, "disk_failed") && !isCutOff(outcome)) return;
      await failHard(waiter, live, error);
    }
    started.remove(attempt);
    if (outcome.type === "made") for (const { value } of outcome.outputs) store.values.release(value);
    if (outcome.hadContainers) params.externalWork.wake();
  };

  const applyOutcome = (tx: Transaction, waiter: Waiter, outcome: AttemptOutcome): void => {
    switch (outcome.type) {
      case "made":
        moves.endStep(tx, waiter, { ...outcome, status: "succeeded" });
        break;
      case "checked":
        moves.endStep(tx, waiter, endOfCheck(outcome.check, outcome.evaluation));
        break;
      case "skipped":
        moves.endStep(tx, waiter, { status: "skipped", reason: outcome.reason });
        break;
      case "aborted":
        endAborted(tx, waiter, outcome);
        break;
      case "failed":
        retryOrFail(tx, waiter, outcome);
        break;
    }
  };

  /**
   * What the engine's end cuts off stays running in the record: that is what the next engine takes up. A step that is
   * being canceled needs no other engine, unless its containers are still there.
   */
  const endAborted = (
    tx: Transaction,
    waiter: Waiter,
    { reason, hadContainers }: Extract<AttemptOutcome, { type: "aborted" }>,
  ): void => {
    const { cancelReason } = waiter.step;
    if (reason.code !== "interrupted") moves.endStep(tx, waiter, { status: "canceled", reason: reason.message });
    else if (cancelReason !== null && !hadContainers) {
      moves.endStep(tx, waiter, { status: "canceled", reason: cancelReason });
    }
  };

  const retryOrFail = (
    tx: Transaction,
    waiter: Waiter,
    { failure, wish }: Extract<AttemptOutcome, { type: "failed" }>,
  ): void => {
    const { execution, step } = waiter;
    const attempt = step.attempt - step.interruptions;
    const delayMs =
      execution.status === "canceling" || execution.stop !== null || step.cancelReason !== null
        ? null
        : nextAttemptDelayMs(step.definition?.retry ?? null, { wish, attempt, random: ids.random() });
    if (delayMs === null) {
      moves.endStep(tx, waiter, { status: "failed", failure });
      return;
    }
    moves.retryStep(tx, waiter, { failure, retryAtMs: tx.nowMs + delayMs });
    tx.afterCommit(() => armRetry(waiter, delayMs));
  };

  const armRetry = (waiter: Waiter, delayMs: number): void => {
    const { step } = waiter;
    if (step.retryAtMs === null || params.isDraining()) return;
    step.disarmRetry = scheduler.after(delayMs, () => {
      step.disarmRetry = null;
      void change((tx) => moves.tryStart(tx, waiter));
    });
  };

  /** The record refused what an attempt made: a value that it cannot hold, or a bug. The step fails. */
  const failHard = async (waiter: Waiter, live: LiveAttempt, error: unknown): Promise<void> => {
    if (store.writer.isOpen) params.onInternalError(error);
    const text = error instanceof Error ? error.message : String(error);
    const refusal = new EngineError("internal", `the record refused what the step made: ${text}`, { cause: error });
    await change((tx) => {
      tx.mustCommit();
      if (waiter.step.live === live) moves.endStep(tx, waiter, { status: "failed", failure: failureOf(refusal) });
    });
  };

  return {
    follow,
    armRetry,
    get count() {
      return attempts.size;
    },
    async settled() {
      while (attempts.size > 0) await Promise.all(attempts);
    },
  };
}

function isCutOff(outcome: AttemptOutcome): boolean {
  return outcome.type === "aborted" && outcome.reason.code === "interrupted";
}

/** Whether the database may refuse what code made at the first row alone (`recordEnd`); failures hold more of it. */
function isOneRow(outcome: AttemptOutcome): boolean {
  return outcome.type === "made" && outcome.outputs.length <= 1;
}

/** What code returned, where it also left an error to nobody: that is heard of a moment later, and counts. */
function withStray(outcome: AttemptOutcome, { step, live }: { step: ExecutedStep; live: LiveAttempt }): AttemptOutcome {
  if (live.stray === null || (outcome.type !== "made" && outcome.type !== "skipped")) return outcome;
  return { ...outcome, type: "failed", ...failedAttempt(live.stray, step.definition?.retry ?? null) };
}
