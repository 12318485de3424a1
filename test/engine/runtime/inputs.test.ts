import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset } from "../../../engine/core/assets.ts";
import { dynamicPartitions } from "../../../engine/core/partitions.ts";
import { loadInputs } from "../../../engine/runtime/inputs.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

const sources = dynamicPartitions("sources");
const page = defineAsset({ key: "page", partitions: sources, run: () => 1 });
const summary = defineAsset({ key: "summary", deps: { page }, run: () => 1 });
const PARTITIONS = 700;

test("the versions of a large collection are looked up in several turns, and its values not before they are asked for", async () => {
  await using record = await shownRecord([sources, page, summary]);
  const { store } = record.rig;
  const keys = Array.from({ length: PARTITIONS }, (_, index) => `source-${index}`);
  await record.rig.write((tx) => {
    tx.partitions.add({ set: sources, keys, nowMs: tx.nowMs, reason: "test" });
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["page"]) });
    for (const key of keys.slice(1)) {
      const partitionId = store.tables.partitions.idOf(sources, key);
      materialize(tx, { asset: "page", partitionId, runId, runUid: "run", dataVersion: `of ${key}`, inputs: [] });
    }
  });
  let turns = 0;
  let checks = 0;
  let read = 0;
  const { latest } = store.tables.materializations;
  const materializations = {
    ...store.tables.materializations,
    latest: (assetId: number, partitionId: number) => {
      read++;
      return latest(assetId, partitionId);
    },
  };
  const loaded = await loadInputs(summary.step, {
    store: { ...store, tables: { ...store.tables, materializations } },
    catalog: record.catalog,
    key: null,
    scheduler: {
      defer(task) {
        turns++;
        setImmediate(task);
      },
    },
    checkLive: () => void checks++,
  });
  assert.deepEqual([turns, checks, read], [2, 2, 0]);
  assert.equal(loaded.versions.length, PARTITIONS - 1);
  assert.deepEqual(
    loaded.versions.map(({ dataVersion }) => dataVersion).toSorted(),
    keys
      .slice(1)
      .map((key) => `of ${key}`)
      .toSorted(),
  );
  assert.equal(await loaded.collections.get("page")?.get("source-2"), "of source-2");
  assert.equal(read, 1);
});
