import { EngineError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { LimitedRun } from "../core/limits.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { IdSource, Scheduler } from "../core/ports/time.ts";
import { isTerminalStep } from "../core/states.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Store } from "../store/store.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { AttemptRef } from "../store/tables/steps.ts";
import type { Transaction } from "../store/writer.ts";
import { attemptEnds } from "./attempt-ends.ts";
import {
  buildExecution,
  type ExecutedStep,
  type Execution,
  type LiveAttempt,
  type RunStop,
  whyCanceled,
} from "./execution.ts";
import type { ExternalWork } from "./external-work/external-work.ts";
import type { LimitBook } from "./limit-book.ts";
import { attemptName, type LiveAttempts } from "./live-attempts.ts";
import { recoverRuns } from "./recovery.ts";
import { endQueuedRun } from "./run-ends.ts";
import type { StepRunner } from "./step-runner.ts";
import { transitions } from "./transitions.ts";
import { codeWait, openWaiters, poolWait, type Waiter } from "./waiters.ts";

/** Runs started runs to their end: woken by commits, never by a poll. */
export interface Executor {
  /** Starts a queued run within the transaction that read it. Returns how many steps it has; null where it is not queued. */
  begin(tx: Transaction, run: RunRow): number | null;
  /** Takes up what an earlier process left unfinished. */
  recover(tx: Transaction, runs: readonly RunRow[]): void;
  /** Cancels a run, queued or started, within a transaction; false where it has ended or is being canceled. */
  cancel(tx: Transaction, run: RunRow, reason: string): boolean;
  cancelStep(runUid: string, params: { ordinal: number; reason: string }): Promise<void>;
  /** Retries what waits for a pool: its slots have changed. */
  poolsChanged(): void;
  live(): Iterable<LimitedRun>;
  readonly runCount: number;
  readonly stepCount: number;
  progressOf(runId: number, ordinal: number): JsonObject | null;
  /** What a running step waits for outside of the engine. */
  waitOf(runId: number, ordinal: number): string | null;
  /** Resolves when nothing runs. From the call on nothing starts any more: what is ready waits for the next engine. */
  drain(): Promise<void>;
  /** The disk fails: starts and records nothing any more. Attempts go on; what comes of them is kept for the next. */
  letGo(): void;
  /** Aborts every attempt as interrupted, without recording it, and waits for them. */
  stop(reason: string): Promise<void>;
}

export interface ExecutorParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly faults: FaultPoints;
  readonly externalWork: ExternalWork;
  readonly limits: LimitBook;
  /** Among them those that an executor before this one started. */
  readonly started: LiveAttempts;
  readonly runner: StepRunner;
  readonly onInternalError: (error: unknown) => void;
}

