import assert from "node:assert/strict";
import { test } from "node:test";
import { blockedBy, describeLimit, type Limit, type LimitedRun } from "../../../engine/core/limits.ts";

const run = (runId: string, facts: Partial<LimitedRun> = {}): LimitedRun => ({ runId, tags: {}, parts: {}, ...facts });

test("a limit on a tag holds back runs with that tag and value alone", () => {
  const limit: Limit = { kind: "tag", key: "ingest", value: "docker", maximum: 1 };
  const live = [run("one", { tags: { ingest: "docker" } }), run("two", { tags: { ingest: "graph" } })];
  const blocked = blockedBy(run("three", { tags: { ingest: "docker" } }), live, [limit]);
  assert.equal(blocked?.reason, "waits for the limit of 1 on ingest=docker, held by one");
  assert.equal(blocked?.byTags, true);
  assert.equal(blockedBy(run("three", { tags: { ingest: "graph" } }), live, [limit]), null);
  assert.equal(blockedBy(run("three"), live, [limit]), null);
  assert.equal(blockedBy(run("three", { tags: { ingest: "docker" } }), live, [{ ...limit, maximum: 2 }]), null);
});

test("a limit on each value counts the values of a tag or of a dimension apart", () => {
  const limit: Limit = { kind: "tag_value", key: "source", maximum: 1 };
  const live = [run("one", { parts: { source: "iris" } }), run("two", { tags: { source: "ocean" } })];
  assert.equal(blockedBy(run("three", { parts: { source: "rocks" } }), live, [limit]), null);
  const blocked = blockedBy(run("three", { parts: { source: "iris" } }), live, [limit]);
  assert.deepEqual([blocked?.holders, blocked?.byTags], [["one"], false]);
  assert.deepEqual(blockedBy(run("three", { parts: { source: "ocean" } }), live, [limit])?.holders, ["two"]);
});

test("limits on all runs and on pools are not these", () => {
  const limits: readonly Limit[] = [
    { kind: "runs", maximum: 0 },
    { kind: "pool", key: "docker", maximum: 0 },
  ];
  assert.equal(blockedBy(run("one", { tags: { docker: "x" } }), [run("two")], limits), null);
});

test("a reason names three holders and counts the others", () => {
  const limit: Limit = { kind: "runs", maximum: 5 };
  const reason = describeLimit("all runs", { limit, holders: ["a", "b", "c", "d", "e"] });
  assert.equal(reason, "waits for the limit of 5 on all runs, held by a, b, c and 2 more");
  assert.equal(describeLimit("all runs", { limit, holders: [] }), "waits for the limit of 5 on all runs");
});
