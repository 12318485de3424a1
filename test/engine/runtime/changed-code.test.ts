import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Asset,
  defineAsset,
  defineJob,
  defineMultiAsset,
  defineSchedule,
  defineSensor,
  dynamicPartitions,
  productPartitions,
  type Schedule,
  type Sensor,
  staticPartitions,
} from "../../../engine/index.ts";
import type { Definition } from "../../../engine/core/catalog.ts";
import { engineRig, type EngineRig, operator } from "../../rigs/engine.ts";
import { recordRig } from "../../rigs/record.ts";

const never = (): Promise<number> => new Promise(() => {});
const other = defineAsset({ key: "other", run: () => 1 });
const otherJob = defineJob({ name: "other", assets: [other] });
const busy = defineAsset({ key: "busy", run: never });
const busyJob = defineJob({ name: "busy", assets: [busy] });
const atOnce = defineAsset({ key: "busy", run: () => 1 });
const atOnceJob = defineJob({ name: "busy", assets: [atOnce] });

const things = dynamicPartitions("things");
const made = defineAsset({ key: "made", partitions: things, run: never });
const job = defineJob({ name: "j", assets: [made] });

/** The set of the same name as another kind of set. */
function thingsAsPairs() {
  const left = dynamicPartitions("left");
  const right = dynamicPartitions("right");
  const pairs = productPartitions("things", { left, right });
  const asset = defineAsset({ key: "made", partitions: pairs, run: ({ partition }) => partition.key });
  return [asset, defineJob({ name: "j", assets: [asset] })];
}

test("a queued run whose partition set has another shape now fails by itself and holds nobody up", async () => {
  await using rig = await engineRig({
    definitions: [busy, busyJob, made, job, other, otherJob],
    limits: [
      { kind: "runs", maximum: 1 },
      { kind: "tag_value", key: "left", maximum: 1 },
    ],
  });
  await rig.engine.commands.addPartitions("things", { keys: ["a"], actor: operator });
  await rig.start("busy");
  await rig.settle();
  const misfit = await rig.start("j", "a");
  const behind = await rig.start("other");
  await rig.settle();
  const after = await rig.crash([atOnce, atOnceJob, ...thingsAsPairs(), other, otherJob]);
  assert.equal((await after.ended(behind)).status, "succeeded");
  const run = await after.ended(misfit);
  assert.equal(run.status, "failed");
  assert.match(run.error?.message ?? "", /made.*partitioned/);
});

test("a running step whose partition set has another shape after a restart fails and says so", async () => {
  await using rig = await engineRig({ definitions: [made, job, other, otherJob] });
  await rig.engine.commands.addPartitions("things", { keys: ["a"], actor: operator });
  const id = await rig.start("j", "a");
  await rig.settle();
  const after = await rig.crash([...thingsAsPairs(), other, otherJob]);
  const run = await after.ended(id);
  assert.equal(run.status, "failed");
  assert.match(run.steps[0]?.error?.message ?? "", /partitioned/);
  assert.equal((await after.run("other")).status, "succeeded");
});

test("keys that do not fit the new shape of their set are retired, the others are found by their parts", async () => {
  await using rig = await engineRig({ definitions: [made, job] });
  await rig.engine.commands.addPartitions("things", { keys: ["a", "x|y"], actor: operator });
  const after = await rig.crash(thingsAsPairs());
  const keys = await after.engine.queries.partitionKeys("things", {});
  assert.deepEqual(
    keys.items.map((item) => [item.key, item.state]),
    [
      ["a", "retired"],
      ["x|y", "active"],
    ],
  );
  const misfit = after.engine.commands.restorePartitions("things", { keys: ["a"], actor: operator });
  await assert.rejects(misfit, { code: "invalid_request" });
  const { runs } = await after.engine.commands.materialize({ assets: ["made"], partitions: { left: "x" } }, operator);
  assert.equal((await after.ended(runs[0] ?? "")).status, "succeeded");
  assert.equal(after.engine.queries.assetPartition("made", "x|y").latest?.value, "x|y");
});

