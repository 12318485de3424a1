import assert from "node:assert/strict";
import { test } from "node:test";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { addKeys, definitions, failure, sources } from "../../rigs/shown-definitions.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

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
    checks: [],
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
      checks: [],
      partitionSet: "sources",
      tags: { ingest: "docker" },
      priority: 3,
      timeoutMs: 60_000,
      onFailure: "stop",
      concurrency: null,
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
