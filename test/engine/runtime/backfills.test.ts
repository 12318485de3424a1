import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defineAsset,
  dynamicPartitions,
  isEngineError,
  productPartitions,
  staticPartitions,
} from "../../../engine/index.ts";
import { BACKFILL_WINDOW_RUNS } from "../../../engine/runtime/backfill-loop.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

test("a request for more than one run is a backfill whose runs are all made", async () => {
  const names = Array.from({ length: 250 }, (_, index) => `k${index}`);
  const keys = staticPartitions("keys", names);
  const asset = defineAsset({
    key: "a",
    partitions: keys,
    run({ partition }) {
      if (partition.key === "k7") throw new Error("seven");
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset] });
  const { backfill } = await rig.engine.commands.materialize({ assets: ["a"], partitions: "all" }, operator);
  const ended = await rig.endedBackfill(backfill ?? "");
  assert.equal(ended.status, "failed");
  assert.deepEqual([ended.total, ended.succeeded, ended.failed], [250, 249, 1]);
  const { partitions } = rig.engine.queries.asset("a");
  assert.deepEqual([partitions?.materialized, partitions?.failed, partitions?.missing], [249, 1, 0]);
  const again = await rig.engine.commands.materialize({ assets: ["a"], partitions: "failed" }, operator);
  assert.equal(again.runs.length, 1);
});

test("no more runs wait than the window allows", async () => {
  const keys = staticPartitions(
    "keys",
    Array.from({ length: BACKFILL_WINDOW_RUNS + 500 }, (_, index) => `k${index}`),
  );
  const open = gate();
  const asset = defineAsset({ key: "a", partitions: keys, run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({ definitions: [asset], limits: [{ kind: "runs", maximum: 1 }] });
  const { backfill } = await rig.engine.commands.materialize({ assets: ["a"], partitions: "all" }, operator);
  for (let round = 0; round < 50; round++) await rig.settle();
  assert.equal(rig.engine.queries.backfill(backfill ?? "").launched, BACKFILL_WINDOW_RUNS);
  await rig.engine.commands.cancelBackfill(backfill ?? "", operator);
  open.open();
  const ended = await rig.endedBackfill(backfill ?? "");
  assert.equal(ended.status, "canceled");
  assert.equal(ended.succeeded + ended.failed + ended.canceled, BACKFILL_WINDOW_RUNS);
});

test("differently partitioned assets run wave after wave", async () => {
  const sources = dynamicPartitions("sources", { dimension: "source" });
  const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
  const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
  const order: string[] = [];
  const config = defineAsset({ key: "config", run: () => (order.push("config"), 1) });
  const release = defineAsset({
    key: "release",
    partitions: sources,
    deps: { config },
    run: ({ partition }) => (order.push(`release ${partition.key}`), 1),
  });
  const load = defineAsset({
    key: "load",
    partitions: pairs,
    deps: { release },
    run: ({ partition }) => (order.push(`load ${partition.key}`), 1),
  });
  await using rig = await engineRig({ definitions: [config, release, load] });
  await rig.engine.commands.addPartitions("sources", { keys: ["x", "y"], actor: operator });
  await rig.engine.commands.addPartitions("pairs", { keys: ["x|t", "y|t"], actor: operator });
  const { backfill } = await rig.engine.commands.materialize({ selection: "*", partitions: { source: "x" } }, operator);
  assert.equal((await rig.endedBackfill(backfill ?? "")).status, "succeeded");
  assert.deepEqual(order, ["config", "release x", "load x|t"]);
});

test("a preview shows the runs and steps with their reasons and records nothing", async () => {
  const keys = staticPartitions("keys", ["a", "b"]);
  const up = defineAsset({ key: "up", partitions: keys, run: () => 1 });
  const down = defineAsset({ key: "down", partitions: keys, deps: { up }, run: () => 1 });
  await using rig = await engineRig({ definitions: [up, down] });
  const preview = await rig.engine.commands.preview({ selection: "up+", partitions: "missing" });
  assert.deepEqual([preview.runs, preview.steps], [2, 4]);
  assert.deepEqual(
    preview.waves[0]?.firstRun.map((step) => [step.assets[0], step.partition, step.after]),
    [
      ["up", "a", []],
      ["down", "a", [0]],
    ],
  );
  assert.equal((await rig.engine.queries.runs({})).items.length, 0);
});

test("a key that does not exist is refused by name, and nothing is made", async () => {
  const keys = staticPartitions("keys", ["a"]);
  const asset = defineAsset({ key: "x", partitions: keys, run: () => 1 });
  await using rig = await engineRig({ definitions: [asset] });
  await assert.rejects(
    rig.engine.commands.materialize({ assets: ["x"], partitions: ["a", "nope"] }, operator),
    (error) => {
      return isEngineError(error, "not_found") && error.message.includes('"nope"');
    },
  );
  await assert.rejects(rig.engine.commands.materialize({ assets: ["x"] }, operator), /say which partitions/);
});

test("a backfill goes on after a kill", async () => {
  const keys = staticPartitions(
    "keys",
    Array.from({ length: 300 }, (_, index) => `k${index}`),
  );
  const open = gate();
  let slow = true;
  const made = new Map<string, number>();
  const asset = defineAsset({
    key: "a",
    partitions: keys,
    async run({ partition }) {
      if (slow && made.size >= 50) await open.passed;
      made.set(partition.key, (made.get(partition.key) ?? 0) + 1);
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset] });
  const { backfill } = await rig.engine.commands.materialize({ assets: ["a"], partitions: "all" }, operator);
  for (let round = 0; round < 20; round++) await rig.settle();
  slow = false;
  const after = await rig.crash();
  const ended = await after.endedBackfill(backfill ?? "");
  assert.equal(ended.status, "succeeded");
  assert.equal(made.size, 300);
  assert.ok([...made.values()].every((times) => times === 1));
});
