import type { Failure } from "../core/events.ts";
import { type ExecutedStep, type Execution, type RunStop, stepNames } from "./execution.ts";
import type { RunEnd } from "./run-ends.ts";
import type { Waiter } from "./waiters.ts";

/** Whether nothing of the run is started any more. */
export function isEnding(execution: Execution): boolean {
  return execution.status === "canceling" || execution.stop !== null;
}

/** Why a step that nothing upstream blocks any more is skipped; null where it may start. */
export function whySkipped(waiter: Waiter): string | null {
  const { execution, step } = waiter;
  const missing = step.planned.after
    .map((ordinal) => execution.steps[ordinal])
    .find((upstream) => upstream !== undefined && !letsPass(upstream));
  if (missing === undefined) return leftOutInput(waiter);
  return `needs ${stepNames(missing.planned)}, which ${howEnded(missing)}`;
}

/** A check whose own code had nothing to judge is in nobody's way; one that could not be asked is. */
function letsPass({ status, planned, attempt }: ExecutedStep): boolean {
  return status === "succeeded" || (status === "skipped" && planned.check !== undefined && attempt > 0);
}

/** Of a check also why: it is not what the reader of the waiting step looks at. */
function howEnded({ status, planned, failure }: ExecutedStep): string {
  if (status !== "failed") return `was ${status}`;
  return planned.check === undefined || failure === null ? "failed" : `failed: ${failure.message}`;
}

/** Why a step is skipped though all that it waits for succeeded: one of them did not make what this one needs. */
function leftOutInput({ execution, step }: Waiter): string | null {
  for (const ordinal of step.planned.after) {
    const notMade = execution.steps[ordinal]?.notMade;
    if (notMade === undefined || notMade.size === 0) continue;
    const input = step.definition?.dependencies.find(
      ({ asset, after }) => after === "success" && notMade.has(asset.key),
    );
    if (input === undefined) continue;
    const why = notMade.get(input.asset.key) ?? null;
    return `needs ${input.asset.key}, which its step did not make${why === null ? "" : `: ${why}`}`;
  }
  return null;
}

/** A step that was canceled by itself fails its run: not all that was asked for was made. */
export function runEndOf({ status, cancelReason, stop, steps }: Execution): RunEnd {
  if (status === "canceling") return { status: "canceled", reason: cancelReason ?? "canceled" };
  if (stop !== null) return { status: "failed", error: stop.error };
  const failed = steps.find((step) => step.status === "failed");
  if (failed !== undefined) return { status: "failed", error: failureOfRun(failed) };
  const canceled = steps.find((step) => step.status === "canceled");
  if (canceled === undefined) return { status: "succeeded" };
  return { status: "failed", error: { code: "canceled", message: `${describeStep(canceled)} was canceled` } };
}

function failureOfRun(failed: ExecutedStep): Failure {
  const code = failed.failure?.code === "check_failed" ? "check_failed" : "user_code";
  return { code, message: `${describeStep(failed)} failed: ${failed.failure?.message ?? "see its step"}` };
}

/** For people: what it makes, and of which partition. */
export function describeStep({ planned, key }: ExecutedStep): string {
  const name = planned.check === undefined ? planned.assets[0] : stepNames(planned);
  return key === null ? `${name}` : `${name} of ${key}`;
}

/** The end of a run whose first failure is its last word. */
export function stopOf(failed: ExecutedStep): RunStop {
  return { error: failureOfRun(failed), reason: `canceled, since ${describeStep(failed)} failed` };
}
