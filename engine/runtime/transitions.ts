import type { Failure } from "../core/events.ts";
import { describeLimit } from "../core/limits.ts";
import { isTerminalStep, type StepStatus } from "../core/states.ts";
import type { MaterializationsTable } from "../store/tables/materializations.ts";
import type { AttemptRef } from "../store/tables/steps.ts";
import type { Transaction } from "../store/writer.ts";
import type { ExecutedStep, Execution } from "./execution.ts";
import type { LimitBook } from "./limit-book.ts";
import type { KeptOutput } from "./step-runner.ts";
import type { InputVersion } from "../store/tables/materializations.ts";
import { partitionWait, poolWait, type Waiter, type Waiters } from "./waiters.ts";

/**
 * The state changes of steps and runs, each within a transaction. They change the execution in memory together with
 * its rows: a task that throws afterwards fails the run (see executor.ts), so the two cannot drift apart unseen.
 *
 * T1. A step starts only when all it waits for has ended well, no other step makes one of its assets' partitions, and
 *     its pool has a slot; *started* is committed before its code runs.
 * T2. A step ends once, with one event; its slot and its live marks go in the same transaction.
 * T3. A run ends in the transaction that ends its last step.
 */
export interface Transitions {
  /** Starts, skips or parks every step that nothing upstream blocks. Returns what started. */
  advance(tx: Transaction, execution: Execution): Waiter[];
  /** Starts one ready step, or lets it wait. */
  tryStart(tx: Transaction, waiter: Waiter): Waiter[];
  endStep(tx: Transaction, waiter: Waiter, end: StepEnd): Waiter[];
  /** Lets a running step wait for its next attempt. */
  retryStep(tx: Transaction, waiter: Waiter, params: { failure: Failure; retryAtMs: number }): Waiter[];
  /** Cancels what does not run; what runs has to be aborted by the caller. */
  cancelIdleSteps(tx: Transaction, execution: Execution, reason: string): Waiter[];
}

export type StepEnd =
  | { readonly status: "succeeded"; readonly outputs: readonly KeptOutput[]; readonly inputs: readonly InputVersion[] }
  | { readonly status: "failed"; readonly failure: Failure }
  | { readonly status: "skipped" | "canceled"; readonly reason: string };

export interface TransitionsParams {
  readonly waiters: Waiters;
  readonly limits: LimitBook;
  /** Steps whose code was abandoned and has not settled: they must not start again on this thread. */
  readonly isAbandoned: (step: ExecutedStep) => boolean;
  readonly onRunEnded: (execution: Execution) => void;
}