test("a step of an asset that has partitions now, or has none any more, is not made under the wrong key", async () => {
  const plain = defineAsset({ key: "plain", run: never });
  await using rig = await engineRig({
    definitions: [made, job, plain, defineJob({ name: "plain", assets: [plain] })],
  });
  await rig.engine.commands.addPartitions("things", { keys: ["a"], actor: operator });
  const parted = await rig.start("j", "a");
  const whole = await rig.start("plain");
  await rig.settle();
  let calls = 0;
  const after = await rig.crash([
    defineAsset({ key: "made", run: () => ++calls }),
    defineAsset({ key: "plain", partitions: things, run: () => ++calls }),
  ]);
  for (const id of [parted, whole]) {
    const run = await after.ended(id);
    assert.equal(run.status, "failed");
    assert.match(run.steps[0]?.error?.message ?? "", /partitioned/);
  }
  assert.equal(calls, 0);
});

test("a step at a key of another set than its asset's now is not made under the wrong key", async () => {
  const days = staticPartitions("days", ["a"]);
  await using rig = await engineRig({ definitions: [made, job] });
  await rig.engine.commands.addPartitions("things", { keys: ["a"], actor: operator });
  const id = await rig.start("j", "a");
  await rig.settle();
  let calls = 0;
  const after = await rig.crash([
    defineAsset({ key: "made", partitions: days, run: () => ++calls }),
    defineAsset({ key: "x", partitions: things, run: () => 1 }),
  ]);
  const run = await after.ended(id);
  assert.match(run.steps[0]?.error?.message ?? "", /partitioned/);
  assert.equal(calls, 0);
});

test("a run that failed before a restart still tells why when its last step ends after it", async () => {
  const bad = defineAsset({
    key: "bad",
    run: (): number => {
      throw new Error("the disk is gone");
    },
  });
  await using rig = await engineRig({
    definitions: [bad, busy, defineJob({ name: "both", assets: [bad, busy] })],
  });
  const id = await rig.start("both");
  await rig.settle();
  const after = await rig.crash([bad, atOnce]);
  assert.match((await after.ended(id)).error?.message ?? "", /bad failed: the disk is gone/);
});

test("the run key of a run that the changed code cannot start may be used again", async () => {
  const ask = (asset: typeof made | typeof whole) => {
    const again = defineJob({ name: "j", assets: [asset] });
    return defineSchedule({
      name: "s",
      cron: "@yearly",
      evaluate: () => ({
        runs: [{ job: again, partition: "a", runKey: "k", keyPolicy: "until-success", reason: "due" }],
        reason: "due",
      }),
    });
  };
  const whole = defineAsset({ key: "made", run: () => 1 });
  await using rig = await engineRig({
    definitions: [made, job, ask(made)],
    limits: [{ kind: "runs", maximum: 0 }],
  });
  await rig.engine.commands.addPartitions("things", { keys: ["a"], actor: operator });
  const asked = { atMs: rig.clock.now(), actor: operator };
  const { tick } = await rig.engine.commands.evaluate("s", { ...asked, launch: true });
  const run = tick?.runs[0] ?? "";
  assert.equal((await rig.engine.commands.evaluate("s", asked)).requests[0]?.wouldRun, false);
  const after = await rig.crash([whole, other, ask(whole), things]);
  await after.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 1 }, operator);
  assert.equal((await after.ended(run)).status, "failed");
  assert.equal((await after.engine.commands.evaluate("s", asked)).requests[0]?.wouldRun, true);
});

const hourly = defineSchedule({ name: "n", cron: "@hourly", evaluate: () => ({ reason: "due" }) });
const poll = defineSensor({ name: "n", minIntervalMs: 60_000, evaluate: () => ({ reason: "polled" }) });
const heard = defineSensor({
  name: "n",
  on: [other],
  evaluate: ({ materializations }) => ({ reason: `${materializations.length} heard` }),
});

/** An engine that had one definition of "n" for a while and now has another, after a run of `other`. */
async function became(rig: EngineRig, definition: Schedule | Sensor): Promise<EngineRig> {
  await rig.run("other");
  await rig.advance(3_600_000);
  return rig.crash([other, otherJob, definition]);
}

test("a schedule whose name was a sensor's fires at its next time", async () => {
  await using rig = await engineRig({ definitions: [other, otherJob, poll] });
  const after = await became(rig, hourly);
  await after.advance(3_600_000);
  await after.settle();
  const { lastTick } = after.engine.queries.automation("n");
  assert.deepEqual([lastTick?.reason, lastTick?.scheduledAt], ["due", "2026-01-01T02:00:00.000Z"]);
});

