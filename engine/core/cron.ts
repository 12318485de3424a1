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
 * The first time after `afterMs` (exclusive), in ms since the epoch; null where there is none. A local time that a
 * clock change skips comes at the next instant that exists, one that is repeated comes once: but for expressions with a
 * wildcard or a step in their minutes or hours, which come as often as the clock shows their times.
 */
export function nextCronTime(timing: CronTiming, afterMs: number): number | null {
  const next = cronOf(timing).nextRun(new Date(afterMs))?.getTime() ?? null;
  if (!isFixed(timing.cron)) return next;
  return skippedBefore(timing, { afterMs, beforeMs: next ?? Infinity }) ?? next;
}

/** The newest time at or before `atMs` and after `afterMs`; null where there is none. */
export function latestCronTime(timing: CronTiming, params: { afterMs: number; atMs: number }): number | null {
  const [previous] = cronOf(timing).previousRuns(1, new Date(params.atMs + 1));
  const newestMs = Math.max(previous?.getTime() ?? params.afterMs, params.afterMs);
  const later = nextCronTime(timing, newestMs);
  if (later !== null && later <= params.atMs) return later;
  return newestMs > params.afterMs && newestMs <= params.atMs ? newestMs : null;
}

/** `1/4` as a range from 1 is sloppy in croner's eyes but in operators' files (domain §3). */
function cronOf({ cron, timeZone }: CronTiming): Cron {
  return new Cron(cron, {
    timezone: timeZone,
    paused: true,
    sloppyRanges: true,
    mode: "5-part",
    fixedTimeRule: "no-wildcard",
  });
}

/** As croner tells fixed times from intervals by the same rule. */
function isFixed(cron: string): boolean {
  if (cron.startsWith("@")) return cron.toLowerCase() !== "@hourly";
  const [minutes = "", hours = ""] = cron.trim().split(/\s+/);
  return !/[*?/]/.test(minutes + hours);
}

const DAY_MS = 24 * 3_600_000;

/**
 * A time that croner leaves out: one that the clock skips up to midnight, so that the next instant that exists is on
 * another day (Greenland's change). Null where there is none between the two.
 */
function skippedBefore(
  timing: CronTiming,
  { afterMs, beforeMs }: { afterMs: number; beforeMs: number },
): number | null {
  const offsetAt = offsetReader(timing.timeZone);
  const wall = cronOf({ ...timing, timeZone: "UTC" });
  for (let local = afterMs + offsetAt(afterMs); ;) {
    const next = wall.nextRun(new Date(local))?.getTime();
    if (next === undefined) return null;
    const early = offsetAt(next - DAY_MS);
    const late = offsetAt(next + DAY_MS);
    if (next - Math.max(early, late) >= beforeMs) return null;
    const exists = [early, late].some((offset) => offsetAt(next - offset) === offset);
    if (exists) return null;
    const changeMs = changeBetween({ fromMs: next - late, toMs: next - early, offsetAt });
    if (changeMs > afterMs && changeMs < beforeMs) return changeMs;
    local = next;
  }
}

interface ChangeParams {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetAt: (atMs: number) => number;
}

/** The first instant of the offset that `toMs` has. */
function changeBetween({ fromMs, toMs, offsetAt }: ChangeParams): number {
  const after = offsetAt(toMs);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === after) high = middle;
    else low = middle;
  }
  return high;
}

/** How far a zone's clock is ahead of UTC at an instant, in ms. */
function offsetReader(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset", year: "numeric" });
  return (atMs) => {
    const name = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "GMT";
    const [, sign = "+", hours = "0", minutes = "0"] = /^GMT([+-])(\d+):?(\d*)/.exec(name) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  };
}