export function openExecutor(params: ExecutorParams): Executor {
  const { store, catalog, scheduler, limits, started, runner } = params;
  const { abandoned } = started;
  const executions = new Map<number, Execution>();
  let isDraining = false;
  let stopReason: string | null = null;

  const waiters = openWaiters();
  const moves = transitions({
    waiters,
    limits,
    isAbandoned: (step) => abandoned.has(codeWait(step)),
    isStopping: () => isDraining,
    launch(waiter, live) {
      if (stopReason !== null) live.abort.abort(interruption(stopReason));
      const outcome = runner.run(waiter.execution, waiter.step, live);
      const attempt = { ref: refOf(waiter, live), live, outcome };
      started.add(attempt);
      ends.follow(waiter, attempt);
    },
    onRunEnded(tx, execution) {
      tx.afterCommit(() => runner.runEnded(execution));
      executions.delete(execution.run.id);
      execution.disarmTimeout?.();
      execution.disarmTimeout = null;
    },
  });

  started.followedBy({
    onStray: (execution, step, message) => void change((tx) => warn(tx, { execution, step }, message)),
    onAbandoned(execution, step, message) {
      abandoned.add(codeWait(step));
      void change((tx) => warn(tx, { execution, step }, message));
    },
    onLate(execution, step, how) {
      abandoned.delete(codeWait(step));
      void change((tx) => {
        warn(tx, { execution, step }, `the code of an abandoned attempt has settled: it ${how}`);
        moves.wake(tx, codeWait(step));
      });
    },
  });

  /** A change that nobody waits for. */
  const change = async (task: (tx: Transaction) => void): Promise<void> => {
    try {
      await store.writer.write(task);
    } catch (error) {
      if (store.writer.isOpen) params.onInternalError(error);
    }
  };

  const ends = attemptEnds({ ...params, moves, change, isDraining: () => isDraining });

  /** The clock may have been set back since the run started: it never waits longer than its whole limit. */
  const armTimeout = (tx: Transaction, execution: Execution): void => {
    const { timeoutMs } = execution.policy;
    if (timeoutMs === null || execution.isEnded) return;
    const leftMs = Math.min((execution.run.started_at_ms ?? tx.nowMs) + timeoutMs - tx.nowMs, timeoutMs);
    tx.afterCommit(() => {
      if (execution.isEnded || isDraining) return;
      execution.disarmTimeout = scheduler.after(Math.max(0, leftMs), () => {
        execution.disarmTimeout = null;
        void change((later) => moves.stopRun(later, execution, overTime(timeoutMs)));
      });
    });
  };

  const disarmTimers = (): void => {
    for (const { steps, disarmTimeout } of executions.values()) {
      disarmTimeout?.();
      for (const step of steps) step.disarmRetry?.();
    }
  };

  const abortAfterCommit = (tx: Transaction, step: ExecutedStep, reason: string): void => {
    const { live } = step;
    if (live !== null) tx.afterCommit(() => live.abort.abort(new EngineError("canceled", reason)));
  };

  /** Takes over the attempts whose code an executor before this one started: they are not cut off. */
  const adopt = (tx: Transaction, found: readonly Execution[]): void => {
    const known = new Map(started.all().map((attempt) => [attemptName(attempt.ref), attempt]));
    if (known.size === 0) return;
    tx.mustCommit();
    for (const execution of found) {
      for (const step of execution.steps) {
        if (step.status !== "running") continue;
        const ref = { runId: execution.run.id, ordinal: step.ordinal, attempt: step.attempt };
        const attempt = known.get(attemptName(ref));
        if (attempt === undefined) continue;
        known.delete(attemptName(ref));
        step.live = attempt.live;
        execution.live.add(step);
        tx.afterCommit(() => ends.follow({ execution, step }, attempt));
        // Its cancel may be on disk, though that commit was reported as failed.
        const canceled = whyCanceled(execution, step);
        if (canceled !== null) abortAfterCommit(tx, step, canceled);
      }
    }
    // These ends are on disk, though their commit was reported as failed.
    for (const attempt of known.values()) started.remove(attempt);
  };

  return {
    begin(tx, run) {
      if (run.status !== "queued") return null;
      const execution = buildExecution({ ...run, started_at_ms: tx.nowMs }, { catalog, store, rows: [] });
      tx.mustCommit();
      executions.set(run.id, execution);
      moves.advance(tx, execution);
      armTimeout(tx, execution);
      return execution.steps.length;
    },
    recover(tx, runs) {
      const found = runs.map((run) => buildExecution(run, { catalog, store, rows: tx.steps.ofRun(run.id) }));
      for (const execution of found) executions.set(execution.run.id, execution);
      adopt(tx, found);
      recoverRuns(tx, found, {
        moves,
        faults: params.faults,
        hasContainers: params.externalWork.isBound,
        armRetry: (waiter, delayMs) => tx.afterCommit(() => ends.armRetry(waiter, delayMs)),
      });
      for (const execution of found) armTimeout(tx, execution);
    },
    cancel(tx, run, reason) {
      const execution = executions.get(run.id);
      if (execution === undefined) return endQueuedRun(tx, run, { status: "canceled", reason });
      if (execution.status === "canceling" || !tx.runs.canceling(run.id, reason)) return false;
      tx.mustCommit();
      execution.status = "canceling";
      execution.cancelReason = reason;
      tx.emit({ type: "run.canceling", runId: run.id, data: { reason } });
      moves.cancelIdleSteps(tx, execution, reason);
      for (const step of execution.steps) abortAfterCommit(tx, step, reason);
      return true;
    },
    cancelStep: (runUid, { ordinal, reason }) =>
      store.writer.write((tx) => {
        const run = tx.runs.byUid(runUid);
        const execution = run === undefined ? undefined : executions.get(run.id);
        const step = execution?.steps[ordinal];
        if (execution === undefined || step === undefined || isTerminalStep(step.status)) {
          throw new EngineError("conflict", `run ${runUid} has no step ${ordinal} that could be canceled`);
        }
        moves.cancelStep(tx, { execution, step }, reason);
        abortAfterCommit(tx, step, reason);
      }),
    poolsChanged() {
      const pools = new Set(catalog.stepsInOrder.flatMap((step) => step.pool ?? []));
      void change((tx) => {
        for (const pool of pools) moves.wake(tx, poolWait(pool));
      });
    },
    *live() {
      for (const { run, tags, parts } of executions.values()) yield { runId: run.uid, tags, parts };
    },
    get runCount() {
      return executions.size;
    },
    get stepCount() {
      return ends.count;
    },
    waitOf: (runId, ordinal) => executions.get(runId)?.steps[ordinal]?.live?.waitsFor ?? null,
    progressOf: (runId, ordinal) => executions.get(runId)?.steps[ordinal]?.live?.progress ?? null,
    async drain() {
      isDraining = true;
      await ends.settled();
    },
    letGo() {
      isDraining = true;
      disarmTimers();
    },
    async stop(reason) {
      isDraining = true;
      stopReason = reason;
      disarmTimers();
      const running = started.all();
      for (const { live } of running) live.abort.abort(interruption(reason));
      const gaveUp = params.externalWork.stop(reason);
      await Promise.all(running.map(({ outcome }) => outcome));
      await ends.settled();
      await gaveUp;
    },
  };
}

function refOf({ execution, step }: Waiter, { attempt }: LiveAttempt): AttemptRef {
  return { runId: execution.run.id, ordinal: step.ordinal, attempt };
}

/** Says something on the step's run, where it has not been pruned meanwhile. */
function warn(tx: Transaction, { execution, step }: Waiter, message: string): void {
  const runId = execution.run.id;
  if (tx.runs.byId(runId) === undefined) return;
  tx.emit({ type: "step.warning", runId, ordinal: step.ordinal, data: { message } });
}

function overTime(timeoutMs: number): RunStop {
  const message = `the run took longer than its time limit of ${timeoutMs} ms`;
  return { error: { code: "timeout", message }, reason: `canceled, since ${message}` };
}

function interruption(reason: string): EngineError {
  return new EngineError("interrupted", reason);
}