export function transitions(params: TransitionsParams): Transitions {
  const { waiters, limits } = params;

  const tryStart = (tx: Transaction, { execution, step }: Waiter): Waiter[] => {
    if (execution.status === "canceling" || isTerminalStep(step.status) || step.live !== null) return [];
    if (step.definition === null) {
      const message = `${step.planned.assets.join(", ")} is not in the code any more (or is made in another way); run it anew`;
      return endStep(tx, { execution, step }, { status: "failed", failure: { code: "definition", message } });
    }
    const wait = whatKeeps(tx, { execution, step });
    if (wait !== null) {
      park(tx, { execution, step }, wait);
      return [];
    }
    const { materializations, steps } = tx;
    const attempt = step.attempt + 1;
    const ref: AttemptRef = { runId: execution.run.id, ordinal: step.ordinal, attempt };
    if (!steps.start(ref, { partitionId: step.partitionId, nowMs: tx.nowMs })) return [];
    for (const assetId of assetIds(materializations, step)) {
      materializations.setLive({ assetId, partitionId: step.partitionId, runId: ref.runId, ordinal: ref.ordinal });
    }
    const { pool } = step.definition;
    if (pool !== null) steps.takeSlot(pool, { runId: ref.runId, ordinal: ref.ordinal, nowMs: tx.nowMs });
    tx.emit({
      type: "step.started",
      runId: ref.runId,
      ordinal: ref.ordinal,
      ...(attempt > 1 ? { data: { attempt } } : {}),
    });
    if (execution.status === "starting" && tx.runs.running(execution.run.id)) {
      execution.status = "running";
      tx.emit({ type: "run.started", runId: execution.run.id });
    }
    step.status = "running";
    step.attempt = attempt;
    step.live = { attempt, abort: new AbortController() };
    return [{ execution, step }];
  };

  const whatKeeps = (tx: Transaction, { execution, step }: Waiter): { what: string; reason: string } | null => {
    for (const assetId of assetIds(tx.materializations, step)) {
      const what = partitionWait(assetId, step.partitionId);
      if (params.isAbandoned(step))
        return { what, reason: "waits for its earlier code, which ignored its signal, to settle" };
      const record = tx.materializations.partition(assetId, step.partitionId);
      if (record?.live_run_id == null || record.live_run_id === execution.run.id) continue;
      const holder = tx.runs.byId(record.live_run_id)?.uid ?? "another run";
      return { what, reason: `waits for run ${holder}, which makes the same partition` };
    }
    const pool = step.definition?.pool;
    if (pool == null) return null;
    const maximum = limits.poolSlots(pool);
    if (tx.steps.slotsTaken(pool) < maximum) return null;
    const holders = tx.steps.slotHolders(pool).map((holder) => holder.run_uid);
    return {
      what: poolWait(pool),
      reason: describeLimit(`the slots of pool ${pool}`, { limit: { kind: "pool", key: pool, maximum }, holders }),
    };
  };

  const park = (tx: Transaction, waiter: Waiter, wait: { what: string; reason: string }): void => {
    const { execution, step } = waiter;
    waiters.add(wait.what, waiter);
    if (step.status === "waiting") return;
    const ref: AttemptRef = { runId: execution.run.id, ordinal: step.ordinal, attempt: step.attempt };
    tx.steps.wait(ref, { partitionId: step.partitionId, reason: wait.reason, retryAtMs: null });
    tx.emit({ type: "step.waiting", runId: ref.runId, ordinal: ref.ordinal, data: { reason: wait.reason } });
    step.status = "waiting";
  };

  /** Gives back what the step held and starts who waited for it. */
  const release = (tx: Transaction, { execution, step }: Waiter): Waiter[] => {
    const freed: string[] = [];
    const pool = step.definition?.pool;
    if (pool != null && tx.steps.releaseSlots(execution.run.id, step.ordinal)) freed.push(poolWait(pool));
    for (const assetId of assetIds(tx.materializations, step)) freed.push(partitionWait(assetId, step.partitionId));
    return freed.flatMap((what) => waiters.take(what)).flatMap((waiter) => tryStart(tx, waiter));
  };

  const endStep = (tx: Transaction, waiter: Waiter, end: StepEnd): Waiter[] => {
    const { execution, step } = waiter;
    const ran = step.live !== null;
    if (!recordEnd(tx, waiter, end)) return [];
    step.live = null;
    step.progress = null;
    step.disarmRetry?.();
    step.disarmRetry = null;
    waiters.remove(step);
    const started = ran ? release(tx, waiter) : [];
    settle(execution, step, end.status);
    if (execution.status !== "canceling") started.push(...advanceFrom(tx, waiter));
    if (execution.open === 0) endRun(tx, execution);
    return started;
  };

  const advanceFrom = (tx: Transaction, { execution, step }: Waiter): Waiter[] =>
    step.downstream.flatMap((ordinal) => {
      const next = execution.steps[ordinal];
      return next === undefined ? [] : advanceOne(tx, { execution, step: next });
    });

  const advanceOne = (tx: Transaction, waiter: Waiter): Waiter[] => {
    const { execution, step } = waiter;
    if (step.blockedBy > 0 || step.status !== "pending") return [];
    const missing = step.planned.after
      .map((ordinal) => execution.steps[ordinal])
      .find((up) => up?.status !== "succeeded");
    if (missing === undefined) return tryStart(tx, waiter);
    const reason = `needs ${missing.planned.assets.join(", ")}, which ${missing.status === "failed" ? "failed" : `was ${missing.status}`}`;
    return endStep(tx, waiter, { status: "skipped", reason });
  };

  const endRun = (tx: Transaction, execution: Execution): void => {
    const { run } = execution;
    const failed = execution.steps.find((step) => step.status === "failed");
    const canceled = execution.steps.find((step) => step.status === "canceled");
    const status = execution.status === "canceling" ? "canceled" : failed || canceled ? "failed" : "succeeded";
    const error: Failure | null = status === "failed" ? runFailure(failed, canceled) : null;
    if (execution.status === "starting" && status === "failed" && tx.runs.running(run.id)) execution.status = "running";
    if (!tx.runs.end({ id: run.id, status, nowMs: tx.nowMs, error })) return;
    if (error !== null) tx.emit({ type: "run.failed", runId: run.id, data: { error } });
    else if (status === "canceled") {
      tx.emit({ type: "run.canceled", runId: run.id, data: { reason: execution.cancelReason ?? "canceled" } });
    } else tx.emit({ type: "run.succeeded", runId: run.id });
    if (run.run_key !== null) tx.automations.endRunKey(run.uid, status);
    if (run.backfill_id !== null) tx.backfills.countEnded(run.backfill_id, status);
    params.onRunEnded(execution);
  };

  return {
    tryStart,
    endStep,
    advance: (tx, execution) => {
      const started = execution.steps.flatMap((step) => advanceOne(tx, { execution, step }));
      if (execution.open === 0) endRun(tx, execution);
      return started;
    },
    retryStep(tx, waiter, { failure, retryAtMs }) {
      const { execution, step } = waiter;
      const { live } = step;
      if (live === null) return [];
      const ref: AttemptRef = { runId: execution.run.id, ordinal: step.ordinal, attempt: live.attempt };
      const reason = `attempt ${live.attempt} failed: ${failure.message}; tried again at ${new Date(retryAtMs).toISOString()}`;
      if (!tx.steps.wait(ref, { partitionId: step.partitionId, reason, retryAtMs })) return [];
      tx.emit({
        type: "step.retrying",
        runId: ref.runId,
        ordinal: ref.ordinal,
        data: { attempt: live.attempt, retryAtMs, error: failure },
      });
      for (const assetId of assetIds(tx.materializations, step)) {
        tx.materializations.clearLive({
          assetId,
          partitionId: step.partitionId,
          runId: ref.runId,
          ordinal: ref.ordinal,
        });
      }
      step.live = null;
      step.progress = null;
      step.status = "waiting";
      return release(tx, waiter);
    },
    cancelIdleSteps(tx, execution, reason) {
      return execution.steps
        .filter((step) => step.live === null && !isTerminalStep(step.status))
        .flatMap((step) => endStep(tx, { execution, step }, { status: "canceled", reason }));
    },
  };
}

