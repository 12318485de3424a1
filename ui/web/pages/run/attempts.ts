import type { EventView, StepView } from "../../../../engine/operate.ts";

/** One try of a step's code, as the run's history tells it. */
export interface Attempt {
  readonly number: number;
  readonly startMs: number;
  /** Null while it runs. */
  readonly endMs: number | null;
  readonly outcome: "running" | "succeeded" | "failed" | "canceled" | "skipped" | "retrying" | "interrupted";
}

const outcomes: Readonly<Record<string, Attempt["outcome"]>> = {
  "step.succeeded": "succeeded",
  "step.failed": "failed",
  "step.canceled": "canceled",
  "step.skipped": "skipped",
  "step.retrying": "retrying",
  "step.interrupted": "interrupted",
};

/** The attempts of each step, in order. An end without a start (a step that never ran) makes none. */
export function attemptsOf(events: readonly EventView[]): ReadonlyMap<number, readonly Attempt[]> {
  const attempts = new Map<number, Attempt[]>();
  for (const { type, step, at, data } of events) {
    if (step === null) continue;
    const known = attempts.get(step) ?? [];
    attempts.set(step, known);
    if (type === "step.started") {
      const number = attemptOf(data) ?? known.length + 1;
      known.push({ number, startMs: Date.parse(at), endMs: null, outcome: "running" });
      continue;
    }
    const outcome = outcomes[type];
    const last = known.at(-1);
    if (outcome === undefined || last?.endMs !== null) continue;
    known[known.length - 1] = { ...last, endMs: Date.parse(at), outcome };
  }
  return attempts;
}

/**
 * A step's attempts as its own facts have them: the history comes page by page, so that an end may not be read yet, or not
 * be there any more.
 */
export function attemptsOfStep(
  step: Pick<StepView, "status" | "attempt" | "startedAt" | "endedAt">,
  told: readonly Attempt[],
): readonly Attempt[] {
  if (step.startedAt === null) return told;
  const endMs = step.endedAt === null ? null : Date.parse(step.endedAt);
  const last = told.at(-1);
  if (last === undefined) {
    return [{ number: step.attempt, startMs: Date.parse(step.startedAt), endMs, outcome: outcomeOf(step) }];
  }
  if (last.endMs !== null || endMs === null) return told;
  return [...told.slice(0, -1), { ...last, endMs, outcome: outcomeOf(step) }];
}

function outcomeOf({ status }: Pick<StepView, "status">): Attempt["outcome"] {
  switch (status) {
    case "succeeded":
    case "failed":
    case "canceled":
    case "skipped":
      return status;
    default:
      return "running";
  }
}

function attemptOf(data: EventView["data"]): number | null {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
  const { attempt } = data as { readonly attempt?: unknown };
  return typeof attempt === "number" ? attempt : null;
}

/**
 * From when on a step only waited for its turn: the run's making, or the end of the last step that it needs. Null while
 * one of them goes on or is not loaded, and for a step that was skipped without a turn.
 */
export function readyAt(
  step: StepView,
  run: { readonly createdAt: string; readonly stepAt: (ordinal: number) => StepView | undefined },
): number | null {
  if (step.status === "skipped" && step.startedAt === null) return null;
  const ends = [...step.after, ...step.afterEnd].map((ordinal) => run.stepAt(ordinal)?.endedAt ?? null);
  if (ends.includes(null)) return null;
  return Math.max(Date.parse(run.createdAt), ...ends.map((end) => Date.parse(end ?? run.createdAt)));
}

/** The steps whose last attempt failed, in the order of the plan. */
export function failedSteps(attempts: ReadonlyMap<number, readonly Attempt[]>): readonly number[] {
  return [...attempts]
    .flatMap(([step, tries]) => (tries.at(-1)?.outcome === "failed" ? [step] : []))
    .sort((a, b) => a - b);
}
