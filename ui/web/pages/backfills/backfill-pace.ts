import type { BackfillStatus, BackfillView } from "../../../../engine/operate.ts";

import { durationText } from "../../design/format.ts";

/** A backfill's statuses, in the order in which it goes through them. */
export const backfillWords = [
  "queued",
  "running",
  "paused",
  "canceling",
  "succeeded",
  "failed",
  "canceled",
] as const satisfies readonly BackfillStatus[];

export interface BackfillPace {
  /** Runs that have ended. */
  readonly ended: number;
  /** Launched and not ended: queued or running. */
  readonly underWay: number;
  /** Not made yet. */
  readonly waiting: number;
  /** Runs an hour, from its start to its end or now; null before anything ended. */
  readonly perHour: number | null;
  /** Until the last run ends, if it goes on like this; null where that means nothing. */
  readonly leftMs: number | null;
}

const HOUR_MS = 3_600_000;
/** A rate of less than this says more about chance than about what is to come. */
const MIN_ENDED = 3;
const MIN_ELAPSED_MS = 1000;

export function paceOf(backfill: BackfillView, nowMs: number): BackfillPace {
  const { total, launched, succeeded, failed, canceled, startedAt, endedAt } = backfill;
  const ended = succeeded + failed + canceled;
  const elapsedMs = startedAt === null ? 0 : (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt);
  const isKnown = ended >= MIN_ENDED && elapsedMs >= MIN_ELAPSED_MS;
  const isGoing = backfill.status === "running";
  return {
    ended,
    underWay: launched - ended,
    waiting: total - launched,
    perHour: isKnown ? (ended / elapsedMs) * HOUR_MS : null,
    leftMs: isKnown && isGoing ? ((total - ended) / ended) * elapsedMs : null,
  };
}

/** `4,200 runs/h`, `12 runs/s`: in the unit in which it is a number one can picture. */
export function paceText(perHour: number): string {
  const perSecond = perHour / 3600;
  if (perSecond >= 2) return `${format(perSecond)} runs/s`;
  const perMinute = perHour / 60;
  return perMinute >= 2 ? `${format(perMinute)} runs/min` : `${format(perHour)} runs/h`;
}

/** `3 min 5 s left`; the last seconds are not counted down. */
export function leftText(ms: number): string {
  return ms < 2000 ? "a moment left" : `${durationText(ms)} left`;
}

function format(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString("en") : String(Math.round(value * 10) / 10);
}

/** What a backfill makes, in a line. */
export function backfillName({ job, assets }: Pick<BackfillView, "job" | "assets">): string {
  return job ?? assets.join(", ");
}

/** The live ones and those that were loaded, newest first, each as it was last told of. */
export function mergedBackfills(
  live: readonly BackfillView[],
  loaded: readonly BackfillView[],
  words: readonly BackfillStatus[],
): readonly BackfillView[] {
  const byId = new Map([...loaded, ...live].map((one) => [one.id, one]));
  return [...byId.values()]
    .filter((one) => words.length === 0 || words.includes(one.status))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
}
