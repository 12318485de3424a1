import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import {
  defineAsset,
  defineJob,
  defineSchedule,
  dynamicPartitions,
  isEngineError,
  mapped,
  productPartitions,
  staticPartitions,
} from "../../../engine/index.ts";
import { BACKFILL_WINDOW_RUNS } from "../../../engine/runtime/backfill-loop.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";

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

/** A job over all keys that a schedule asks for, again until it has succeeded. */
function scheduledBackfill(run: () => number | Promise<number>) {
  const keys = staticPartitions("keys", ["a", "b", "c"]);
  const asset = defineAsset({ key: "x", partitions: keys, run });
  const job = defineJob({ name: "j", assets: [asset] });
  const schedule = defineSchedule({
    name: "s",
    cron: "@yearly",
    evaluate: () => ({
      runs: [{ job, partitions: "all", runKey: "k", keyPolicy: "until-success", reason: "due" }],
      reason: "due",
    }),
  });
  return { keys, definitions: [asset, job, schedule] };
}

async function askSchedule(rig: EngineRig, launch: boolean) {
  const shown = await rig.engine.commands.evaluate("s", { atMs: rig.clock.now(), launch, actor: operator });
  const { items } = await rig.engine.queries.backfills({});
  return { wouldRun: shown.requests[0]?.wouldRun, backfill: items[0]?.id ?? "" };
}

test("the run key of a backfill that is canceled before its first run may be used again", async () => {
  await using rig = await engineRig(scheduledBackfill(() => 1));
  const { tick } = await rig.engine.commands.evaluate("s", { atMs: rig.clock.now(), launch: true, actor: operator });
  const backfill = tick?.backfills[0] ?? "";
  await rig.engine.commands.cancelBackfill(backfill, operator);
  assert.equal(rig.engine.queries.backfill(backfill).launched, 0);
  assert.equal(rig.engine.queries.backfill(backfill).status, "canceled");
  assert.equal((await askSchedule(rig, false)).wouldRun, true);
});

test("a backfill whose asset left the code fails, and its run key may be used again", async () => {
  const { keys, definitions } = scheduledBackfill(() => 1);
  await using rig = await engineRig({ definitions, limits: [{ kind: "runs", maximum: 0 }] });
  const { backfill } = await askSchedule(rig, true);
  const outside = new Database(path.join(rig.dataDir, "sheaf.db"));
  outside.exec("UPDATE backfills SET launched = 0; DELETE FROM runs");
  outside.close();
  const other = defineAsset({ key: "y", partitions: keys, run: () => 1 });
  const job = defineJob({ name: "j", assets: [other] });
  const schedule = defineSchedule({
    name: "s",
    cron: "@yearly",
    evaluate: () => ({
      runs: [{ job, partitions: "all", runKey: "k", keyPolicy: "until-success", reason: "due" }],
      reason: "due",
    }),
  });
  const after = await rig.crash([other, job, schedule]);
  const ended = await after.endedBackfill(backfill);
  assert.equal(ended.status, "failed");
  assert.match(ended.error?.message ?? "", /x is not in the code any more/);
  assert.equal((await askSchedule(after, false)).wouldRun, true);
});

test("a backfill that was being canceled when the engine was killed has its runs canceled after it", async () => {
  let starts = 0;
  const { definitions } = scheduledBackfill(() => (starts++, new Promise<number>(() => {})));
  await using rig = await engineRig({ definitions, limits: [{ kind: "runs", maximum: 1 }] });
  const { backfill } = await askSchedule(rig, true);
  await rig.settle();
  assert.equal(starts, 1);
  const outside = new Database(path.join(rig.dataDir, "sheaf.db"));
  outside.exec("UPDATE backfills SET status = 'canceling', reason = 'canceled by a test'");
  outside.close();
  const after = await rig.crash();
  await after.advance(10_000);
  const ended = await after.endedBackfill(backfill);
  assert.equal(ended.status, "canceled");
  assert.equal(ended.canceled, 3);
});

test("a backfill that cannot be planned fails by itself, and another goes on", async () => {
  const keys = staticPartitions("keys", ["a", "b"]);
  const up = defineAsset({ key: "up", partitions: keys, run: () => 1 });
  const down = defineAsset({
    key: "down",
    partitions: keys,
    deps: {
      up: mapped(up, () => {
        throw new TypeError("no such month");
      }),
    },
    run: () => 1,
  });
  await using rig = await engineRig({ definitions: [up, down] });
  const bad = await rig.engine.commands.materialize({ assets: ["up", "down"], partitions: "all" }, operator);
  const good = await rig.engine.commands.materialize({ assets: ["up"], partitions: "all" }, operator);
  const failed = await rig.endedBackfill(bad.backfill ?? "");
  assert.equal(failed.status, "failed");
  assert.match(failed.error?.message ?? "", /no such month/);
  assert.equal((await rig.endedBackfill(good.backfill ?? "")).status, "succeeded");
  assert.match(String(rig.problems.splice(0)), /no such month/);
});

