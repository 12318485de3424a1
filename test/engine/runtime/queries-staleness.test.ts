import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asset, afterEnd, defineAsset, mapped } from "../../../engine/core/assets.ts";
import type { Definition } from "../../../engine/core/catalog.ts";
import { dynamicPartitions, productPartitions } from "../../../engine/core/partitions.ts";
import { openStaleness, type Staleness } from "../../../engine/runtime/queries/staleness.ts";
import { loadInputs } from "../../../engine/runtime/inputs.ts";
import { openDatabase } from "../../../engine/store/database.ts";
import type { Store } from "../../../engine/store/store.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { type SeededRandom, seededRandom } from "../../rigs/seeded-random.ts";
import { type ShownRecord, shownRecord } from "../../rigs/shown-record.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const zones = dynamicPartitions("zones");
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const triples = productPartitions("triples", { zone: zones, tenant: tenants, source: sources });
const days = dynamicPartitions("days");
const sets = { sources, tenants, zones, days, pairs, triples };

const base = defineAsset({ key: "base", run: () => 1 });
const perSource = defineAsset({
  key: "per_source",
  partitions: sources,
  deps: { base },
  codeVersion: "2",
  run: () => 1,
});
const same = defineAsset({ key: "same", partitions: sources, deps: { perSource }, run: () => 1 });
const part = defineAsset({ key: "part", partitions: pairs, deps: { perSource, base }, run: () => 1 });
const match = defineAsset({ key: "match", partitions: tenants, deps: { part }, run: () => 1 });
const through = defineAsset({ key: "through", partitions: tenants, deps: { perSource }, run: () => 1 });
const far = defineAsset({ key: "far", partitions: zones, deps: { perSource }, run: () => 1 });
const all = defineAsset({ key: "all", partitions: days, deps: { perSource }, run: () => 1 });
const named = defineAsset({
  key: "named",
  partitions: sources,
  deps: { perSource: mapped(perSource, ({ key }) => [key, "iris"]) },
  run: () => 1,
});
const several = defineAsset({ key: "several", partitions: triples, deps: { part }, run: () => 1 });
const late = defineAsset({ key: "late", partitions: sources, deps: { perSource: afterEnd(perSource) }, run: () => 1 });
const assets = [base, perSource, same, part, match, through, far, all, named, several, late];
const scheduler = { defer: (task: () => void) => void setImmediate(task) };
const definitions: readonly Definition[] = [...Object.values(sets), ...assets];

const KEYS = {
  sources: ["iris", "ocean", "rocks"],
  tenants: ["eco", "deep"],
  zones: ["north", "south"],
  days: ["mon", "tue"],
  pairs: ["iris|eco", "iris|deep", "ocean|eco", "rocks|deep"],
  triples: ["north|eco|iris", "south|eco|iris", "north|deep|rocks"],
};
const OPERATIONS = 120;
const COMPARED_EVERY = 6;
const SEEDS = process.env["SHEAF_TEST_SEED"] === undefined ? [1, 2, 3] : [Number(process.env["SHEAF_TEST_SEED"])];

async function make(
  record: ShownRecord,
  asset: Asset,
  made: { key: string | null; version: string; code?: string },
): Promise<void> {
  const { rig, catalog } = record;
  const { versions } = await loadInputs(asset.step, {
    store: rig.store,
    catalog,
    key: made.key,
    scheduler,
    checkLive: () => {},
  });
  await rig.write((tx) => {
    const { tables } = rig.store;
    const partitionId =
      made.key === null || asset.partitions === null ? 0 : tables.partitions.idOf(asset.partitions, made.key);
    const runId = tx.runs.byUid("run")?.id ?? insertRun(tx, { uid: "run", plan: chainPlan([asset.key]) });
    materialize(tx, {
      asset: asset.key,
      partitionId,
      runId,
      runUid: "run",
      dataVersion: made.version,
      codeVersion: made.code ?? asset.codeVersion,
      inputs: versions.map((one) => ({
        asset: tables.materializations.assets().find((row) => row.id === one.assetId)?.key ?? "",
        partitionId: one.partitionId,
        dataVersion: one.dataVersion,
      })),
    });
  });
}

