import { useEffect, useMemo } from "react";
import type { Page, StepView } from "../../../../engine/operate.ts";
import { useConsole, useStore } from "../../app/console.tsx";
import type { RunState } from "../../live/models.ts";
import { STEP_PAGE, stepPages } from "./step-pages.ts";

/** All steps of a run: those that it carries, and the others once somebody wants them. */
export interface RunSteps {
  readonly total: number;
  /** Undefined where there is none of this number, or it is not loaded. */
  readonly at: (step: number) => StepView | undefined;
  readonly want: (steps: Iterable<number>) => void;
  /** Why some cannot be loaded. */
  readonly error: string | null;
}

export function useRunSteps(runId: string, state: RunState | null): RunSteps {
  const { api } = useConsole();
  const pages = useMemo(
    () =>
      stepPages((from) =>
        api.get<Page<StepView>>(`/runs/${encodeURIComponent(runId)}/steps`, { from, limit: STEP_PAGE }),
      ),
    [api, runId],
  );
  const { steps, error } = useStore(pages);
  const epoch = state?.epoch;
  useEffect(() => pages.renew(), [pages, epoch]);
  return useMemo(() => {
    const carried = state?.run.steps ?? [];
    const total = state?.run.stepCounts.total ?? 0;
    return {
      total,
      at: (step) => carried[step] ?? state?.later.get(step) ?? steps.get(step),
      want: (wanted) => pages.want([...wanted].filter((step) => step >= carried.length && step < total)),
      error,
    };
  }, [pages, state, steps, error]);
}
