import { EngineError } from "../core/errors.ts";
import type { Failure } from "../core/events.ts";
import { describeNotMade, type NotMade } from "../core/outcome.ts";
import type { InputVersion } from "../store/tables/materializations.ts";
import type { Transaction } from "../store/writer.ts";
import { type KeptEvaluation, recordErrored, recordEvaluation } from "./evaluations.ts";
import { type ExecutedStep, type Execution, liveMarksOf } from "./execution.ts";
import type { KeptOutput } from "./kept-outputs.ts";

export type StepEnd =
  | {
      readonly status: "succeeded";
      readonly outputs: readonly KeptOutput[];
      readonly notMade: readonly NotMade[];
      readonly inputs: readonly InputVersion[];
    }
  | { readonly status: "succeeded"; readonly evaluation: KeptEvaluation }
  | { readonly status: "failed"; readonly failure: Failure; readonly evaluation?: KeptEvaluation }
  | { readonly status: "skipped" | "canceled"; readonly reason: string };

export interface EndingStep {
  readonly execution: Execution;
  readonly step: ExecutedStep;
}

/**
 * Writes a step's end and what it made; memory stays as it is. What user code returned may be refused here by the
 * database: that of one output before anything else is written, so that a careful task may end its step (writer.ts, W1).
 * Throws `internal` where the row is not what memory says.
 */
export function recordEnd(tx: Transaction, { execution, step }: EndingStep, end: StepEnd): void {
  const { run } = execution;
  const made = "outputs" in end ? insertMade(tx, { execution, step }, end) : [];
  const ref = { runId: run.id, ordinal: step.ordinal };
  const reason = "reason" in end ? end.reason : "notMade" in end ? leftOut(end.notMade) : null;
  const error = end.status === "failed" ? end.failure : null;
  const row = { status: end.status, nowMs: tx.nowMs, reason, error };
  const ended =
    step.live === null
      ? tx.steps.endIdle(ref, { ...row, partitionId: step.partitionId })
      : tx.steps.end({ ...ref, attempt: step.live.attempt }, row);
  if (!ended) throw driftedError(execution, step);
  switch (end.status) {
    case "succeeded":
      if ("evaluation" in end) recordChecked(tx, { execution, step }, end.evaluation);
      else recordMade(tx, { execution, step }, { made, notMade: end.notMade });
      break;
    case "failed":
      recordFailure(tx, { execution, step }, end);
      break;
    case "skipped":
    case "canceled":
      tx.emit({ type: `step.${end.status}`, ...ref, data: { reason: end.reason } });
      if (step.live !== null) clearLiveMarks(tx, { execution, step });
      break;
  }
}

function leftOut(notMade: readonly NotMade[]): string | null {
  return notMade.length === 0 ? null : `did not make ${describeNotMade(notMade)}`;
}

/** Takes back that the step is making its assets' partitions. */
export function clearLiveMarks(tx: Transaction, { execution, step }: EndingStep): void {
  for (const mark of liveMarksOf(tx, execution, step)) tx.materializations.clearLive(mark);
}

/** Memory says what its row does not: a bug, after which nothing more may be written. */
export function driftedError(execution: Execution, step: ExecutedStep): EngineError {
  return new EngineError(
    "internal",
    `step ${step.ordinal} of run ${execution.run.uid} is not ${step.status} in the record, as it is in memory`,
  );
}

function recordChecked(tx: Transaction, { execution, step }: EndingStep, evaluation: KeptEvaluation): void {
  const check = step.definition?.check;
  if (check == null) throw new EngineError("internal", `step ${step.ordinal} of run ${execution.run.uid} is no check`);
  recordEvaluation(tx, { execution, step, check }, evaluation);
  const data = { materializations: [], check: check.key };
  tx.emit({ type: "step.succeeded", runId: execution.run.id, ordinal: step.ordinal, data });
}

function recordFailure(
  tx: Transaction,
  { execution, step }: EndingStep,
  { failure, evaluation }: Extract<StepEnd, { status: "failed" }>,
): void {
  const { run } = execution;
  const check = step.definition?.check;
  if (check != null && evaluation !== undefined) recordEvaluation(tx, { execution, step, check }, evaluation);
  else if (check != null) recordErrored(tx, { execution, step, check }, failure);
  const seq = tx.emit({ type: "step.failed", runId: run.id, ordinal: step.ordinal, data: { error: failure } });
  for (const mark of liveMarksOf(tx, execution, step)) {
    tx.materializations.setFailed({ ...mark, runUid: run.uid, seq, nowMs: tx.nowMs, failure });
  }
}

interface MadeRow {
  readonly assetId: number;
  readonly id: number;
  readonly output: KeptOutput;
}

/** From its end on the database refuses nothing more that comes from user code. */
function insertMade(
  tx: Transaction,
  { execution, step }: EndingStep,
  end: Extract<StepEnd, { readonly outputs: unknown }>,
): readonly MadeRow[] {
  const { run } = execution;
  const made = end.outputs.map((output) => {
    const assetId = tx.materializations.assetId(output.asset);
    const id = tx.materializations.insert({
      ...output,
      assetId,
      partitionId: step.partitionId,
      runId: run.id,
      runUid: run.uid,
      ordinal: step.ordinal,
      nowMs: tx.nowMs,
    });
    return { assetId, id, output };
  });
  tx.mustCommit();
  for (const { id } of made) tx.materializations.insertInputs(id, end.inputs);
  return made;
}

interface RecordMadeParams {
  readonly made: readonly MadeRow[];
  readonly notMade: readonly NotMade[];
}

function recordMade(tx: Transaction, { execution, step }: EndingStep, { made, notMade }: RecordMadeParams): void {
  const materializations = made.map(({ id, output }) => ({
    asset: output.asset,
    partition: step.key,
    id,
    dataVersion: output.dataVersion,
  }));
  const data = notMade.length === 0 ? { materializations } : { materializations, notMade };
  const ref = { runId: execution.run.id, ordinal: step.ordinal };
  const seq = tx.emit({ type: "step.succeeded", ...ref, data });
  for (const mark of liveMarksOf(tx, execution, step)) {
    const one = made.find(({ assetId }) => assetId === mark.assetId);
    if (one === undefined) tx.materializations.clearLive(mark);
    else {
      tx.materializations.setMaterialized({ ...mark, materializationId: one.id, seq, nowMs: tx.nowMs });
      tx.checks.outdate(mark.assetId, mark.partitionId);
    }
  }
}
