import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssetView, EventView, FailureView, LogLineView, RunView, StepView } from "../../../engine/operate.ts";
import { failuresNotShown, groupFailures } from "../../../ui/web/pages/overview/failure-groups.ts";
import { type Attempt, attemptsOf, attemptsOfStep, readyAt } from "../../../ui/web/pages/run/attempts.ts";
import { filterLog, nextError } from "../../../ui/web/pages/run/log-filter.ts";
import { timeAxis } from "../../../ui/web/pages/run/time-axis.ts";
import { filterOf, matches, queryOf } from "../../../ui/web/pages/runs/run-filter.ts";
import { withChanges, withPage } from "../../../ui/web/pages/runs/run-list.ts";
import { lanesOf } from "../../../ui/web/pages/runs/timeline-lanes.ts";

function run(id: string, facts: Partial<RunView> = {}): RunView {
  return {
    id,
    job: "summon",
    assets: ["ingest/summon"],
    partition: null,
    partitionParts: null,
    partitionSet: null,
    partitionCount: 0,
    status: "succeeded",
    tags: {},
    priority: 0,
    parentRunId: null,
    rootRunId: null,
    backfillId: null,
    origin: { kind: "operator", name: null },
    runKey: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:01:00.000Z",
    reason: "",
    waitingFor: null,
    cancelReason: null,
    config: null,
    error: null,
    stepCounts: { total: 1 },
    checks: [],
    checkCounts: { passed: 0, warned: 0, failed: 0, errored: 0 },
    ...facts,
  };
}

const filter = (text: string) => filterOf(new URLSearchParams(text));
const ids = (list: { readonly runs: readonly RunView[] }): string => list.runs.map(({ id }) => id).join("");

test("a filter goes from the address to the query, and words that are no status are left out", () => {
  assert.deepEqual(queryOf(filter("status=failed&status=nonsense&job=a&text=")), { status: ["failed"], job: "a" });
});

test("a changed run is matched as the server would match it", () => {
  const failed = run("a", { status: "failed", tags: { ingest: "docker" }, partition: "iris" });
  assert.equal(matches(failed, filter("status=failed&tag=ingest%3Ddocker&partition=iris")), true);
  assert.equal(matches(failed, filter("tag=ingest")), false, "a tag is a name and a value, as it is for the server");
  assert.equal(matches(failed, filter("tag=ingest%3Dgraph")), false);
  assert.equal(matches(failed, filter("status=running")), false);
  assert.equal(matches(failed, filter("text=IRIS")), true);
  assert.equal(matches(failed, filter("after=2026-02-01T00:00:00.000Z")), false);
});

test("runs that begin to match come in where they belong, and those that match no more leave", () => {
  const list = { runs: [run("d", { status: "running" }), run("b", { status: "running" })], nextCursor: null };
  const changed = [run("c", { status: "running" }), run("b", { status: "failed" })];
  assert.equal(ids(withChanges(list, changed, filter("status=running"))), "dc");
});

test("a run older than the loaded part stays out until its page comes", () => {
  const list = { runs: [run("d"), run("c")], nextCursor: "next" };
  assert.equal(withChanges(list, [run("a")], filter("")), list);
  assert.equal(ids(withPage(list, { items: [run("c"), run("b")], nextCursor: null })), "dcb");
});

test("a change that is none keeps the list as it is", () => {
  const one = run("a");
  const list = { runs: [one], nextCursor: null };
  assert.equal(withChanges(list, [one], filter("")), list);
});

