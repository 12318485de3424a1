import type { CheckFacts } from "../core/assets.ts";
import type { Failure } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import type { CheckOutcome } from "../core/states.ts";
import type { CheckSeverity, ReadVerdict } from "../core/verdict.ts";
import type { NewEvaluation } from "../store/tables/checks.ts";
import type { Transaction } from "../store/writer.ts";
import type { EndingStep, StepEnd } from "./step-ends.ts";
import type { LoadedJudged } from "./judged.ts";
import { keptObject, MAX_METADATA_CHARACTERS } from "./kept-outputs.ts";

/** What a check found, ready to be recorded. */
export interface KeptEvaluation {
  readonly outcome: Exclude<CheckOutcome, "errored">;
  readonly severity: CheckSeverity;
  readonly description: string;
  readonly metadata: JsonObject;
  readonly judged: { readonly materializationId: number; readonly dataVersion: string };
}

/** Keeps a verdict as it is now. Throws `bad_value` on metadata that cannot be kept. */
export function keepEvaluation(
  verdict: ReadVerdict,
  { check, judged }: { readonly check: CheckFacts; readonly judged: LoadedJudged },
): KeptEvaluation {
  const { passed, severity, description } = verdict;
  return {
    outcome: passed ? "passed" : severity === "warn" ? "warned" : "failed",
    severity,
    description,
    metadata: keptObject(verdict.metadata, { what: `the metadata of ${check.key}`, max: MAX_METADATA_CHARACTERS }),
    judged: { materializationId: judged.materializationId, dataVersion: judged.made.dataVersion },
  };
}

/** A blocking check that failed fails its step: so it keeps what depends on its asset from starting, and fails the run. */
export function endOfCheck(check: CheckFacts, evaluation: KeptEvaluation): StepEnd {
  if (evaluation.outcome !== "failed" || !check.blocking) return { status: "succeeded", evaluation };
  const message = evaluation.description === "" ? "it did not pass" : evaluation.description;
  return { status: "failed", failure: { code: "check_failed", message }, evaluation };
}

interface CheckingStep extends EndingStep {
  readonly check: CheckFacts;
}

export function recordEvaluation(tx: Transaction, at: CheckingStep, evaluation: KeptEvaluation): void {
  const { check, step, execution } = at;
  const id = tx.checks.record({ ...placeOf(tx, at), ...evaluation, error: null });
  tx.emit({
    type: "check.evaluated",
    runId: execution.run.id,
    ordinal: step.ordinal,
    data: {
      id,
      check: check.key,
      asset: check.asset.key,
      partition: step.key,
      outcome: evaluation.outcome,
      severity: evaluation.severity,
      blocking: check.blocking,
      description: evaluation.description,
      dataVersion: evaluation.judged.dataVersion,
    },
  });
}

/** Records that a check came to no verdict; the event is that of its step. */
export function recordErrored(tx: Transaction, at: CheckingStep, error: Failure): void {
  const newest = tx.materializations.latest(tx.materializations.assetId(at.check.asset.key), at.step.partitionId);
  tx.checks.record({
    ...placeOf(tx, at),
    outcome: "errored",
    severity: at.check.severity,
    description: "",
    metadata: {},
    judged: newest === undefined ? null : { materializationId: newest.id, dataVersion: newest.data_version },
    error,
  });
}

type Place = Pick<NewEvaluation, "checkId" | "partitionId" | "runId" | "runUid" | "ordinal" | "nowMs" | "blocking">;

function placeOf(tx: Transaction, { check, step, execution }: CheckingStep): Place {
  return {
    checkId: tx.checks.id(check.key),
    partitionId: step.partitionId,
    runId: execution.run.id,
    runUid: execution.run.uid,
    ordinal: step.ordinal,
    nowMs: tx.nowMs,
    blocking: check.blocking,
  };
}
