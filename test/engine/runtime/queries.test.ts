import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineMultiAsset } from "../../../engine/core/assets.ts";
import { defineSchedule, defineSensor } from "../../../engine/core/automation.ts";
import { defineJob } from "../../../engine/core/jobs.ts";
import { dynamicPartitions, productPartitions } from "../../../engine/core/partitions.ts";
import type { PlannedStep } from "../../../engine/core/plan.ts";
import { openDatabase } from "../../../engine/store/database.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("tenant_sources", { source: sources, tenant: tenants });

const names = defineAsset({
  key: "names",
  description: "Who there is.",
  tags: { team: "eco" },
  kinds: ["list"],
  run: () => ["iris"],
});
const release = defineAsset({
  key: "load/release",
  partitions: sources,
  deps: { names },
  pool: "docker",
  run: () => 1,
});
const upload = defineAsset({ key: "load/upload", partitions: pairs, deps: { release }, run: () => 1 });
const both = defineMultiAsset({
  assets: { left: { key: "left" }, right: { key: "right" } },
  run: () => ({ left: 1, right: 2 }),
});
const loadJob = defineJob({ name: "load_job", assets: [release, upload], tags: { ingest: "docker" }, priority: 3 });
const look = defineSensor({ name: "look", on: [release], evaluate: () => ({ reason: "nothing" }) });
const weekly = defineSchedule({ name: "weekly", cron: "@weekly", evaluate: () => ({ reason: "nothing" }) });
const definitions = [sources, tenants, pairs, names, release, upload, both.left, both.right, loadJob, look, weekly];

const failure = { code: "harvest", message: "the sitemap answers 500", file: "/srv/a.ts", line: 3 };

function addKeys(tx: Transaction): void {
  const facts = { nowMs: tx.nowMs, reason: "test" };
  tx.partitions.add({ set: sources, keys: ["iris", "ocean", "rocks"], ...facts });
  tx.partitions.add({ set: tenants, keys: ["eco"], ...facts });
  tx.partitions.add({ set: pairs, keys: ["iris|eco", "a\\|b|eco"], ...facts });
}

test("an asset shows counts by word that add up to the active keys, and its newest materialization", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["load/release"]) });
    const idOf = (key: string): number => tx.partitions.idOf(sources, key);
    const made = { asset: "load/release", runId, runUid: "run" };
    materialize(tx, { ...made, partitionId: idOf("iris"), dataVersion: "v1", value: '{"quads":7}', codeVersion: "2" });
    materialize(tx, { ...made, partitionId: idOf("ocean"), dataVersion: "v2", value: "[]" });
    const assetId = tx.materializations.assetId("load/release");
    const place = { assetId, partitionId: idOf("ocean"), runId, ordinal: 1 };
    tx.materializations.setFailed({ ...place, runUid: "run", seq: 99, nowMs: tx.nowMs, failure });
    tx.partitions.add({ set: sources, keys: ["old"], nowMs: tx.nowMs, reason: "test" });
    tx.partitions.retire({ set: sources, keys: ["old"], nowMs: tx.nowMs, reason: "test" });
  });
  const view = record.shown.asset("load/release");
  assert.deepEqual(view, {
    key: "load/release",
    group: "load",
    description: "",
    kinds: [],
    tags: {},
    partitionSet: "sources",
    status: "failed",
    partitions: { total: 3, materialized: 1, missing: 1, failed: 1, running: 0, stale: 0, retired: 2 },
    latest: {
      runId: "run",
      step: 0,
      at: "2026-01-01T00:00:00.000Z",
      value: [],
      valueBytes: 2,
      metadata: { version: "v2" },
      dataVersion: "v2",
      codeVersion: null,
      partition: "ocean",
    },
    deps: ["names"],
    pool: "docker",
    location: "test",
    error: { ...failure, runId: "run", step: 1, at: "2026-01-01T00:00:00.000Z" },
  });
  assert.deepEqual(
    record.shown.assets().find((one) => one.key === "load/release"),
    view,
  );
});