/** The stale partitions of an asset, found in the slowest and plainest way: what would it read now? */
async function plainCount({ rig, catalog }: ShownRecord, asset: Asset): Promise<number> {
  const { tables } = rig.store;
  const assetId = tables.materializations.assetId(asset.key);
  const outside = openDatabase(rig.file);
  const used = outside.prepare<[number], { asset_id: number; partition_id: number; data_version: string }>(
    "SELECT asset_id, partition_id, data_version FROM materialization_inputs WHERE materialization_id = ?",
  );
  const spell = (rows: readonly (readonly [number, number, string])[]): string =>
    rows
      .map((row) => JSON.stringify(row))
      .toSorted()
      .join(" ");
  let stale = 0;
  for (const row of asset.partitions === null ? [] : tables.partitions.active(asset.partitions.name)) {
    const record = tables.materializations.partition(assetId, row.id);
    if (record?.word !== "materialized") continue;
    const latest = tables.materializations.latest(assetId, row.id);
    const before = used.all(latest?.id ?? 0).map((one) => [one.asset_id, one.partition_id, one.data_version] as const);
    const { versions } = await loadInputs(asset.step, {
      store: rig.store,
      catalog,
      key: row.key,
      scheduler,
      checkLive: () => {},
    });
    const now = versions.map((one) => [one.assetId, one.partitionId, one.dataVersion] as const);
    const isOtherCode = asset.codeVersion !== null && latest?.code_version !== asset.codeVersion;
    if (isOtherCode || spell(before) !== spell(now)) stale++;
  }
  outside.close();
  return stale;
}

/** The counts as the engine finds them, once it has. */
async function settledCounts(
  { rig, catalog }: ShownRecord,
  staleness: Staleness,
): Promise<ReadonlyMap<string, number>> {
  const ask = (): ReadonlyMap<string, number> =>
    new Map(
      rig.store.tables.materializations.assets().flatMap((row) => {
        const asset = catalog.assets.get(row.key);
        return asset === undefined ? [] : [[row.key, asset.partitions === null ? 0 : staleness.count(asset, row)]];
      }),
    );
  ask();
  await rig.during(staleness.settled());
  return ask();
}

async function operate(record: ShownRecord, random: SeededRandom): Promise<void> {
  const name = random.pick(Object.keys(sets) as (keyof typeof sets)[]);
  const key = random.pick(KEYS[name]);
  const change = { set: sets[name], keys: [key], reason: "test" };
  const what = random.below(10);
  if (what === 0) {
    await record.rig.write((tx) => {
      tx.partitions.retire({ ...change, nowMs: tx.nowMs });
      tx.emit({ type: "partitions.changed", data: { set: name, added: 0, retired: 1, keys: [key], reason: "test" } });
    });
    return;
  }
  if (what < 3) {
    await record.rig.write((tx) => {
      tx.partitions.add({ ...change, nowMs: tx.nowMs });
      tx.emit({ type: "partitions.changed", data: { set: name, added: 1, retired: 0, keys: [key], reason: "test" } });
    });
    return;
  }
  const asset = random.pick(assets);
  const active = asset.partitions === null ? [null] : record.rig.store.tables.partitions.active(asset.partitions.name);
  if (active.length === 0) return;
  const version = `v${random.below(3)}`;
  await make(record, asset, {
    key: random.pick(active)?.key ?? null,
    version,
    ...(random.below(6) === 0 ? { code: "1" } : {}),
  });
}

function openedStaleness({ rig, catalog }: ShownRecord): Staleness & Disposable {
  const staleness = openStaleness({ store: rig.store, clock: rig.clock, catalog });
  return { ...staleness, [Symbol.dispose]: () => staleness.close() };
}

async function until(holds: () => boolean, { store }: ShownRecord["rig"]): Promise<void> {
  for (let round = 0; round < 1000 && !holds(); round++) await store.reader.query("audit", {});
  assert.ok(holds());
}

/** Recounts ask the reader one question after the other; this one comes after all of them. */
async function settle({ rig, shown }: ShownRecord): Promise<void> {
  for (let asked = 0; asked < assets.length * 2; asked++) {
    shown.assets();
    await rig.during(rig.store.reader.query("audit", {}));
  }
}

for (const seed of SEEDS) {
  test(`stale counts equal what a plain comparison finds, however partitions relate (seed ${seed})`, async () => {
    await using record = await shownRecord(definitions);
    using staleness = openedStaleness(record);
    const random = seededRandom(seed);
    let staleSeen = 0;
    await record.rig.write((tx) => {
      for (const [name, set] of Object.entries(sets)) {
        tx.partitions.add({ set, keys: KEYS[name as keyof typeof sets], nowMs: tx.nowMs, reason: "test" });
      }
    });
    for (let count = 0; count < OPERATIONS; count++) {
      await operate(record, random);
      if (count % COMPARED_EVERY > 0) continue;
      const counts = await settledCounts(record, staleness);
      for (const asset of assets) {
        const expected = await plainCount(record, asset);
        staleSeen += expected;
        assert.equal(counts.get(asset.key), expected, `${asset.key} after operation ${count}, SHEAF_TEST_SEED=${seed}`);
      }
    }
    assert.ok(staleSeen > 20, `${staleSeen} stale partitions seen`);
  });
}

