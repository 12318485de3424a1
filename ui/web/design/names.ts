import type { RunView, StepView } from "../../../engine/operate.ts";

/** What a run is called: its job, else what it makes and checks. */
export function runName({ job, assets, checks }: Pick<RunView, "job" | "assets" | "checks">): string {
  return job ?? [...assets, ...checks].join(", ");
}

/** What a step is called: what it makes, or the check that it is. */
export function stepName({ assets, check }: Pick<StepView, "assets" | "check">): string {
  return check ?? assets.join(", ");
}