test("an asset without partitions shows its own word and no counts", async () => {
  await using record = await shownRecord(definitions);
  const statuses = (): unknown[] => {
    const view = record.shown.asset("names");
    return [view.status, view.partitions, view.latest?.value ?? null, view.error?.message ?? null];
  };
  assert.deepEqual(statuses(), ["missing", null, null, null]);
  await record.rig.write((tx) => {
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["names"], "nowhere") });
    materialize(tx, { asset: "names", runId, runUid: "run", dataVersion: "v", value: '["iris"]' });
  });
  assert.deepEqual(statuses(), ["materialized", null, ["iris"], null]);
  await record.rig.write((tx) => {
    const place = { assetId: tx.materializations.assetId("names"), partitionId: 0, runId: 1, ordinal: 0 };
    tx.materializations.setFailed({ ...place, runUid: "run", seq: 99, nowMs: tx.nowMs, failure });
  });
  assert.deepEqual(statuses(), ["failed", null, ["iris"], failure.message]);
  await record.rig.write((tx) => {
    tx.materializations.setLive({
      assetId: tx.materializations.assetId("names"),
      partitionId: 0,
      runId: 1,
      ordinal: 0,
    });
  });
  assert.deepEqual(statuses(), ["running", null, ["iris"], null]);
});

test("a partitioned asset is materialized only when all its partitions are", async () => {
  await using record = await shownRecord(definitions);
  const status = (): string => record.shown.asset("load/release").status;
  assert.equal(status(), "missing");
  await record.rig.write(addKeys);
  const runId = await record.rig.write((tx) => insertRun(tx, { uid: "run", plan: chainPlan(["load/release"]) }));
  const seen: string[] = [];
  for (const key of ["iris", "ocean", "rocks"]) {
    await record.rig.write((tx) =>
      materialize(tx, {
        asset: "load/release",
        runId,
        runUid: "run",
        partitionId: tx.partitions.idOf(sources, key),
        dataVersion: "v",
      }),
    );
    seen.push(status());
  }
  assert.deepEqual(seen, ["missing", "missing", "materialized"]);
});

test("the lineage, the jobs and the sets are those of the code", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write(addKeys);
  const graph = record.shown.graph();
  assert.deepEqual(
    graph.nodes.map((node) => node.key),
    ["names", "load/release", "load/upload", "left", "right"],
  );
  assert.deepEqual(graph.edges, [
    { from: "names", to: "load/release" },
    { from: "load/release", to: "load/upload" },
  ]);
  assert.deepEqual(record.shown.jobs(), [
    {
      name: "load_job",
      description: "",
      assets: ["load/release", "load/upload"],
      partitionSet: "sources",
      tags: { ingest: "docker" },
      priority: 3,
    },
  ]);
  assert.deepEqual(record.shown.partitionSet("tenant_sources"), {
    name: "tenant_sources",
    kind: "product",
    dimensions: [
      { name: "source", set: "sources" },
      { name: "tenant", set: "tenants" },
    ],
    total: 2,
    active: 2,
    retired: 0,
    held: null,
  });
  assert.deepEqual(
    record.shown.partitionSets().map((set) => set.name),
    ["sources", "tenant_sources", "tenants"],
  );
});

test("a product key is given by its dimensions too, escapes undone", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write(addKeys);
  const { items } = await record.rig.during(record.shown.assetPartitions("load/upload", {}));
  assert.deepEqual(
    items.map(({ key, parts, status }) => ({ key, parts, status })),
    [
      { key: "a\\|b|eco", parts: { source: "a|b", tenant: "eco" }, status: "missing" },
      { key: "iris|eco", parts: { source: "iris", tenant: "eco" }, status: "missing" },
    ],
  );
  assert.deepEqual(record.shown.assetPartition("load/upload", "iris|eco"), items[1]);
  const keys = await record.rig.during(record.shown.partitionKeys("sources", { state: "retired" }));
  assert.deepEqual(
    keys.items.map(({ key, parts, reason }) => ({ key, parts, reason })),
    [{ key: "a|b", parts: { source: "a|b" }, reason: "named by tenant_sources" }],
  );
});

test("a change that waits for an operator shows with its set", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    tx.partitions.hold({
      set: sources,
      keys: ["iris"],
      origin: "sensor:look",
      reason: "most of them",
      nowMs: tx.nowMs,
    });
  });
  assert.deepEqual(record.shown.partitionSet("sources").held, {
    keys: ["iris"],
    origin: "sensor:look",
    reason: "most of them",
    since: "2026-01-01T00:00:00.000Z",
  });
});

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
    tx.runs.running(id);
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
  assert.deepEqual(record.shown.stepsByRunId(1), run.steps);
  assert.deepEqual(record.shown.stepsByRunId(9), []);
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