test("overlapping runs of a job stand below one another, and following ones share a row", () => {
  const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`;
  const runs = [
    run("a", { startedAt: at(0), endedAt: at(10) }),
    run("b", { startedAt: at(5), endedAt: at(8) }),
    run("c", { startedAt: at(12), endedAt: null }),
    run("x", { job: "other", startedAt: at(1), endedAt: at(2) }),
    run("q", { startedAt: null }),
  ];
  const lanes = lanesOf(runs, { nowMs: Date.parse(at(20)), maxRows: 4 });
  assert.deepEqual(
    lanes.map(({ job, rows }) => [job, rows.map((row) => row.map(({ id }) => id).join(""))]),
    [
      ["summon", ["ac", "b"]],
      ["other", ["x"]],
    ],
  );
});

const event = (type: EventView["type"], seconds: number, data: EventView["data"] = null): EventView => ({
  seq: seconds,
  at: new Date(seconds * 1000).toISOString(),
  type,
  step: 0,
  message: "",
  data,
});

test("attempts are read from a run's history, with how each ended", () => {
  const attempts = attemptsOf([
    event("run.queued", 0),
    event("step.started", 1),
    event("step.retrying", 2),
    event("step.started", 5, { attempt: 2 }),
    event("step.interrupted", 6),
    event("step.started", 9, { attempt: 3 }),
  ]).get(0);
  assert.deepEqual(attempts, [
    { number: 1, startMs: 1000, endMs: 2000, outcome: "retrying" },
    { number: 2, startMs: 5000, endMs: 6000, outcome: "interrupted" },
    { number: 3, startMs: 9000, endMs: null, outcome: "running" },
  ]);
});

test("the axis of a run has few ticks at round durations, whatever its length", () => {
  for (const span of [1, 90, 4000, 95_000, 7_200_000, 180_000_000, 30_000_000_000]) {
    const { ticks } = timeAxis(1000, 1000 + span);
    assert.equal(ticks.length >= 2 && ticks.length <= 9, true, `${span}: ${ticks.length}`);
  }
  assert.equal(timeAxis(0, 100).place(50), 50);
  assert.equal(timeAxis(5, 5).place(5), 0, "a run that takes no time has an axis");
});

const line = (level: LogLineView["level"], message: string): LogLineView => ({
  id: message,
  step: 0,
  attempt: 1,
  at: "2026-01-01T00:00:00.000Z",
  level,
  message,
  fields: level === "error" ? { status: 500 } : null,
});

test("a log is filtered by level and by text or expression, in messages and in fields", () => {
  const lines = [line("debug", "a"), line("info", "fetched 12"), line("warning", "slow"), line("error", "dead")];
  const shown = (level: LogLineView["level"], text: string): string =>
    filterLog(lines, { level, text })
      .map(({ message }) => message)
      .join();
  assert.equal(shown("warning", ""), "slow,dead");
  assert.equal(shown("debug", "500"), "dead");
  assert.equal(shown("debug", "/fetched \\d+/"), "fetched 12");
  assert.equal(shown("debug", "/(/"), "", "what is no expression is a text");
});

test("from error to error goes round the ends", () => {
  const lines = [line("error", "a"), line("info", "b"), line("error", "c")];
  assert.equal(nextError(lines, 0, 1), 2);
  assert.equal(nextError(lines, 2, 1), 0);
  assert.equal(nextError(lines, 0, -1), 2);
  assert.equal(nextError([line("info", "b")], 0, 1), -1);
});

test("failures with one cause make one item, whatever numbers and keys their messages hold", () => {
  const failure = (asset: string, partition: string, message: string) => ({
    asset,
    partition,
    error: { code: "user_code", message, runId: "r", step: 0, at: "2026-01-01T00:00:00.000Z" },
  });
  const groups = groupFailures([
    failure("load", "iris", "the sitemap of iris answers 500 at http://a.example/1"),
    failure("load", "obis", "the sitemap of obis answers 503 at http://b.example/2"),
    failure("load", "rocks", "disk full"),
    failure("other", "rocks", "disk full"),
  ]);
  assert.deepEqual(
    groups.map(({ failures }) => failures.map(({ partition }) => partition).join()),
    ["iris,obis", "rocks", "rocks"],
  );
});

test("failures that the bounded list leaves out are counted by asset", () => {
  const counts = (failed: number) => ({ failed }) as NonNullable<AssetView["partitions"]>;
  const shown = [{ asset: "load" }, { asset: "load" }] as FailureView[];
  const assets = [
    { key: "harvest", partitions: counts(26) },
    { key: "load", partitions: counts(5) },
    { key: "report", partitions: counts(0) },
    { key: "names", partitions: null },
  ];
  assert.deepEqual(failuresNotShown(assets, shown), [
    { asset: "harvest", count: 26, isAll: true },
    { asset: "load", count: 3, isAll: false },
  ]);
  assert.deepEqual(failuresNotShown([{ key: "load", partitions: counts(2) }], shown), []);
});

test("a step that ended is no longer drawn as running where its history is not read to the end", () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const ended = { status: "failed", attempt: 2, startedAt: at(1), endedAt: at(9) } as const;
  const retried: Attempt = { number: 1, startMs: 1000, endMs: 2000, outcome: "retrying" };
  const second: Attempt = { number: 2, startMs: 3000, endMs: null, outcome: "running" };
  assert.deepEqual(attemptsOfStep(ended, [retried, second]), [retried, { ...second, endMs: 9000, outcome: "failed" }]);
  assert.deepEqual(attemptsOfStep(ended, []), [{ number: 2, startMs: 1000, endMs: 9000, outcome: "failed" }]);
  assert.deepEqual(attemptsOfStep({ ...ended, status: "running", endedAt: null }, [second]), [second]);
  assert.deepEqual(attemptsOfStep({ ...ended, status: "pending", startedAt: null, endedAt: null }, []), []);
});

test("a step waits from the end of what it needs, and not at all while that goes on", () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const step = (facts: Partial<StepView>) =>
    ({ after: [], afterEnd: [], status: "running", startedAt: null, ...facts }) as unknown as StepView;
  const first = step({ endedAt: at(5) });
  const second = step({ endedAt: null });
  const of = { createdAt: at(1), stepAt: (ordinal: number) => [first, second][ordinal] };
  assert.equal(readyAt(step({}), of), 1000);
  assert.equal(readyAt(step({ after: [0] }), of), 5000);
  assert.equal(readyAt(step({ after: [0], afterEnd: [1] }), of), null);
  assert.equal(readyAt(step({ status: "skipped", after: [0] }), of), null);
});
