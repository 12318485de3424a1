import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlannedStep } from "../../../engine/core/plan.ts";
import { openDatabase } from "../../../engine/store/database.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { addKeys, definitions, failure, pairs, sources } from "../../rigs/shown-definitions.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

const planned = (step: Partial<PlannedStep>): PlannedStep => ({
  assets: ["load/release"],
  partition: null,
  after: [],
  afterEnd: [],
  reason: "selected by load_job",
  ...step,
});

test("a run's steps are its plan, with what is recorded of those that began", async () => {
  await using record = await shownRecord(definitions, {
    progressOf: (runId, ordinal) => ({ runId, ordinal, fetched: 7 }),
  });
  await record.rig.write((tx) => {
    addKeys(tx);
    const id = insertRun(tx, {
      uid: "run",
      job: "load_job",
      plan: {
        steps: [
          planned({ partition: { of: "run" } }),
          planned({
            assets: ["load/upload"],
            partition: { of: "step", key: "iris|eco" },
            after: [0],
            reason: "source iris",
          }),
          planned({ assets: ["left", "right"], afterEnd: [0] }),
        ],
      },
      partitionId: tx.partitions.idOf(sources, "iris"),
      partitionCount: 2,
    });
    tx.runs.start(id, tx.nowMs);
    tx.runs.running(id, tx.nowMs);
    tx.steps.start({ runId: id, ordinal: 0, attempt: 1 }, { partitionId: 1, nowMs: tx.nowMs });
    tx.steps.wait(
      { runId: id, ordinal: 2, attempt: 1 },
      { partitionId: 0, reason: "waits for a slot", retryAtMs: null },
    );
  });
  const run = record.shown.run("run");
  assert.deepEqual([run.partition, run.partitionParts, run.partitionCount], [null, null, 2]);
  assert.deepEqual(run.stepCounts, { total: 3, running: 1, pending: 1, waiting: 1 });
  assert.deepEqual(
    run.steps.map((step) => [
      step.step,
      step.status,
      step.partition,
      step.partitionParts,
      step.reason,
      step.waitReason,
    ]),
    [
      [0, "running", "iris", { source: "iris" }, "selected by load_job", null],
      [1, "pending", "iris|eco", { source: "iris", tenant: "eco" }, "source iris", null],
      [2, "waiting", null, null, "waits for a slot", "waits for a slot"],
    ],
  );
  assert.deepEqual(
    run.steps.map((step) => step.progress),
    [{ runId: 1, ordinal: 0, fetched: 7 }, null, null],
  );
  assert.deepEqual(
    run.steps.map((step) => [step.pool, step.after, step.afterEnd]),
    [
      ["docker", [], []],
      [null, [0], []],
      [null, [], [0]],
    ],
  );
  assert.deepEqual(record.shown.stepsByRunId(1, [0, 1, 2, 3]), run.steps);
  assert.deepEqual(record.shown.stepsByRunId(1, [2]), run.steps.slice(2));
  assert.deepEqual(record.shown.stepsByRunId(9, [0]), []);
});

test("a run of very many steps brings the first along, and the others come in pages", async () => {
  await using record = await shownRecord(definitions);
  const steps = Array.from({ length: 1203 }, () => planned({ assets: ["names"] }));
  const runId = await record.rig.write((tx) => insertRun(tx, { uid: "run", plan: { steps } }));
  await record.rig.write((tx) => {
    for (const ordinal of [0, 499, 500, 1202]) {
      tx.steps.start({ runId, ordinal, attempt: 1 }, { partitionId: 0, nowMs: tx.nowMs });
      materialize(tx, { asset: "names", runId, runUid: "run", ordinal, dataVersion: `v${ordinal}` });
    }
  });
  const run = record.shown.run("run");
  assert.deepEqual([run.steps.length, run.nextStepCursor, run.stepCounts.total], [500, "500", 1203]);
  const pages = [record.shown.steps("run", { limit: 500 })];
  for (let cursor = pages[0]?.nextCursor ?? null; cursor !== null; cursor = pages.at(-1)?.nextCursor ?? null) {
    pages.push(record.shown.steps("run", { limit: 500, cursor }));
  }
  assert.deepEqual(
    pages.map((page) => [page.items.length, page.items[0]?.step, page.nextCursor]),
    [
      [500, 0, "500"],
      [500, 500, "1000"],
      [203, 1000, null],
    ],
  );
  assert.deepEqual(pages[0]?.items, run.steps);
  const made = pages.flatMap((page) => page.items).filter((step) => step.materializations.length > 0);
  assert.deepEqual(
    made.map((step) => [step.step, step.status, step.materializations.map((one) => one.dataVersion)]),
    [0, 499, 500, 1202].map((ordinal) => [ordinal, "running", [`v${ordinal}`]]),
  );
  assert.deepEqual(
    record.shown.steps("run", { from: 700, limit: 500 }).items,
    pages[1]?.items.slice(200).concat(pages[2]?.items.slice(0, 200) ?? []),
  );
  assert.deepEqual(record.shown.steps("run", { cursor: "5000" }), { items: [], nextCursor: null });
  assert.throws(() => record.shown.steps("run", { cursor: "-1" }), { code: "invalid_request" });
  assert.throws(() => record.shown.steps("run", { limit: 501 }), { code: "invalid_request" });
});