test("inputs over the bound are compared by their digest", async () => {
  await using record = await shownRecord(definitions);
  using staleness = openedStaleness(record);
  const { rig } = record;
  const count = async (): Promise<number | undefined> => (await settledCounts(record, staleness)).get("all");
  const keys = Array.from({ length: 1001 }, (_, at) => `source ${at}`);
  await rig.write((tx) => {
    tx.partitions.add({ set: sources, keys, nowMs: tx.nowMs, reason: "test" });
    tx.partitions.add({ set: days, keys: ["mon"], nowMs: tx.nowMs, reason: "test" });
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["per_source"]) });
    for (const key of keys) {
      const partitionId = tx.partitions.idOf(sources, key);
      materialize(tx, { asset: "per_source", partitionId, runId, runUid: "run", dataVersion: "v", codeVersion: "2" });
    }
  });
  await make(record, all, { key: "mon", version: "v" });
  const inputs = openDatabase(rig.file);
  assert.deepEqual(inputs.prepare("SELECT DISTINCT partition_id FROM materialization_inputs").pluck().all(), [-1]);
  inputs.close();
  assert.equal(await count(), 0);
  await make(record, perSource, { key: "source 500", version: "w" });
  assert.equal(await count(), 1);
  await make(record, perSource, { key: "source 500", version: "v" });
  assert.equal(await count(), 0);
});

test("who shows a count is told when a recount changes it, without asking again", async () => {
  await using record = await shownRecord(definitions);
  const { rig, shown } = record;
  await rig.write((tx) => tx.partitions.add({ set: sources, keys: ["iris"], nowMs: tx.nowMs, reason: "test" }));
  await make(record, perSource, { key: "iris", version: "v1" });
  await make(record, same, { key: "iris", version: "v1" });
  await settle(record);
  const told: string[] = [];
  const stop = shown.onStaleChanged((key) => told.push(`${key} ${shown.asset(key).partitions?.stale}`));
  await make(record, perSource, { key: "iris", version: "v2" });
  for (let asked = 0; asked < assets.length; asked++) await rig.during(rig.store.reader.query("audit", {}));
  assert.deepEqual(told, ["same 1"]);
  stop();
});

test("counting ends with the views, and nothing is left waiting", async () => {
  await using record = await shownRecord(definitions);
  record.shown.assets();
  record.shown.close();
  await record.rig.clock.settle();
  record.shown.assets();
  await record.rig.close();
  assert.equal(record.rig.clock.pending, 0);
});

test("what changes while it is counted is counted again, without asking", async () => {
  await using record = await shownRecord(definitions);
  const { rig, catalog } = record;
  const asked: PromiseWithResolvers<void>[] = [];
  const reader: Store["reader"] = {
    close: () => rig.store.reader.close(),
    async query(name, params, options) {
      const answer = await rig.store.reader.query(name, params, options);
      const held = Promise.withResolvers<void>();
      asked.push(held);
      await held.promise;
      return answer;
    },
  };
  const staleness = openStaleness({ store: { ...rig.store, reader }, clock: rig.clock, catalog });
  await rig.write((tx) => tx.partitions.add({ set: sources, keys: ["iris"], nowMs: tx.nowMs, reason: "test" }));
  await make(record, perSource, { key: "iris", version: "v1" });
  await make(record, same, { key: "iris", version: "v1" });
  const row = rig.store.tables.materializations.asset("same");
  assert.ok(row);
  assert.equal(staleness.count(same, row), 0);
  await rig.during(until(() => asked.length === 1, rig));
  await make(record, perSource, { key: "iris", version: "v2" });
  asked[0]?.resolve();
  await rig.during(until(() => asked.length === 2, rig));
  asked[1]?.resolve();
  await rig.during(staleness.settled());
  assert.equal(staleness.count(same, row), 1);
  staleness.close();
});

test("recounts take a twentieth of the reader's time, however fast things change", async () => {
  await using record = await shownRecord(definitions);
  const { rig, catalog } = record;
  let asked = 0;
  const reader: Store["reader"] = {
    close: () => rig.store.reader.close(),
    query(name, params, options) {
      asked++;
      return rig.store.reader.query(name, params, options);
    },
  };
  const clock = { ...rig.clock, monotonic: () => rig.clock.monotonic() + asked * 50 };
  const staleness = openStaleness({ store: { ...rig.store, reader }, clock, catalog });
  await rig.write((tx) => tx.partitions.add({ set: sources, keys: ["iris"], nowMs: tx.nowMs, reason: "test" }));
  const change = async (version: string): Promise<void> => {
    await make(record, same, { key: "iris", version });
    const row = rig.store.tables.materializations.asset("same");
    if (row !== undefined) staleness.count(same, row);
  };
  await change("v1");
  await rig.during(staleness.settled());
  assert.equal(asked, 1);
  for (let at = 0; at < 9; at++) {
    await change(`v${at}`);
    await rig.clock.advance(100);
  }
  assert.equal(asked, 1);
  await rig.clock.advance(99);
  assert.equal(asked, 1);
  await rig.clock.advance(1);
  assert.equal(asked, 2);
  await rig.during(staleness.settled());
  staleness.close();
});
