import { describeLimit, MAX_NAMED_HOLDERS } from "../core/limits.ts";
import type { StepDefinition } from "../core/assets.ts";
import { EngineError } from "../core/errors.ts";
import type { Transaction } from "../store/writer.ts";
import { type ExecutedStep, type Execution, type LiveAttempt, liveMarksOf } from "./execution.ts";
import type { LimitBook } from "./limit-book.ts";
import { driftedError } from "./step-ends.ts";
import { codeWait, partitionWait, poolWait, runWait, type Waiter, type Waiters } from "./waiters.ts";
import { describeStep } from "./verdicts.ts";

/** How ready steps start, or wait for what keeps them from it; within a transaction that must commit. */
export interface StepStarts {
  startOrPark(tx: Transaction, waiter: Waiter, definition: StepDefinition): void;
  /** The run has begun, but none of its steps runs yet. */
  runStarting(tx: Transaction, execution: Execution): void;
}

export interface StepStartsParams {
  readonly waiters: Waiters;
  readonly limits: LimitBook;
  /** Steps whose code was abandoned and has not settled: they must not start again on this thread. */
  readonly isAbandoned: (step: ExecutedStep) => boolean;
  /** Runs the code of an attempt; called after the commit of its start. */
  readonly launch: (waiter: Waiter, live: LiveAttempt) => void;
}

interface Wait {
  readonly what: string;
  readonly reason: string;
}

export function stepStarts(params: StepStartsParams): StepStarts {
  const { waiters, limits } = params;

  const startAttempt = (tx: Transaction, waiter: Waiter, pool: string | null): void => {
    const { execution, step } = waiter;
    runStarted(tx, execution);
    const attempt = step.attempt + 1;
    const ref = { runId: execution.run.id, ordinal: step.ordinal };
    if (!tx.steps.start({ ...ref, attempt }, { partitionId: step.partitionId, nowMs: tx.nowMs })) {
      throw driftedError(execution, step);
    }
    for (const mark of liveMarksOf(tx, execution, step)) tx.materializations.setLive(mark);
    if (pool !== null) tx.steps.takeSlot(pool, { ...ref, nowMs: tx.nowMs });
    tx.emit({ type: "step.started", ...ref, ...(attempt > 1 ? { data: { attempt } } : {}) });
    waiters.remove(step);
    step.status = "running";
    step.attempt = attempt;
    step.parked = null;
    step.retryAtMs = null;
    const live = liveAttempt({ attempt, startedAtMs: tx.nowMs, pool });
    step.live = live;
    execution.live.add(step);
    tx.afterCommit(() => {
      if (step.live === live) params.launch(waiter, live);
    });
  };

  /** The run's first step runs. */
  const runStarted = (tx: Transaction, execution: Execution): void => {
    if (execution.status !== "queued" && execution.status !== "starting") return;
    if (!tx.runs.running(execution.run.id, tx.nowMs)) throw driftedRun(execution);
    execution.status = "running";
    tx.emit({ type: "run.started", runId: execution.run.id });
  };

  /** The run has begun, but none of its steps runs yet. */
  const runStarting = (tx: Transaction, execution: Execution): void => {
    if (execution.status !== "queued") return;
    if (!tx.runs.start(execution.run.id, tx.nowMs)) throw driftedRun(execution);
    execution.status = "starting";
    tx.emit({ type: "run.starting", runId: execution.run.id });
  };

  const whatKeeps = (tx: Transaction, { execution, step }: Waiter): Wait | null => {
    if (params.isAbandoned(step)) {
      return { what: codeWait(step), reason: "waits for its earlier code, which ignored its signal, to settle" };
    }
    for (const { assetId, partitionId } of liveMarksOf(tx, execution, step)) {
      const what = partitionWait(assetId, partitionId);
      const record = tx.materializations.partition(assetId, partitionId);
      if (record?.live_run_id == null || record.live_run_id === execution.run.id) continue;
      const holder = tx.runs.byId(record.live_run_id)?.uid ?? "another run";
      return { what, reason: `waits for run ${holder}, which makes the same partition` };
    }
    const { concurrency } = execution.policy;
    const count = execution.live.size;
    if (concurrency !== null && count >= concurrency) {
      // Thousands may wait for the same place.
      const holders = execution.live.values().take(MAX_NAMED_HOLDERS).map(describeStep).toArray();
      const reason = describeLimit("the steps of this run", { limit: { maximum: concurrency }, holders, count });
      return { what: runWait(execution.run.id), reason };
    }
    const pool = step.definition?.pool;
    if (pool == null) return null;
    const maximum = limits.poolSlots(pool);
    if (tx.steps.slotsTaken(pool) < maximum) return null;
    const holders = tx.steps.slotHolders(pool).map((holder) => holder.run_uid);
    return {
      what: poolWait(pool),
      reason: describeLimit(`the slots of pool ${pool}`, { limit: { maximum }, holders }),
    };
  };

  const park = (tx: Transaction, waiter: Waiter, wait: Wait): void => {
    const { execution, step } = waiter;
    runStarting(tx, execution);
    waiters.add(wait.what, waiter);
    const before = step.parked;
    step.parked = wait;
    step.retryAtMs = null;
    if (before?.reason === wait.reason) return;
    const ref = { runId: execution.run.id, ordinal: step.ordinal };
    const row = { partitionId: step.partitionId, reason: wait.reason, retryAtMs: null };
    if (!tx.steps.wait({ ...ref, attempt: step.attempt }, row)) throw driftedError(execution, step);
    step.status = "waiting";
    if (before?.what !== wait.what) tx.emit({ type: "step.waiting", ...ref, data: { reason: wait.reason } });
  };

  return {
    runStarting,
    startOrPark(tx, waiter, definition) {
      tx.mustCommit();
      const wait = whatKeeps(tx, waiter);
      if (wait === null) startAttempt(tx, waiter, definition.pool);
      else park(tx, waiter, wait);
    },
  };
}

export function liveAttempt(params: Pick<LiveAttempt, "attempt" | "startedAtMs" | "pool">): LiveAttempt {
  return {
    ...params,
    abort: new AbortController(),
    stray: null,
    isOver: false,
    progress: null,
    waitsFor: null,
  };
}

/** Memory says what its row does not: a bug, after which nothing more may be written. */
export function driftedRun({ run, status }: Execution): EngineError {
  return new EngineError("internal", `run ${run.uid} is not ${status} in the record, as it is in memory`);
}
