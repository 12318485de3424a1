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
const definitions = [sources, tenants, pairs, summon, upload];

function addKeys(tx: Transaction): void {
  const change = { nowMs: tx.nowMs, reason: "test" };
  tx.partitions.add({ set: sources, keys: ["iris", "obis", "rocks"], ...change });
  tx.partitions.add({ set: tenants, keys: ["deep", "eco", "iow"], ...change });
  tx.partitions.add({ set: pairs, keys: ["iris|eco", "iris|deep", "obis|eco", "rocks|eco"], ...change });
  tx.partitions.retire({ set: pairs, keys: ["rocks|eco"], ...change });
}

function make(tx: Transaction, key: string, { fails = false } = {}): void {
  const runId = insertRun(tx, { uid: key, plan: chainPlan(["upload"]) });
  const partitionId = tx.partitions.idOf(pairs, key);
  materialize(tx, { asset: "upload", runId, runUid: "run", partitionId, dataVersion: "v" });
  if (!fails) return;
  const place = { assetId: tx.materializations.assetId("upload"), partitionId, runId, ordinal: 0 };
  tx.materializations.setFailed({ ...place, runUid: "run", seq: 999, nowMs: tx.nowMs, failure });
}

test("partitions are counted by their key in a dimension, in the order of keys, without retired ones", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    addKeys(tx);
    make(tx, "iris|eco");
    make(tx, "obis|eco", { fails: true });
  });
  const none = { total: 0, materialized: 0, missing: 0, failed: 0, running: 0 };
  assert.deepEqual(await record.shown.keyCounts("upload", "tenant"), {
    dimension: "tenant",
    items: [
      { ...none, key: "deep", total: 1, missing: 1 },
      { ...none, key: "eco", total: 2, materialized: 1, failed: 1 },
      { ...none, key: "iow" },
    ],
    isCurrent: true,
    nextCursor: null,
  });
  const { items } = await record.shown.keyCounts("upload", "source");
  assert.deepEqual(
    items.map(({ key, total }) => [key, total]),
    [
      ["iris", 2],
      ["obis", 1],
      ["rocks", 0],
    ],
  );
});

test("a count of before a change is told as such until it was counted anew", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write(addKeys);
  const made = async () => {
    const { items, isCurrent } = await record.shown.keyCounts("upload", "tenant");
    return [items.map(({ materialized }) => materialized).join(), isCurrent];
  };
  assert.deepEqual(await made(), ["0,0,0", true]);
  await record.rig.write((tx) => make(tx, "iris|eco"));
  assert.deepEqual(await made(), ["0,0,0", false]);
  let now = await made();
  for (; now[1] === false; now = await made()) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(now, ["0,1,0", true]);
});

test("what has not several dimensions, or not this one, is refused", async () => {
  await using record = await shownRecord(definitions);
  await assert.rejects(record.shown.keyCounts("summon", "source"), {
    message: '"summon" has no partitions of several dimensions',
  });
  await assert.rejects(record.shown.keyCounts("upload", "region"), {
    message: '"upload" has no dimension "region"; it has source, tenant',
  });
});