test("a sensor and a schedule show their newest tick and when they look next", async () => {
  await using record = await shownRecord(definitions, {
    isEnabled: (name) => name === "look",
    nextTimes: (schedule, count) => Array.from({ length: count }, (_, at) => `${schedule.cron} ${at}`),
  });
  await record.rig.write((tx) => {
    const id = tx.automations.startTick({ automation: "look", scheduledAtMs: null, nowMs: tx.nowMs });
    tx.automations.endTick({
      id,
      automation: "look",
      status: "succeeded",
      nowMs: tx.nowMs + 5,
      reason: "one new source",
      error: null,
      cursor: "c",
      eventsSeq: undefined,
      dueAfterMs: undefined,
      changes: [{ set: "sources" }],
      log: null,
      requests: [
        { outcome: "run", uid: "run", runKey: "k", reason: "new" },
        { outcome: "backfill", uid: "backfill", runKey: null, reason: "many" },
        { outcome: "refused", uid: null, runKey: null, reason: "no such job" },
      ],
    });
  });
  const [sensor] = record.shown.sensors();
  assert.deepEqual(
    [sensor?.trigger, sensor?.assets, sensor?.enabled, sensor?.cursor],
    ["materialization", ["load/release"], true, "c"],
  );
  assert.deepEqual(sensor?.lastTick, {
    id: "1",
    status: "succeeded",
    scheduledAt: null,
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:00:00.005Z",
    reason: "one new source",
    error: null,
    runs: ["run"],
    backfills: ["backfill"],
    requests: [
      { outcome: "run", id: "run", runKey: "k", reason: "new" },
      { outcome: "backfill", id: "backfill", runKey: null, reason: "many" },
      { outcome: "refused", id: null, runKey: null, reason: "no such job" },
    ],
    changes: [{ set: "sources" }],
    log: null,
  });
  const [schedule] = record.shown.schedules();
  assert.deepEqual(
    [
      schedule?.enabled,
      schedule?.nextAt,
      schedule?.nextTimes.length,
      schedule?.cron,
      schedule?.timeZone,
      schedule?.lastTick,
    ],
    [false, null, 5, "@weekly", "UTC", null],
  );
  const ticks = await record.rig.during(record.shown.ticks("look", {}));
  assert.deepEqual(ticks.items, [sensor?.lastTick]);
  assert.deepEqual(record.shown.automation("look"), sensor);
});

test("a backfill shows its assets and how far it is", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    const id = tx.backfills.insert({
      uid: "backfill",
      job: "load_job",
      request: {},
      tagSetId: tx.interned.tagSetId({ team: "eco" }),
      priority: 2,
      originKind: "schedule",
      originName: "weekly",
      reason: "weekly",
      nowMs: tx.nowMs,
      waves: [{ assets: ["load/release"], setId: tx.partitions.setId("sources"), partitionIds: [1, 2, 3] }],
    });
    tx.backfills.start(id, tx.nowMs);
    tx.backfills.addLaunched(id, 2);
    tx.backfills.countEnded(id, "succeeded");
  });
  const view = record.shown.backfill("backfill");
  assert.deepEqual(
    [view.status, view.assets, view.tags, view.origin, view.total, view.launched, view.succeeded],
    ["running", ["load/release"], { team: "eco" }, { kind: "schedule", name: "weekly" }, 3, 2, 1],
  );
  assert.deepEqual(record.shown.backfillsByIds([1, 7]), [view]);
  assert.deepEqual((await record.rig.during(record.shown.backfills({}))).items, [view]);
});

test("what there is not is not found, and a filter that does not read is refused", async () => {
  await using record = await shownRecord(definitions);
  const { shown, rig } = record;
  const notFound = { code: "not_found" };
  for (const ask of [
    () => shown.asset("absent"),
    () => shown.assetPartition("load/release", "absent"),
    () => shown.assetPartition("names", "absent"),
    () => shown.run("absent"),
    () => shown.partitionSet("absent"),
    () => shown.automation("absent"),
    () => shown.backfill("absent"),
  ]) {
    assert.throws(ask, notFound);
  }
  for (const ask of [
    () => shown.assetPartitions("absent", {}),
    () => shown.materializations("absent", {}),
    () => shown.materializations("load/release", { partition: "absent" }),
    () => shown.events("absent", {}),
    () => shown.logs("absent", {}),
    () => shown.partitionKeys("absent", {}),
    () => shown.ticks("absent", {}),
  ]) {
    await assert.rejects(rig.during<unknown>(ask()), notFound);
  }
  await assert.rejects(shown.runs({ createdAfter: "yesterday" }), { code: "invalid_request", message: /createdAfter/ });
  assert.deepEqual(await rig.during(shown.assetPartitions("names", {})), { items: [], nextCursor: null });
});
