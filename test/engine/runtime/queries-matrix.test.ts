import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, dynamicPartitions, productPartitions } from "../../../engine/index.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { failure } from "../../rigs/shown-definitions.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const summon = defineAsset({ key: "summon", partitions: sources, run: () => null });
const upload = defineAsset({ key: "upload", partitions: pairs, run: () => null });
const plain = defineAsset({ key: "plain", run: () => null });
const definitions = [sources, tenants, pairs, summon, upload, plain];

function addKeys(tx: Transaction): void {
  const change = { nowMs: tx.nowMs, reason: "test" };
  tx.partitions.add({ set: sources, keys: ["iris", "obis", "rocks"], ...change });
  tx.partitions.add({ set: tenants, keys: ["deep", "eco"], ...change });
  tx.partitions.add({ set: pairs, keys: ["iris|eco", "iris|deep", "rocks|eco"], ...change });
}

function make(tx: Transaction, { asset, key, fails = false }: { asset: string; key: string; fails?: boolean }): void {
  const runId = insertRun(tx, { uid: `${asset} ${key}`, plan: chainPlan([asset]) });
  const partitionId = tx.partitions.idOf(asset === "upload" ? pairs : sources, key);
  materialize(tx, { asset, runId, runUid: "run", partitionId, dataVersion: "v", value: "1" });
  if (!fails) return;
  const place = { assetId: tx.materializations.assetId(asset), partitionId, runId, ordinal: 0 };
  tx.materializations.setFailed({ ...place, runUid: "run", seq: 999, nowMs: tx.nowMs + 5000, failure });
}

test("a product's matrix has a row for each key, a cell for each active pair, and a gap where there is none", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, { asset: "upload", key: "iris|eco" });
    make(tx, { asset: "upload", key: "rocks|eco", fails: true });
  });
  const madeAtS = Date.parse("2026-01-01T00:00:00.000Z") / 1000;
  const { items, ...rest } = await record.shown.matrix("upload", {});
  assert.deepEqual(rest, {
    rowDimension: "source",
    columnDimension: "tenant",
    words: ["running", "failed", "missing", "materialized"],
    columns: ["deep", "eco"],
    nextCursor: null,
  });
  const cells = new Map(items.map((row) => [row.key, row.cells]));
  assert.deepEqual([...cells.keys()], ["iris", "obis", "rocks"]);
  assert.deepEqual(
    [...(cells.get("iris") ?? [])].toSorted((a, b) => a - b),
    [0, 0, 1, 2, 3, madeAtS].toSorted((a, b) => a - b),
  );
  assert.deepEqual(cells.get("obis"), []);
  assert.deepEqual(cells.get("rocks"), [1, 1, madeAtS + 5]);
});

test("rows and columns change places when asked", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write(addKeys);
  const { columns, items } = await record.shown.matrix("upload", { rows: "tenant" });
  assert.deepEqual(columns, ["iris", "obis", "rocks"]);
  assert.deepEqual(
    items.map(({ key, cells }) => [key, cells]),
    [
      ["deep", [0, 2, 0]],
      ["eco", [0, 2, 0, 2, 2, 0]],
    ],
  );
});

test("an asset of one dimension has one cell a row, and no columns", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, { asset: "summon", key: "obis", fails: true });
    tx.partitions.retire({ set: sources, keys: ["rocks"], nowMs: tx.nowMs, reason: "test" });
  });
  const { columnDimension, columns, items } = await record.shown.matrix("summon", {});
  assert.deepEqual([columnDimension, columns], [null, []]);
  assert.deepEqual(
    items.map(({ key, cells }) => [key, cells.slice(0, 2)]),
    [
      ["iris", [0, 2]],
      ["obis", [0, 1]],
    ],
  );
});

test("a matrix of many cells comes in pages of whole rows that leave none out", async () => {
  await using record = await shownRecord(definitions);
  const keys = Array.from({ length: 5000 }, (_, at) => `s${String(at).padStart(5, "0")}`);
  await record.rig.write((tx) => {
    tx.partitions.add({ set: sources, keys, nowMs: tx.nowMs, reason: "test" });
  });
  const seen: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await record.shown.matrix("summon", { cursor });
    seen.push(...page.items.map(({ key }) => key));
    cursor = page.nextCursor ?? undefined;
    pages++;
  } while (cursor !== undefined);
  assert.deepEqual(seen, keys);
  assert.equal(pages > 1, true);
});

test("a matrix says which dimensions there are, and that an asset has none", async () => {
  await using record = await shownRecord(definitions);
  await assert.rejects(record.shown.matrix("upload", { rows: "region" }), {
    message: '"upload" has no dimension "region"; it has source, tenant',
  });
  await assert.rejects(record.shown.matrix("plain", {}), { message: '"plain" has no partitions' });
});

test("failures are listed newest first, over all assets, until they are put right", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, { asset: "upload", key: "rocks|eco", fails: true });
  });
  await record.rig.clock.advance(60_000);
  await record.rig.write((tx) => make(tx, { asset: "summon", key: "iris", fails: true }));
  const { items } = await record.shown.failures({});
  assert.deepEqual(
    items.map(({ asset, partition, error }) => [asset, partition, error.message]),
    [
      ["summon", "iris", failure.message],
      ["upload", "rocks|eco", failure.message],
    ],
  );
  assert.equal((await record.shown.failures({ limit: 1 })).items.length, 1);
});

test("runs are counted by how they ended between each instant and the next", async () => {
  await using record = await shownRecord(definitions);
  const day = 86_400_000;
  const start = Date.parse("2026-01-01T00:00:00.000Z");
  const end = async (uid: string, status: "succeeded" | "failed"): Promise<void> => {
    await record.rig.write((tx) => {
      const id = insertRun(tx, { uid, plan: chainPlan(["plain"]) });
      tx.runs.start(id, tx.nowMs);
      tx.runs.end({ id, status, nowMs: tx.nowMs, error: null });
    });
  };
  await end("a", "succeeded");
  await record.rig.clock.advance(day);
  await end("b", "failed");
  await end("c", "succeeded");
  const at = [0, 1, 2].map((days) => new Date(start + days * day).toISOString());
  assert.deepEqual(await record.shown.runCounts(at), [
    { from: at[0], to: at[1], succeeded: 1, failed: 0, canceled: 0 },
    { from: at[1], to: at[2], succeeded: 1, failed: 1, canceled: 0 },
  ]);
});
