import { EngineError, isEngineError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import type { LimitedRun } from "../core/limits.ts";
import type { IdSource, Scheduler } from "../core/ports/time.ts";
import { retryDelayMs } from "../core/retry.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Store } from "../store/store.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { Transaction } from "../store/writer.ts";
import { buildExecution, type ExecutedStep, type Execution, type LiveAttempt } from "./execution.ts";
import type { LimitBook } from "./limit-book.ts";
import { recoverRun } from "./recovery.ts";
import type { AttemptOutcome, StepRunner } from "./step-runner.ts";
import { transitions } from "./transitions.ts";
import { openWaiters, partitionWait, poolWait, type Waiter } from "./waiters.ts";

/** Runs started runs to their end: woken by commits, never by a poll. */
export interface Executor {
  /** Starts a queued run within the dispatcher's transaction; false where it is not queued any more. */
  begin(tx: Transaction, run: RunRow): boolean;
  /** Takes up a run that an earlier process left unfinished. */
  recover(tx: Transaction, run: RunRow): void;
  /** Launches the code of what transactions since the last call have started. To be called after their commit. */
  launchStarted(): void;
  cancelRun(runUid: string, reason: string): Promise<void>;
  cancelStep(runUid: string, params: { ordinal: number; reason: string }): Promise<void>;
  /** Retries what waits for a pool: its slots have changed. */
  poolsChanged(): void;
  live(): Iterable<LimitedRun>;
  readonly runCount: number;
  readonly stepCount: number;
  progressOf(runId: number, ordinal: number): JsonObject | null;
  /** Aborts every attempt as interrupted, without recording it, and waits for them. */
  stop(reason: string): Promise<void>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export interface ExecutorParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly limits: LimitBook;
  readonly runner: (hooks: RunnerHooks) => StepRunner;
  readonly onRunEnded: () => void;
  readonly onInternalError: (error: unknown) => void;
}

export interface RunnerHooks {
  readonly onLate: (execution: Execution, step: ExecutedStep, how: string) => void;
  readonly onAbandoned: (step: ExecutedStep) => void;
}

export function openExecutor(params: ExecutorParams): Executor {
  const { store, catalog, scheduler, ids, limits } = params;
  const executions = new Map<number, Execution>();
  const abandoned = new Set<string>();
  const attempts = new Set<Promise<void>>();
  const waiters = openWaiters();
  let started: Waiter[] = [];
  let stopping = false;

  const moves = transitions({
    waiters,
    limits,
    isAbandoned: (step) => abandoned.has(placeOf(step)),
    onRunEnded(execution) {
      executions.delete(execution.run.id);
      params.onRunEnded();
    },
  });

  const runner = params.runner({
    onAbandoned: (step) => abandoned.add(placeOf(step)),
    onLate(execution, step, how) {
      abandoned.delete(placeOf(step));
      const message = `the code of an abandoned attempt has settled: it ${how}`;
      void change((tx) => {
        if (tx.runs.byId(execution.run.id) === undefined) return;
        tx.emit({ type: "step.warning", runId: execution.run.id, ordinal: step.ordinal, data: { message } });
        const ids = step.planned.assets.map((key) => tx.materializations.assetId(key));
        const freed = ids.flatMap((assetId) => waiters.take(partitionWait(assetId, step.partitionId)));
        started.push(...freed.flatMap((waiter) => moves.tryStart(tx, waiter)));
      });
    },
  });

  /** A change of state; what it starts is launched after its commit. */
  const change = async (task: (tx: Transaction) => void): Promise<void> => {
    try {
      await store.writer.write(task);
    } catch (error) {
      params.onInternalError(error);
      return;
    }
    launchStarted();
  };

  const launchStarted = (): void => {
    const now = started;
    started = [];
    for (const waiter of now) {
      const { live } = waiter.step;
      if (live === null) continue;
      const attempt = runAttempt(waiter, live).finally(() => attempts.delete(attempt));
      attempts.add(attempt);
    }
  };

  const runAttempt = async (waiter: Waiter, live: LiveAttempt): Promise<void> => {
    const { execution, step } = waiter;
    if (stopping) live.abort.abort(interruption("the engine stops"));
    const outcome = await runner.run(execution, step, live);
    if (outcome.type === "aborted" && isEngineError(outcome.reason, "interrupted")) return;
    try {
      await store.writer.write((tx) => {
        if (step.live !== live) return;
        if (outcome.log.length > 0) tx.logs.append(execution.run.id, outcome.log);
        started.push(...applyOutcome(tx, waiter, outcome));
      });
    } catch (error) {
      await failHard(waiter, live, error);
    }
    launchStarted();
  };

  const applyOutcome = (tx: Transaction, waiter: Waiter, outcome: AttemptOutcome): Waiter[] => {
    switch (outcome.type) {
      case "made":
        return moves.endStep(tx, waiter, { status: "succeeded", outputs: outcome.outputs, inputs: outcome.inputs });
      case "skipped":
        return moves.endStep(tx, waiter, { status: "skipped", reason: outcome.reason });
      case "aborted":
        return moves.endStep(tx, waiter, { status: "canceled", reason: outcome.reason.message });
      case "failed":
        return retryOrFail(tx, waiter, outcome);
    }
  };

  const retryOrFail = (
    tx: Transaction,
    waiter: Waiter,
    outcome: Extract<AttemptOutcome, { type: "failed" }>,
  ): Waiter[] => {
    const { execution, step } = waiter;
    const policy = step.definition?.retry ?? null;
    const counted = step.attempt - step.interruptions;
    const delayMs =
      outcome.retryable && execution.status !== "canceling" ? retryDelayMs(policy, counted, ids.random()) : null;
    if (delayMs === null) return moves.endStep(tx, waiter, { status: "failed", failure: outcome.failure });
    const retryAtMs = tx.nowMs + delayMs;
    const next = moves.retryStep(tx, waiter, { failure: outcome.failure, retryAtMs });
    armRetry(waiter, delayMs);
    return next;
  };

  const armRetry = (waiter: Waiter, delayMs: number): void => {
    waiter.step.disarmRetry = scheduler.after(delayMs, () => {
      waiter.step.disarmRetry = null;
      void change((tx) => started.push(...moves.tryStart(tx, waiter)));
    });
  };

  /** The record refused what an attempt made: that is a bug, or a value the record cannot hold. The step fails. */
  const failHard = async (waiter: Waiter, live: LiveAttempt, error: unknown): Promise<void> => {
    params.onInternalError(error);
    waiter.step.live = live;
    await change((tx) => {
      started.push(...moves.endStep(tx, waiter, { status: "failed", failure: failureOf(error) }));
    });
  };

  const executionOf = (runUid: string): Execution | undefined => {
    const run = store.tables.runs.byUid(runUid);
    return run === undefined ? undefined : executions.get(run.id);
  };

  return {
    launchStarted,
    begin(tx, run) {
      if (!tx.runs.start(run.id, tx.nowMs)) return false;
      tx.emit({ type: "run.starting", runId: run.id });
      const execution = buildExecution({ ...run, status: "starting" }, { catalog, store, rows: [] });
      executions.set(run.id, execution);
      started.push(...moves.advance(tx, execution));
      return true;
    },
    recover(tx, run) {
      const execution = buildExecution(run, { catalog, store, rows: tx.steps.ofRun(run.id) });
      executions.set(run.id, execution);
      started.push(...recoverRun(tx, { execution, moves, armRetry }));
    },
    async cancelRun(runUid, reason) {
      await store.writer.write((tx) => {
        const run = tx.runs.byUid(runUid);
        if (run === undefined) throw new EngineError("not_found", `there is no run ${runUid}`);
        const execution = executions.get(run.id);
        if (execution === undefined) {
          cancelQueued(tx, run, reason);
          return;
        }
        if (execution.status === "canceling") return;
        if (!tx.runs.canceling(run.id, reason)) return;
        execution.status = "canceling";
        execution.cancelReason = reason;
        tx.emit({ type: "run.canceling", runId: run.id, data: { reason } });
        started.push(...moves.cancelIdleSteps(tx, execution, reason));
        for (const step of execution.steps) step.live?.abort.abort(new EngineError("canceled", reason));
      });
      launchStarted();
    },
    async cancelStep(runUid, { ordinal, reason }) {
      const step = executionOf(runUid)?.steps[ordinal];
      const execution = executionOf(runUid);
      if (execution === undefined || step === undefined) {
        throw new EngineError("conflict", `run ${runUid} has no step ${ordinal} that could be canceled`);
      }
      if (step.live !== null) {
        step.live.abort.abort(new EngineError("canceled", reason));
        return;
      }
      await store.writer.write((tx) =>
        started.push(...moves.endStep(tx, { execution, step }, { status: "canceled", reason })),
      );
      launchStarted();
    },
    poolsChanged() {
      const pools = new Set([...catalog.assets.values()].flatMap((asset) => asset.step.pool ?? []));
      const waiting = [...pools].flatMap((pool) => waiters.take(poolWait(pool)));
      if (waiting.length > 0)
        void change((tx) => started.push(...waiting.flatMap((waiter) => moves.tryStart(tx, waiter))));
    },
    *live() {
      for (const { run, tags, parts } of executions.values()) yield { runId: run.uid, tags, parts };
    },
    get runCount() {
      return executions.size;
    },
    get stepCount() {
      return attempts.size;
    },
    progressOf: (runId, ordinal) => executions.get(runId)?.steps[ordinal]?.progress ?? null,
    async idle() {
      while (attempts.size > 0) await Promise.all(attempts);
    },
    async stop(reason) {
      stopping = true;
      for (const execution of executions.values()) {
        for (const step of execution.steps) {
          step.disarmRetry?.();
          step.live?.abort.abort(interruption(reason));
        }
      }
      await Promise.all(attempts);
    },
  };
}

function cancelQueued(tx: Transaction, run: RunRow, reason: string): void {
  if (!tx.runs.endQueued({ id: run.id, status: "canceled", nowMs: tx.nowMs, error: null, reason })) {
    throw new EngineError(
      "conflict",
      `run ${run.uid} has ended (${run.status}); only a run that has not can be canceled`,
    );
  }
  tx.emit({ type: "run.canceled", runId: run.id, data: { reason } });
  if (run.run_key !== null) tx.automations.endRunKey(run.uid, "canceled");
  if (run.backfill_id !== null) tx.backfills.countEnded(run.backfill_id, "canceled");
}

function interruption(reason: string): EngineError {
  return new EngineError("interrupted", reason);
}

function placeOf(step: ExecutedStep): string {
  return `${step.planned.assets.join(",")} ${step.partitionId}`;
}