test("a run of one partition shows it, whose parts and set too", async () => {
  await using record = await shownRecord(definitions, { waitReason: () => "waits for the limit of 1" });
  await record.rig.write((tx) => {
    addKeys(tx);
    insertRun(tx, {
      uid: "run",
      plan: { steps: [planned({ assets: ["load/upload"], partition: { of: "run" } })] },
      partitionId: tx.partitions.idOf(pairs, "iris|eco"),
      tags: { ingest: "docker" },
      runKey: "key",
      config: { deep: [1] },
    });
  });
  const { items } = await record.rig.during(record.shown.runs({ status: ["queued"] }));
  const [run] = items;
  assert.deepEqual(
    [run?.partition, run?.partitionParts, run?.partitionSet],
    ["iris|eco", { source: "iris", tenant: "eco" }, "tenant_sources"],
  );
  assert.deepEqual([run?.tags, run?.runKey, run?.config], [{ ingest: "docker" }, "key", { deep: [1] }]);
  assert.deepEqual(
    [run?.waitingFor, run?.createdAt, run?.startedAt],
    ["waits for the limit of 1", "2026-01-01T00:00:00.000Z", null],
  );
  assert.deepEqual(record.shown.runsByIds([9, 1]), [run]);
});

test("steps that a run's end left untouched share its end", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    const id = insertRun(tx, { uid: "run", plan: chainPlan(["left", "names"], "nowhere") });
    tx.runs.endQueued({ id, status: "canceled", nowMs: tx.nowMs, error: null, reason: "canceled by ada" });
  });
  const run = record.shown.run("run");
  assert.deepEqual(
    run.steps.map((step) => step.status),
    ["canceled", "canceled"],
  );
  assert.deepEqual(run.stepCounts, { total: 2, canceled: 2 });
  assert.deepEqual([run.cancelReason, run.waitingFor], ["canceled by ada", null]);
});

test("a run's history and log read in order and resume", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["names"], "nowhere") });
    materialize(tx, { asset: "names", runId, runUid: "run", dataVersion: "v" });
    tx.emit({ type: "step.retrying", runId, ordinal: 0, data: { attempt: 1, retryAtMs: 1000, error: failure } });
    for (const message of ["one", "two"]) {
      tx.logs.append(runId, [{ ordinal: 0, attempt: 1, atMs: 5, level: "info", message, fields: { n: 1 } }]);
    }
  });
  const events = await record.rig.during(record.shown.events("run", {}));
  assert.deepEqual(
    events.items.map(({ step, message, data }) => ({ step, message, data })),
    [
      { step: null, message: "The run was queued: asked for by a test.", data: { reason: "asked for by a test" } },
      {
        step: 0,
        message: "Step 0 succeeded and made names.",
        data: { materializations: [{ asset: "names", partition: null, id: "1", dataVersion: "v" }] },
      },
      {
        step: 0,
        message:
          "Step 0 failed in attempt 1 and will be tried again at 1970-01-01T00:00:01.000Z: the sitemap answers 500.",
        data: { attempt: 1, retryAt: "1970-01-01T00:00:01.000Z", error: failure },
      },
    ],
  );
  const first = await record.rig.during(record.shown.events("run", { limit: 2 }));
  const rest = await record.rig.during(record.shown.events("run", { after: Number(first.nextCursor) }));
  assert.deepEqual([...first.items, ...rest.items], events.items);
  const log = await record.rig.during(record.shown.logs("run", {}));
  assert.deepEqual(log.items[0], {
    id: "1",
    step: 0,
    attempt: 1,
    at: "1970-01-01T00:00:00.005Z",
    level: "info",
    message: "one",
    fields: { n: 1 },
  });
  const later = await record.rig.during(record.shown.logs("run", { step: 0, after: "1" }));
  assert.deepEqual(
    later.items.map((line) => line.message),
    ["two"],
  );
  await assert.rejects(record.shown.logs("run", { after: "x" }), { code: "invalid_request" });
});

test("events are given only where none of them is missing", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    for (let at = 0; at < 5; at++) tx.emit({ type: "limits.changed", data: { by: String(at) } });
  });
  const { shown } = record;
  assert.deepEqual(
    shown.eventsAfter(3, 10)?.map((event) => event.seq),
    [4, 5],
  );
  assert.deepEqual(shown.eventsAfter(5, 10), []);
  assert.equal(shown.eventsAfter(6, 10), null);
  const outside = openDatabase(record.rig.file);
  outside.exec("DELETE FROM events WHERE seq <= 2");
  outside.close();
  assert.deepEqual(
    shown.eventsAfter(2, 2)?.map((event) => event.seq),
    [3, 4],
  );
  assert.equal(shown.eventsAfter(1, 10), null);
  assert.equal(shown.eventsAfter(0, 10), null);
});
