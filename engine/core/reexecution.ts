import type { RunPlan } from "./plan.ts";
import type { StepStatus } from "./states.ts";

export type ReexecuteFrom = "failure" | "all" | { readonly step: number };

/**
 * The plan of a new run that does part of an earlier one again: all of it; a step and what depends on it; or what did
 * not succeed and what depends on that. The rest is used as it was made. Empty where nothing is left to do. What was
 * skipped is done again only where it depends on such a step: else it would have no more reason to run than before.
 */
export function reexecutionPlan(
  plan: RunPlan,
  params: { statuses: readonly StepStatus[]; from: ReexecuteFrom },
): RunPlan {
  const { statuses, from } = params;
  const again = new Set<number>();
  for (const [ordinal, step] of plan.steps.entries()) {
    const chosen = from === "all" || (from === "failure" ? !isDone(statuses[ordinal]) : from.step === ordinal);
    const below = [...step.after, ...step.afterEnd].some((upstream) => again.has(upstream));
    if (chosen || below) again.add(ordinal);
  }
  const ordinals = new Map([...again].map((old, index) => [old, index]));
  const renumber = (olds: readonly number[]): number[] => olds.flatMap((old) => ordinals.get(old) ?? []);
  return {
    ...plan,
    steps: plan.steps
      .filter((_step, ordinal) => again.has(ordinal))
      .map((step) => ({ ...step, after: renumber(step.after), afterEnd: renumber(step.afterEnd) })),
  };
}

function isDone(status: StepStatus | undefined): boolean {
  return status === "succeeded" || status === "skipped";
}
