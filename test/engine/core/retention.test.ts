import assert from "node:assert/strict";
import test from "node:test";
import { defaultRetention, parseRetention, retentionRules } from "../../../engine/core/retention.ts";

const DAY_MS = 86_400_000;

test("what a setting names is kept by age, by count or by both, and the rest keeps its default", () => {
  const { policy, problems } = parseRetention(
    retentionRules("runs.succeeded=30d/1000, runs.failed=50 ticks.skipped=1d,logs=keep"),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(policy.runs.succeeded, { ageMs: 30 * DAY_MS, count: 1000 });
  assert.deepEqual(policy.runs.failed, { ageMs: null, count: 50 });
  assert.deepEqual(policy.runs.canceled, defaultRetention.runs.canceled);
  assert.deepEqual(policy.ticks.skipped, { ageMs: DAY_MS, count: null });
  assert.deepEqual(policy.logs, { ageMs: null, count: null });
});

test("rules that mean nothing are told, each by its name", () => {
  const { policy, problems } = parseRetention({
    runs: "30d",
    "runs.failed": "soon",
    "ticks.failed": "0",
    events: "100",
    logs: "",
    audit: "/5",
  });
  assert.deepEqual(policy, defaultRetention);
  assert.equal(problems.length, 6);
  assert.match(problems.join("\n"), /there is no "runs" to keep/);
  assert.match(problems.join("\n"), /events is kept by age alone/);
});