/** Writes a step's end. False where the attempt that ends is not the live one any more. */
function recordEnd(tx: Transaction, { execution, step }: Waiter, end: StepEnd): boolean {
  const { run } = execution;
  const ref: AttemptRef = { runId: run.id, ordinal: step.ordinal, attempt: step.live?.attempt ?? step.attempt };
  const reason = "reason" in end ? end.reason : null;
  const error = end.status === "failed" ? end.failure : null;
  const row = { status: end.status, nowMs: tx.nowMs, reason, error };
  const ended =
    step.live === null ? tx.steps.endIdle(ref, { ...row, partitionId: step.partitionId }) : tx.steps.end(ref, row);
  if (!ended) return false;
  const live = { partitionId: step.partitionId, runId: run.id, ordinal: step.ordinal };
  switch (end.status) {
    case "succeeded":
      recordMaterializations(tx, { execution, step }, end);
      break;
    case "failed": {
      step.failureMessage = end.failure.message;
      const seq = tx.emit({ type: "step.failed", runId: run.id, ordinal: step.ordinal, data: { error: end.failure } });
      for (const assetId of assetIds(tx.materializations, step)) {
        tx.materializations.setFailed({
          ...live,
          assetId,
          runUid: run.uid,
          seq,
          nowMs: tx.nowMs,
          failure: end.failure,
        });
      }
      break;
    }
    case "skipped":
    case "canceled":
      tx.emit({ type: `step.${end.status}`, runId: run.id, ordinal: step.ordinal, data: { reason: end.reason } });
      for (const assetId of step.live === null ? [] : assetIds(tx.materializations, step)) {
        tx.materializations.clearLive({ ...live, assetId });
      }
      break;
  }
  return true;
}

function recordMaterializations(
  tx: Transaction,
  { execution, step }: Waiter,
  end: Extract<StepEnd, { status: "succeeded" }>,
): void {
  const { run } = execution;
  const live = { partitionId: step.partitionId, runId: run.id, ordinal: step.ordinal };
  const made = end.outputs.map((output) => {
    const assetId = tx.materializations.assetId(output.asset);
    const id = tx.materializations.insert({
      ...live,
      ...output,
      assetId,
      runUid: run.uid,
      nowMs: tx.nowMs,
      inputs: end.inputs,
    });
    return { output, assetId, id };
  });
  const seq = tx.emit({
    type: "step.succeeded",
    runId: run.id,
    ordinal: step.ordinal,
    data: {
      materializations: made.map(({ output, id }) => ({
        asset: output.asset,
        partition: step.key,
        id,
        dataVersion: output.dataVersion,
      })),
    },
  });
  for (const { assetId, id } of made) {
    tx.materializations.setMaterialized({ ...live, assetId, materializationId: id, seq, nowMs: tx.nowMs });
  }
  const notMade = step.planned.assets.filter((key) => !made.some(({ output }) => output.asset === key));
  for (const key of notMade) tx.materializations.clearLive({ ...live, assetId: tx.materializations.assetId(key) });
}

function settle(execution: Execution, step: ExecutedStep, status: StepStatus): void {
  step.status = status;
  execution.open--;
  for (const ordinal of step.downstream) {
    const next = execution.steps[ordinal];
    if (next !== undefined) next.blockedBy--;
  }
}

function runFailure(failed: ExecutedStep | undefined, canceled: ExecutedStep | undefined): Failure {
  const step = failed ?? canceled;
  const where =
    step === undefined ? "a step" : `${step.planned.assets[0]}${step.key === null ? "" : ` of ${step.key}`}`;
  if (failed === undefined) return { code: "canceled", message: `${where} was canceled` };
  return { code: "user_code", message: `${where} failed: ${failed.failureMessage ?? "see its step"}` };
}

function assetIds(materializations: Pick<MaterializationsTable, "assetId">, step: ExecutedStep): readonly number[] {
  return step.definition === null ? [] : step.planned.assets.map((key) => materializations.assetId(key));
}
