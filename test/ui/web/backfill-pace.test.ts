import assert from "node:assert/strict";
import { test } from "node:test";
import type { BackfillView } from "../../../engine/operate.ts";
import { leftText, mergedBackfills, paceOf, paceText } from "../../../ui/web/pages/backfills/backfill-pace.ts";

const startMs = Date.parse("2026-01-01T00:00:00.000Z");

function backfill(changes: Partial<BackfillView>): BackfillView {
  return {
    id: "1",
    status: "running",
    job: null,
    assets: ["a"],
    checks: [],
    tags: {},
    priority: 0,
    origin: { kind: "operator", name: null },
    reason: "asked for",
    total: 100,
    launched: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    createdAt: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: null,
    error: null,
    ...changes,
  };
}

test("pace and what is left follow from what ended since the start", () => {
  const pace = paceOf(backfill({ launched: 40, succeeded: 15, failed: 4, canceled: 1 }), startMs + 60_000);
  assert.deepEqual(pace, { ended: 20, underWay: 20, waiting: 60, perHour: 1200, leftMs: 240_000 });
});

test("nothing is foretold from a few runs or a moment", () => {
  assert.equal(paceOf(backfill({ launched: 9, succeeded: 2 }), startMs + 60_000).leftMs, null);
  assert.equal(paceOf(backfill({ launched: 9, succeeded: 9 }), startMs + 500).perHour, null);
  assert.equal(paceOf(backfill({ startedAt: null, status: "queued" }), startMs + 60_000).perHour, null);
});

test("an ended or canceled backfill has a pace and nothing left", () => {
  const ended = backfill({
    status: "failed",
    launched: 100,
    succeeded: 99,
    failed: 1,
    endedAt: "2026-01-01T00:01:00.000Z",
  });
  assert.deepEqual(paceOf(ended, startMs + 9_999_999), {
    ended: 100,
    underWay: 0,
    waiting: 0,
    perHour: 6000,
    leftMs: null,
  });
  const canceling = backfill({ status: "canceling", launched: 50, succeeded: 10 });
  assert.equal(paceOf(canceling, startMs + 60_000).leftMs, null);
});

test("a pace is written in the unit in which one can picture it", () => {
  assert.deepEqual([6, 119, 120, 7199, 7200, 720_000].map(paceText), [
    "6 runs/h",
    "119 runs/h",
    "2 runs/min",
    "120 runs/min",
    "2 runs/s",
    "200 runs/s",
  ]);
  assert.deepEqual([400, 65_000].map(leftText), ["a moment left", "1 min 5 s left"]);
});

test("what was loaded and what is live are one list, newest first, each as last told of", () => {
  const live = [backfill({ id: "3", succeeded: 2 }), backfill({ id: "2" })];
  const loaded = [backfill({ id: "3", succeeded: 1 }), backfill({ id: "1", status: "failed" })];
  assert.deepEqual(
    mergedBackfills(live, loaded, []).map(({ id, succeeded }) => [id, succeeded]),
    [
      ["3", 2],
      ["2", 0],
      ["1", 0],
    ],
  );
  assert.deepEqual(
    mergedBackfills(live, loaded, ["failed"]).map(({ id }) => id),
    ["1"],
  );
});
