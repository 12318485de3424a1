import assert from "node:assert/strict";
import { test } from "node:test";
import { nextCronTime } from "../../../engine/core/cron.ts";

/**
 * Every clock change that zones make in five years, against times that are worked out from nothing but what
 * `Intl.DateTimeFormat` says of single instants.
 */
const FROM_MS = Date.UTC(2024, 0, 1);
const TO_MS = Date.UTC(2029, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** Zones whose clock is set for Ramadan change it twice within five weeks. */
const LOOK_MS = 5 * DAY_MS;
/** Which days around a change are compared. */
const DAYS_AROUND = 1;

interface Change {
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** The zone's distance from UTC at an instant. */
function offsetReader(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (atMs) => {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute) - atMs;
  };
}

function changesOf(offsetAt: (atMs: number) => number): readonly Change[] {
  const changes: Change[] = [];
  for (let fromMs = FROM_MS; fromMs < TO_MS; fromMs += LOOK_MS) {
    const beforeMs = offsetAt(fromMs);
    const afterMs = offsetAt(fromMs + LOOK_MS);
    if (beforeMs === afterMs) continue;
    let low = fromMs;
    let high = fromMs + LOOK_MS;
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle) === beforeMs) low = middle;
      else high = middle;
    }
    changes.push({ atMs: high, beforeMs, afterMs });
  }
  return changes;
}

/** The instants of a local day's minute: two where the clock was set back over it, none where it was set forward. */
function instantsOf(localMs: number, { beforeMs, afterMs, atMs }: Change): readonly number[] {
  const early = localMs - beforeMs;
  const late = localMs - afterMs;
  return [...(early < atMs ? [early] : []), ...(late >= atMs ? [late] : [])];
}

/** Local minutes of the day at the edges of what a change skips or repeats, and in its middle. */
function minutesAround({ atMs, beforeMs, afterMs }: Change): readonly number[] {
  const local = [atMs + Math.min(beforeMs, afterMs), atMs + Math.max(beforeMs, afterMs)] as const;
  const middle = (local[0] + local[1]) / 2;
  const minutes = [local[0] - MINUTE_MS, local[0], middle, local[1] - MINUTE_MS, local[1]];
  return [...new Set(minutes.map((ms) => (((ms % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS))].map(Math.floor);
}

/** The first time of each local day at a minute; where the clock skips it, the next instant that exists. */
function dailyTimes(minute: number, change: Change): readonly number[] {
  const day = Math.floor((change.atMs + change.beforeMs) / DAY_MS);
  return Array.from({ length: 2 * DAYS_AROUND + 1 }, (_, index) => {
    const localMs = (day - DAYS_AROUND + index) * DAY_MS + minute * MINUTE_MS;
    return instantsOf(localMs, change)[0] ?? change.atMs;
  });
}

/** A zone of each set of changes: many have the same. */
const changing = [
  ...new Map(
    Intl.supportedValuesOf("timeZone").flatMap((timeZone) => {
      const changes = changesOf(offsetReader(timeZone));
      return changes.length === 0 ? [] : [[JSON.stringify(changes), { timeZone, changes }] as const];
    }),
  ).values(),
];

test("there are zones with clock changes of an hour and of half an hour, forward and back", () => {
  const sizes = new Set(changing.flatMap(({ changes }) => changes.map((one) => (one.afterMs - one.beforeMs) / 60_000)));
  for (const size of [60, -60, 30, -30]) assert.ok(sizes.has(size), `${size} of ${[...sizes].join(", ")}`);
  assert.ok(changing.length > 20, `${changing.length} zones`);
});

test("a daily schedule comes once a local day over every clock change that zones make in five years", () => {
  for (const { timeZone, changes } of changing) {
    for (const change of changes) {
      for (const minute of minutesAround(change)) {
        const timing = { cron: `${minute % 60} ${Math.floor(minute / 60)} * * *`, timeZone };
        const expected = dailyTimes(minute, change);
        const found: number[] = [];
        for (let at: number | null = (expected[0] ?? 0) - 1; at !== null && found.length < expected.length;) {
          at = nextCronTime(timing, at);
          if (at !== null) found.push(at);
        }
        assert.deepEqual(
          found.map((ms) => new Date(ms).toISOString()),
          expected.map((ms) => new Date(ms).toISOString()),
          `${timing.cron} in ${timeZone} around ${new Date(change.atMs).toISOString()}`,
        );
      }
    }
  }
});
