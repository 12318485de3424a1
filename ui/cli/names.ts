import type { RunView, StepView } from "../../engine/operate.ts";

/** A run by its job, or by what it makes, or by what it checks where it makes nothing. */
export function runName({ job, assets, checks }: Pick<RunView, "job" | "assets" | "checks">): string {
  return job ?? (assets.length > 0 ? assets : checks).join(", ");
}

export function stepName({ assets, check }: Pick<StepView, "assets" | "check">): string {
  return check ?? assets.join(", ");
}
