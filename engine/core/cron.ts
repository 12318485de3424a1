import { Cron } from "croner";
import { EngineError } from "./errors.ts";

export interface CronTiming {
  readonly cron: string;
  readonly timeZone: string;
}

/** Throws `definition` unless the expression and the zone are ones, and the time comes. */
export function checkCron(name: string, timing: CronTiming): void {
  const what = `schedule "${name}": cron "${timing.cron}" in zone "${timing.timeZone}"`;
  let next: number | null;
  try {
    next = nextCronTime(timing, 0);
  } catch (error) {
    throw new EngineError("definition", `${what} is not valid: ${String(error)}`, { cause: error });
  }
  if (next === null) throw new EngineError("definition", `${what} never comes: there is no such date`);
}

/**
 * The first time after `afterMs` (exclusive), in ms since the epoch; null where there is none.
 * A local time that a clock change skips comes at the next instant that exists; one that is repeated, once.
 */
export function nextCronTime(timing: CronTiming, afterMs: number): number | null {
  return cronOf(timing).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** The newest time at or before `atMs` and after `afterMs`; null where there is none. */
export function latestCronTime(timing: CronTiming, params: { afterMs: number; atMs: number }): number | null {
  const [previous] = cronOf(timing).previousRuns(1, new Date(params.atMs + 1));
  const latest = previous?.getTime() ?? null;
  return latest !== null && latest > params.afterMs && latest <= params.atMs ? latest : null;
}

/** `1/4` as a range from 1 is sloppy in croner's eyes but in operators' files (domain §3). */
function cronOf(timing: CronTiming): Cron {
  return new Cron(timing.cron, { timezone: timing.timeZone, paused: true, sloppyRanges: true, mode: "5-part" });
}
