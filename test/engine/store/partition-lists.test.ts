import assert from "node:assert/strict";
import { test } from "node:test";
import { dynamicPartitions } from "../../../engine/core/partitions.ts";
import type { PartitionWord } from "../../../engine/core/states.ts";
import { compareUtf8 } from "../../../engine/core/utf8-order.ts";
import { openDatabase } from "../../../engine/store/database.ts";
import type { ListAssetPartitionsParams } from "../../../engine/store/reader/asset-partitions.ts";
import { keyRange } from "../../../engine/store/reader/key-range.ts";
import type { Queries } from "../../../engine/store/reader/queries.ts";
import { chainPlan, insertRun, materialize, things } from "../../rigs/made-runs.ts";
import { recordRig } from "../../rigs/record.ts";

function everyKey(queries: Queries, params: ListAssetPartitionsParams): readonly string[] {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = queries.assetPartitions({ ...params, cursor });
    found.push(...page.items.map((row) => row.key));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

test("an asset's partitions come in key order, each with its newest materialization, failure and live run", async () => {
  await using rig = await recordRig();
  const keys = ["delta", "alpha", "charlie", "bravo", "echo"];
  const failure = { code: "user_code", message: "broken" };
  await rig.write((tx) => {
    tx.partitions.declareSet(things);
    tx.materializations.declareAssets([{ key: "a", setId: tx.partitions.setId("things") }]);
    tx.partitions.add({ set: things, keys, nowMs: tx.nowMs, reason: "test" });
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["a"]) });
    const assetId = tx.materializations.assetId("a");
    const at = (key: string) => ({ assetId, partitionId: tx.partitions.idOf(things, key), runId, ordinal: 0 });
    materialize(tx, { asset: "a", runId, runUid: "run", partitionId: at("alpha").partitionId, dataVersion: "v1" });
    materialize(tx, { asset: "a", runId, runUid: "run", partitionId: at("alpha").partitionId, dataVersion: "v2" });
    materialize(tx, { asset: "a", runId, runUid: "run", partitionId: at("bravo").partitionId, dataVersion: "v1" });
    tx.materializations.setFailed({ ...at("bravo"), runUid: "run", seq: 99, nowMs: tx.nowMs, failure });
    tx.materializations.setLive(at("charlie"));
    tx.partitions.retire({ set: things, keys: ["echo"], nowMs: tx.nowMs, reason: "test" });
  });
  const { queries } = rig;
  const { items } = queries.assetPartitions({ assetId: 1 });
  assert.deepEqual(
    items.map((row) => [row.key, row.word, row.latest?.data_version ?? null, row.failure, row.live_run_uid]),
    [
      ["alpha", "materialized", "v2", null, null],
      ["bravo", "failed", "v1", JSON.stringify(failure), null],
      ["charlie", "running", null, null, "run"],
      ["delta", "missing", null, null, null],
    ],
  );
  for (const [status, key] of [
    ["materialized", "alpha"],
    ["failed", "bravo"],
    ["running", "charlie"],
    ["missing", "delta"],
    ["retired", "echo"],
  ] as const) {
    assert.deepEqual(everyKey(queries, { assetId: 1, status, limit: 1 }), [key]);
  }
  const status = "done" as PartitionWord;
  assert.throws(() => queries.assetPartitions({ assetId: 1, status }), { code: "invalid_request" });
});

test("a value over 16 kB stays out of lists, its size does not", async () => {
  await using rig = await recordRig();
  const values = [JSON.stringify("x".repeat(16_382)), JSON.stringify("x".repeat(16_383))];
  await rig.write((tx) => {
    tx.materializations.declareAssets([{ key: "a", setId: 0 }]);
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["a"]) });
    for (const value of values) materialize(tx, { asset: "a", runId, runUid: "run", dataVersion: "v", value });
  });
  const { items } = rig.queries.materializations({ assetId: 1 });
  assert.deepEqual(
    items.map((row) => [row.value === null, row.value_bytes]),
    [
      [true, 16_385],
      [false, 16_384],
    ],
  );
});

const COUNT = 56_000;
const HALF = COUNT / 2;

