import { EngineError } from "./errors.ts";

/** How a run of a job goes about its steps. It is kept with the run's plan: changed code changes no run that was made. */
export interface RunPolicy {
  /**
   * From the run's start to its end, waiting and restarts included. A run over it fails, and its steps that have not
   * ended are canceled. Null: without a limit.
   */
  readonly timeoutMs: number | null;
  /**
   * After the first step that failed for good. `continue`: what does not need it goes on. `stop`: whatever has not ended
   * is canceled.
   */
  readonly onFailure: "continue" | "stop";
  /** Steps of one run that run at the same time. Null: as many as pools allow. */
  readonly concurrency: number | null;
}

export type RunPolicyOptions = {
  readonly [K in keyof RunPolicy]?: NonNullable<RunPolicy[K]>;
};

export const defaultRunPolicy: RunPolicy = Object.freeze({ timeoutMs: null, onFailure: "continue", concurrency: null });

/** Throws `definition` on numbers that make no sense. */
export function runPolicy(what: string, options: RunPolicyOptions): RunPolicy {
  const { timeoutMs = null, onFailure = "continue", concurrency = null } = options;
  for (const [name, value] of Object.entries({ timeoutMs, concurrency })) {
    if (value === null || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new EngineError("definition", `${what}: ${name} is a whole number from 1, not ${value}`);
  }
  return { timeoutMs, onFailure, concurrency };
}

/** What is kept of it with a plan: nothing where it is the default, so that such plans are as they were. */
export function keptRunPolicy({ timeoutMs, onFailure, concurrency }: RunPolicy): RunPolicy | undefined {
  const isDefault = timeoutMs === null && onFailure === "continue" && concurrency === null;
  return isDefault ? undefined : { timeoutMs, onFailure, concurrency };
}
