import { EngineError } from "./errors.ts";

/**
 * What one point of priority is worth in waiting, in ms: six hours. Queued runs start in order of
 * `created_at_ms - priority * AGING_MS_PER_PRIORITY`, so a run of priority 0 is overtaken by those of priority 3 that are
 * made in the 18 hours after it, and by none that is made later: nobody starves, however many of them there are.
 * The order of two runs never changes while they wait, which is why it can be an index: `runs_queued`, over the column
 * `queue_rank_ms`, which spells this number; a test holds them together.
 */
export const AGING_MS_PER_PRIORITY = 6 * 3_600_000;

/** Either way. */
export const MAX_PRIORITY = 1_000_000;

/** Throws `invalid_request` on a priority that is none. */
export function checkPriority(priority: number): number {
  if (isPriority(priority)) return priority;
  throw new EngineError(
    "invalid_request",
    `a priority is a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}, not ${priority}`,
  );
}

export function isPriority(priority: unknown): boolean {
  return Number.isSafeInteger(priority) && Math.abs(priority as number) <= MAX_PRIORITY;
}
