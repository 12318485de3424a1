import assert from "node:assert/strict";
import { test } from "node:test";
import { checkCron, latestCronTime, nextCronTime } from "../../../engine/core/cron.ts";

const LOS_ANGELES = "America/Los_Angeles";

function times(cron: string, params: { after: string; count: number; timeZone?: string }): readonly string[] {
  const timing = { cron, timeZone: params.timeZone ?? "UTC" };
  const found: string[] = [];
  let afterMs: number | null = Date.parse(params.after);
  while (found.length < params.count && afterMs !== null) {
    afterMs = nextCronTime(timing, afterMs);
    if (afterMs !== null) found.push(new Date(afterMs).toISOString().replace(":00.000Z", "Z"));
  }
  return found;
}

const EXPRESSIONS: readonly (readonly [cron: string, first: readonly string[]])[] = [
  ["0 3 * * *", ["2026-01-01T03:00Z", "2026-01-02T03:00Z"]],
  ["0 3,5 * * *", ["2026-01-01T03:00Z", "2026-01-01T05:00Z", "2026-01-02T03:00Z"]],
  ["0 3 * * 0", ["2026-01-04T03:00Z", "2026-01-11T03:00Z"]],
  ["0 3 5 * *", ["2026-01-05T03:00Z", "2026-02-05T03:00Z"]],
  ["0 3 5,19 * *", ["2026-01-05T03:00Z", "2026-01-19T03:00Z", "2026-02-05T03:00Z"]],
  [
    "0 3 1/4 * *",
    [1, 5, 9, 13, 17, 21, 25, 29]
      .map((day) => `2026-01-${String(day).padStart(2, "0")}T03:00Z`)
      .concat("2026-02-01T03:00Z"),
  ],
  ["0 8 3 * *", ["2026-01-03T08:00Z", "2026-02-03T08:00Z"]],
  ["0 16 5 * *", ["2026-01-05T16:00Z"]],
  ["@hourly", ["2026-01-01T01:00Z", "2026-01-01T02:00Z"]],
  ["@daily", ["2026-01-02T00:00Z"]],
  ["@weekly", ["2026-01-04T00:00Z", "2026-01-11T00:00Z"]],
  ["@monthly", ["2026-02-01T00:00Z"]],
  ["@yearly", ["2027-01-01T00:00Z"]],
];

for (const [cron, first] of EXPRESSIONS) {
  test(`the times of ${cron} are those that operators expect`, () => {
    assert.deepEqual(times(cron, { after: "2026-01-01T00:00:00Z", count: first.length }), first);
  });
}

test("what is no cron expression, no zone, or no date that comes, is refused with its schedule", () => {
  for (const cron of ["", "* * * *", "0 3 * * * *", "61 * * * *", "0 3 32 * *", "often", "@sometimes"]) {
    const timing = { cron, timeZone: "UTC" };
    assert.throws(() => checkCron("weekly", timing), { code: "definition", message: /schedule "weekly"/ }, cron);
  }
  assert.throws(() => checkCron("weekly", { cron: "@daily", timeZone: "Mars/Olympus" }), { message: /Mars\/Olympus/ });
  assert.throws(() => checkCron("weekly", { cron: "0 3 31 2 *", timeZone: "UTC" }), { message: /never comes/ });
});

test("a weekly schedule in Los Angeles keeps its local hour over both clock changes", () => {
  assert.deepEqual(times("@weekly", { after: "2026-03-01T00:00:00Z", count: 3, timeZone: LOS_ANGELES }), [
    "2026-03-01T08:00Z",
    "2026-03-08T08:00Z",
    "2026-03-15T07:00Z",
  ]);
  assert.deepEqual(times("@weekly", { after: "2026-10-25T12:00:00Z", count: 2, timeZone: LOS_ANGELES }), [
    "2026-11-01T07:00Z",
    "2026-11-08T08:00Z",
  ]);
});

test("a local time that the clock change skips comes at the next instant that exists", () => {
  for (const cron of ["30 2 * * *", "0 2 * * *"]) {
    assert.equal(
      times(cron, { after: "2026-03-07T12:00:00Z", count: 1, timeZone: LOS_ANGELES })[0],
      "2026-03-08T10:00Z",
      cron,
    );
  }
  assert.deepEqual(times("0 * * * *", { after: "2026-03-08T08:30:00Z", count: 3, timeZone: LOS_ANGELES }), [
    "2026-03-08T09:00Z",
    "2026-03-08T10:00Z",
    "2026-03-08T11:00Z",
  ]);
});

test("a local time that is repeated comes once for a daily schedule, and twice for an hourly one", () => {
  assert.deepEqual(times("30 1 * * *", { after: "2026-10-31T12:00:00Z", count: 2, timeZone: LOS_ANGELES }), [
    "2026-11-01T08:30Z",
    "2026-11-02T09:30Z",
  ]);
  assert.deepEqual(times("30 * * * *", { after: "2026-11-01T07:45:00Z", count: 3, timeZone: LOS_ANGELES }), [
    "2026-11-01T08:30Z",
    "2026-11-01T09:30Z",
    "2026-11-01T10:30Z",
  ]);
});

test("the newest time is the one that was next, at every time of a year with clock changes", () => {
  for (const timeZone of [LOS_ANGELES, "Australia/Lord_Howe", "Asia/Kolkata"]) {
    for (const cron of ["30 2 * * *", "0 0 * * 0", "45 23 * * *", "15 0 * * *"]) {
      const timing = { cron, timeZone };
      let afterMs = Date.UTC(2026, 0, 1);
      for (let next = nextCronTime(timing, afterMs); next !== null && next < Date.UTC(2027, 0, 1);) {
        assert.ok(next > afterMs);
        assert.equal(latestCronTime(timing, { afterMs, atMs: next }), next, `${cron} in ${timeZone}`);
        assert.equal(latestCronTime(timing, { afterMs, atMs: next - 1 }), null, `${cron} in ${timeZone}`);
        afterMs = next;
        next = nextCronTime(timing, afterMs);
      }
    }
  }
});

test("of several times that were missed the newest is found", () => {
  const timing = { cron: "@daily", timeZone: "UTC" };
  const newest = latestCronTime(timing, { afterMs: Date.UTC(2026, 0, 1), atMs: Date.UTC(2026, 0, 9, 12) });
  assert.equal(newest, Date.UTC(2026, 0, 9));
});