test("a schedule of which no due time is on record fires at its next time", async () => {
  await using record = await recordRig();
  await record.write((tx) => {
    tx.automations.declare({ name: "n", kind: "schedule", eventsSeq: 0, dueAfterMs: 0 });
    tx.automations.enable({ name: "n", enabled: true, dueAfterMs: null });
  });
  await record.close();
  await using rig = await engineRig({ definitions: [hourly], dataDir: record.directory });
  await rig.advance(3_600_000);
  await rig.settle();
  assert.equal(rig.engine.queries.automation("n").lastTick?.scheduledAt, "2026-01-01T01:00:00.000Z");
});

for (const [what, before] of [
  ["polled", poll],
  ["was a schedule", hourly],
] as const) {
  test(`a sensor that ${what} and now hears of materializations is told of none from before`, async () => {
    await using rig = await engineRig({ definitions: [other, otherJob, before] });
    const after = await became(rig, heard);
    await after.run("other");
    await after.advance(60_000);
    const { items } = await after.engine.queries.ticks("n", {});
    assert.deepEqual(
      items.map((tick) => tick.reason).filter((reason) => reason?.endsWith("heard")),
      ["1 heard"],
    );
  });
}

test("a step whose code makes more than was planned, or less, is not made, and says so", async () => {
  const several = (outputs: readonly string[]): readonly Definition[] => {
    const assets: Readonly<Record<string, Asset>> = defineMultiAsset({
      assets: Object.fromEntries(outputs.map((key) => [key, { key }])),
      run: () => Object.fromEntries(outputs.map((key) => [key, 1])),
    });
    return [...Object.values(assets), defineJob({ name: "several", assets: Object.values(assets) })];
  };
  for (const now of [["a", "b", "c"], ["a"]]) {
    await using rig = await engineRig({
      definitions: [...several(["a", "b"]), busy, busyJob],
      limits: [{ kind: "runs", maximum: 1 }],
    });
    await rig.start("busy");
    const id = await rig.start("several");
    await rig.settle();
    const after = await rig.crash([...several(now), atOnce, atOnceJob]);
    const run = await after.ended(id);
    assert.match(run.steps[0]?.error?.message ?? "", /made in another way/);
    assert.deepEqual((await after.engine.queries.materializations("a", {})).items, []);
    assert.equal((await after.run("several")).status, "succeeded");
  }
});

test("a step at a key that relates to its run's is not made at the same key of another set", async () => {
  const sources = dynamicPartitions("sources", { dimension: "source" });
  const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
  const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
  const others = staticPartitions("others", ["iris|eco"]);
  const release = defineAsset({ key: "release", partitions: sources, run: () => 1 });
  const loadAt = (partitions: typeof pairs | typeof others, run: () => Promise<number> | number) => {
    const load = defineAsset({ key: "load", partitions, deps: { release }, run });
    return [sources, tenants, pairs, release, load, defineJob({ name: "load_job", assets: [release, load] })];
  };
  for (const isCutOff of [false, true]) {
    let calls = 0;
    await using rig = await engineRig({
      definitions: [...loadAt(pairs, never), busy, busyJob],
      limits: [{ kind: "runs", maximum: isCutOff ? 9 : 1 }],
    });
    await rig.engine.commands.addPartitions("sources", { keys: ["iris"], actor: operator });
    await rig.engine.commands.addPartitions("tenants", { keys: ["eco"], actor: operator });
    await rig.engine.commands.addPartitions("pairs", { keys: ["iris|eco"], actor: operator });
    await rig.start("busy");
    const { runs } = await rig.engine.commands.materialize({ job: "load_job", partitions: ["iris"] }, operator);
    await rig.settle();
    const id = runs[0] ?? "";
    assert.equal(rig.engine.queries.run(id).status, isCutOff ? "running" : "queued");
    const after = await rig.crash([...loadAt(others, () => ++calls), atOnce, atOnceJob]);
    const run = await after.ended(id);
    assert.equal(run.status, "failed");
    assert.match(run.steps[1]?.error?.message ?? "", /partitioned by "others".*in another way/);
    assert.equal(calls, 0);
    const back = await after.crash([...loadAt(pairs, () => ++calls), atOnce, atOnceJob]);
    const again = await back.engine.commands.materialize({ job: "load_job", partitions: ["iris"] }, operator);
    assert.equal((await back.ended(again.runs[0] ?? "")).status, "succeeded");
    assert.equal(calls, 1);
  }
});