test("partitions of a word are found among 56,000, wherever in key order they stand", async () => {
  await using rig = await recordRig();
  const many = dynamicPartitions("many");
  const keyOf = (at: number): string => `key ${String(at).padStart(6, "0")}`;
  await rig.write((tx) => {
    tx.partitions.declareSet(many);
    const setId = tx.partitions.setId("many");
    tx.materializations.declareAssets(["front", "back", "few"].map((key) => ({ key, setId })));
  });
  const outside = openDatabase(rig.file);
  outside.exec(
    `WITH RECURSIVE numbers (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM numbers WHERE at < ${COUNT - 1})
    INSERT INTO partitions (set_id, key, state, added_at_ms, changed_at_ms)
    SELECT 1, printf('key %06d', at * 7919 % ${COUNT}), 'active', 0, 0 FROM numbers`,
  );
  const record = outside.prepare(
    "INSERT INTO asset_partitions (asset_id, partition_id, materialized_seq, failed_seq) " +
      "SELECT ?, id, ?, ? FROM partitions WHERE key >= ? AND key < ? AND set_id <> 0",
  );
  record.run(1, 1, 0, keyOf(0), keyOf(HALF));
  record.run(2, 1, 0, keyOf(HALF), keyOf(COUNT));
  record.run(3, 1, 0, keyOf(0), keyOf(COUNT - 3));
  record.run(3, 0, 1, keyOf(COUNT - 3), keyOf(COUNT - 1));
  outside.close();
  const { queries } = rig;
  const first = (assetId: number, status: PartitionWord, prefix?: string): readonly string[] =>
    queries.assetPartitions({ assetId, status, prefix, limit: 2 }).items.map((row) => row.key);
  assert.deepEqual(first(1, "materialized"), [keyOf(0), keyOf(1)]);
  assert.deepEqual(first(1, "missing"), [keyOf(HALF), keyOf(HALF + 1)]);
  assert.deepEqual(first(2, "materialized"), [keyOf(HALF), keyOf(HALF + 1)]);
  assert.deepEqual(first(2, "missing"), [keyOf(0), keyOf(1)]);
  assert.deepEqual(first(3, "failed"), [keyOf(COUNT - 3), keyOf(COUNT - 2)]);
  assert.deepEqual(first(3, "missing"), [keyOf(COUNT - 1)]);
  assert.deepEqual(first(3, "running"), []);
  assert.deepEqual(first(2, "materialized", "key 0279"), []);
  assert.deepEqual(first(2, "missing", "key 0279"), [keyOf(27_900), keyOf(27_901)]);
  const end = everyKey(queries, { assetId: 2, status: "materialized", prefix: "key 0559", limit: 30 });
  assert.deepEqual(
    end,
    Array.from({ length: 100 }, (_, at) => keyOf(55_900 + at)),
  );
});

test("keys of a set page in their order, of one state or both, and by prefix", async () => {
  await using rig = await recordRig();
  const keys = [
    "a",
    "a|b",
    "ab",
    "abc",
    "a\\",
    "b",
    "ä",
    "\u{10ffff}",
    "\u{10ffff}x",
    "\ue000",
    "\u{1f600}",
    "\ud7ff",
    "\ud7ffz",
  ];
  await rig.write((tx) => {
    tx.partitions.declareSet(things);
    tx.partitions.add({ set: things, keys, nowMs: tx.nowMs, reason: "test" });
    tx.partitions.retire({ set: things, keys: ["ab", "b"], nowMs: tx.nowMs, reason: "test" });
  });
  const { queries } = rig;
  const setId = rig.store.tables.partitions.setId("things");
  const all = (params: { state?: "active" | "retired"; prefix?: string }): readonly string[] => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = queries.partitionKeys({ setId, ...params, limit: 2, cursor });
      found.push(...page.items.map((row) => row.key));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };
  const sorted = keys.toSorted(compareUtf8);
  assert.deepEqual(all({}), sorted);
  assert.deepEqual(all({ state: "retired" }), ["ab", "b"]);
  assert.deepEqual(
    all({ state: "active" }),
    sorted.filter((key) => key !== "ab" && key !== "b"),
  );
  for (const prefix of ["", "a", "ab", "\ud7ff", "\u{10ffff}", "none"]) {
    assert.deepEqual(
      all({ prefix }),
      sorted.filter((key) => key.startsWith(prefix)),
      JSON.stringify(prefix),
    );
  }
});

test("a cursor from outside of a prefix moves no page out of it", () => {
  assert.deepEqual(keyRange({ prefix: "b", after: "a" }), { from: "b", below: "c" });
  assert.deepEqual(keyRange({ prefix: "b", after: "bb" }), { from: "bb\u0000", below: "c" });
  assert.deepEqual(keyRange({ prefix: "b", after: "z" }), { from: "z\u0000", below: "c" });
});