test("the runs of a backfill over pairs keep the order of their dependent assets", async () => {
  const sources = dynamicPartitions("sources", { dimension: "source" });
  const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
  const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
  const order: string[] = [];
  const load = defineAsset({
    key: "load",
    partitions: pairs,
    run: ({ partition }) => order.push(`load ${partition.key}`),
  });
  const check = defineAsset({
    key: "check",
    partitions: pairs,
    deps: { load },
    run: ({ partition }) => order.push(`check ${partition.key}`),
  });
  await using rig = await engineRig({ definitions: [load, check], limits: [{ kind: "runs", maximum: 1 }] });
  await rig.engine.commands.addPartitions("pairs", { keys: ["x|t", "y|t"], actor: operator });
  const { backfill } = await rig.engine.commands.materialize({ selection: "load+", partitions: "all" }, operator);
  assert.equal((await rig.endedBackfill(backfill ?? "")).status, "succeeded");
  assert.deepEqual(order, ["load x|t", "check x|t", "load y|t", "check y|t"]);
});

test("a mapping is asked for each key of a backfill", async () => {
  const keys = staticPartitions("keys", ["a1", "a2", "b1"]);
  const open = gate();
  const up = defineAsset({ key: "up", partitions: keys, run: () => open.passed.then(() => 1) });
  const started: string[] = [];
  const down = defineAsset({
    key: "down",
    partitions: keys,
    deps: { up: mapped(up, ({ key }) => (key.startsWith("a") ? [key] : [])) },
    run: ({ partition }) => started.push(partition.key),
  });
  await using rig = await engineRig({ definitions: [up, down] });
  const { backfill } = await rig.engine.commands.materialize({ assets: ["up", "down"], partitions: "all" }, operator);
  for (let round = 0; round < 5; round++) await rig.settle();
  assert.deepEqual(started, ["b1"]);
  open.open();
  assert.equal((await rig.endedBackfill(backfill ?? "")).status, "succeeded");
});

test("a trigger whose partition makes more than one run is refused, and nothing is made", async () => {
  const sources = dynamicPartitions("sources", { dimension: "source" });
  const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
  const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
  const load = defineAsset({ key: "load", partitions: pairs, run: () => 1 });
  await using rig = await engineRig({ definitions: [load, defineJob({ name: "j", assets: [load] })] });
  await rig.engine.commands.addPartitions("pairs", { keys: ["x|t", "x|u"], actor: operator });
  await assert.rejects(
    rig.engine.commands.triggerJob("j", { partition: { source: "x" }, runKey: "k", actor: operator }),
    (error) => isEngineError(error, "invalid_request"),
  );
  assert.equal((await rig.engine.queries.backfills({})).items.length, 0);
  const one = await rig.engine.commands.triggerJob("j", { partition: "x|u", runKey: "k", actor: operator });
  assert.equal(one.created, true);
});

test("a request for a partition to which nothing relates is refused, and in a backfill such a member has nothing to do", async () => {
  const sources = dynamicPartitions("sources", { dimension: "source" });
  const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
  const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
  const load = defineAsset({ key: "load", partitions: pairs, run: () => 1 });
  const job = defineJob({ name: "loads", assets: [load], partitions: sources });
  const page = defineAsset({ key: "page", partitions: sources, run: () => 1 });
  await using rig = await engineRig({ definitions: [load, page, job] });
  await rig.engine.commands.addPartitions("sources", { keys: ["alone", "alone too", "x"], actor: operator });
  await rig.engine.commands.addPartitions("pairs", { keys: ["x|t"], actor: operator });
  await assert.rejects(rig.start("loads", "alone"), (error) => {
    return isEngineError(error, "invalid_request") && /nothing to run for "alone"/.test(error.message);
  });
  const all = await rig.engine.commands.materialize({ job: "loads", partitions: "all" }, operator);
  const ended = await rig.endedBackfill(all.backfill ?? "");
  assert.deepEqual([ended.status, ended.succeeded], ["succeeded", 3]);
  assert.equal((await rig.engine.queries.runs({ job: "loads" })).items.length, 1);
  const none = await rig.engine.commands.materialize({ job: "loads", partitions: ["alone", "alone too"] }, operator);
  assert.equal((await rig.endedBackfill(none.backfill ?? "")).status, "succeeded");
});
