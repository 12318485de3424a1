import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defineAsset,
  defineAssetCheck,
  defineJob,
  dynamicPartitions,
  staticPartitions,
  type Verdict,
} from "../../../engine/index.ts";
import { engineRig, type EngineRig, operator } from "../../rigs/engine.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });

interface World {
  verdict: Verdict;
}

function checkedRelease() {
  const world: World = { verdict: { passed: true } };
  const release = defineAsset({ key: "release", partitions: sources, run: ({ partition }) => partition.key });
  const good = defineAssetCheck({ name: "good", asset: release, run: () => world.verdict });
  const definitions = [
    release,
    good,
    defineJob({ name: "checked", assets: [release] }),
    defineJob({ name: "unchecked", assets: [release], checks: [] }),
    defineJob({ name: "check", assets: [], checks: [good] }),
  ];
  return { world, release, good, definitions };
}

const counts = (rig: EngineRig): Record<string, number> => {
  const { total, ...words } = rig.engine.queries.asset("release").checks[0]?.partitions ?? { total: 0 };
  assert.equal(
    Object.values(words).reduce((sum, count) => sum + count, 0),
    total,
    "the words add up",
  );
  return Object.fromEntries(Object.entries(words).filter(([, count]) => count > 0));
};
const change = (rig: EngineRig, how: "addPartitions" | "retirePartitions", ...keys: string[]) =>
  rig.engine.commands[how]("sources", { keys, actor: operator });
const at = (rig: EngineRig, partition: string) => rig.engine.queries.checks("release", { partition })[0];

test("a check is outdated when its asset was made again since, and not before it is evaluated again", async () => {
  const { definitions } = checkedRelease();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "a", "b");
  assert.deepEqual(counts(rig), { unevaluated: 2 });
  const first = await rig.run("checked", "a");
  await rig.run("checked", "b");
  assert.deepEqual(counts(rig), { passed: 2 });
  await rig.run("unchecked", "a");
  assert.deepEqual(counts(rig), { passed: 1, outdated: 1 });
  assert.equal(at(rig, "a")?.status, "outdated");
  assert.equal(at(rig, "a")?.latest?.isCurrent, false);
  assert.equal(at(rig, "a")?.latest?.runId, first.id);
  assert.equal(rig.engine.queries.asset("release").checks[0]?.status, "outdated");
  const again = await rig.run("check", "a");
  assert.equal(again.status, "succeeded");
  assert.deepEqual(counts(rig), { passed: 2 });
  assert.equal(at(rig, "a")?.latest?.runId, again.id);
  const { dataVersion } = rig.engine.queries.assetPartition("release", "a").latest ?? {};
  assert.equal(at(rig, "a")?.latest?.dataVersion, dataVersion);
});

test("a check that has nothing to judge fails and says what to do", async () => {
  const { definitions } = checkedRelease();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "a");
  const run = await rig.run("check", "a");
  assert.equal(run.status, "failed");
  assert.equal(run.steps[0]?.error?.code, "missing_input");
  assert.match(run.steps[0]?.error?.message ?? "", /"release" was never materialized for "a"; materialize it first/);
  assert.deepEqual(counts(rig), { errored: 1 });
  assert.equal(at(rig, "a")?.latest?.dataVersion, null);
});

test("what a check found is kept in order, over all partitions and of each", async () => {
  const { world, definitions } = checkedRelease();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "a", "b");
  const runs: string[] = [];
  for (const [partition, passed] of [
    ["a", true],
    ["b", true],
    ["a", false],
  ] as const) {
    world.verdict = { passed, metadata: { passed } };
    runs.push((await rig.run("checked", partition)).id);
  }
  const list = async (params: { partition?: string; limit?: number; cursor?: string }) =>
    rig.engine.queries.evaluations("release", { check: "good", ...params });
  const all = await list({});
  assert.deepEqual(
    all.items.map((one) => [one.partition, one.outcome, one.runId, one.isCurrent]),
    [
      ["a", "failed", runs[2], true],
      ["b", "passed", runs[1], true],
      ["a", "passed", runs[0], false],
    ],
  );
  const ofA = await list({ partition: "a" });
  assert.deepEqual(
    ofA.items.map((one) => one.outcome),
    ["failed", "passed"],
  );
  const first = await list({ limit: 2 });
  const second = await list({ limit: 2, cursor: first.nextCursor ?? "" });
  assert.deepEqual([...first.items, ...second.items], all.items);
  assert.equal(second.nextCursor, null);
  const failing = await rig.engine.queries.checkPartitions("release", { check: "good", status: "failed" });
  assert.deepEqual(
    failing.items.map((one) => one.partition),
    ["a"],
  );
  await assert.rejects(list({ partition: "c" }), { code: "not_found" });
  await assert.rejects(rig.engine.queries.evaluations("release", { check: "bad" }), {
    code: "not_found",
    message: '"release" has no check "bad"',
  });
});

test("a retired key stands outside of what a check counts, and comes back as it was", async () => {
  const { world, definitions } = checkedRelease();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "a", "b");
  await rig.run("checked", "a");
  world.verdict = { passed: false };
  await rig.run("checked", "b");
  assert.deepEqual(counts(rig), { passed: 1, failed: 1 });
  await change(rig, "retirePartitions", "b");
  assert.deepEqual(counts(rig), { passed: 1 });
  assert.equal(rig.engine.queries.asset("release").checks[0]?.status, "passed");
  await change(rig, "addPartitions", "b");
  assert.deepEqual(counts(rig), { passed: 1, failed: 1 });
});

test("what is found of a key that was retired meanwhile stands outside the counts", async () => {
  const open = Promise.withResolvers<void>();
  const release = defineAsset({ key: "release", partitions: sources, run: () => open.promise.then(() => 1) });
  const good = defineAssetCheck({ name: "good", asset: release, run: () => ({ passed: true }) });
  await using rig = await engineRig({
    definitions: [release, good, defineJob({ name: "checked", assets: [release] })],
  });
  await change(rig, "addPartitions", "a", "b");
  const id = await rig.start("checked", "a");
  await rig.settle();
  await change(rig, "retirePartitions", "a");
  open.resolve();
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.deepEqual(counts(rig), { unevaluated: 1 });
  await change(rig, "addPartitions", "a");
  assert.deepEqual(counts(rig), { passed: 1, unevaluated: 1 });
});

test("a check that leaves the code keeps its history, is shown no more, and its step fails and says so", async () => {
  const release = defineAsset({ key: "release", run: () => 1 });
  const job = defineJob({ name: "j", assets: [release] });
  const passing = defineAssetCheck({ name: "good", asset: release, run: () => ({ passed: true }) });
  const stuck = defineAssetCheck({ name: "good", asset: release, run: () => new Promise<Verdict>(() => {}) });
  await using rig = await engineRig({ definitions: [release, passing, job] });
  const before = await rig.run("j");
  const same = await rig.crash([release, stuck, job]);
  const id = await same.start("j");
  await same.settle();
  assert.equal(same.engine.queries.run(id).steps[1]?.status, "running");
  const without = await same.crash([release, job]);
  const run = await without.ended(id);
  assert.equal(run.status, "failed");
  assert.match(run.steps[1]?.error?.message ?? "", /the check release:good is not in the code any more/);
  assert.deepEqual(without.engine.queries.asset("release").checks, []);
  const back = await without.crash([release, passing, job]);
  const { items } = await back.engine.queries.evaluations("release", { check: "good" });
  assert.deepEqual(
    items.map((one) => [one.runId, one.outcome]),
    [[before.id, "passed"]],
  );
  assert.equal(back.engine.queries.asset("release").checks[0]?.status, "outdated");
});

test("when its asset is partitioned by another set, what a check found before stands outside the counts", async () => {
  const { definitions } = checkedRelease();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "a");
  await rig.run("checked", "a");
  const days = staticPartitions("days", ["mon", "tue"]);
  const release = defineAsset({ key: "release", partitions: days, run: () => 1 });
  const good = defineAssetCheck({ name: "good", asset: release, run: () => ({ passed: true }) });
  const after = await rig.crash([release, good, sources, defineJob({ name: "checked", assets: [release] })]);
  assert.deepEqual(counts(after), { unevaluated: 2 });
  await after.run("checked", "mon");
  assert.deepEqual(counts(after), { passed: 1, unevaluated: 1 });
  const back = await after.crash(definitions);
  assert.deepEqual(counts(back), { passed: 1 });
});

test("after a kill a check that ran runs again, and its verdict still keeps back what depends on the asset", async () => {
  const release = defineAsset({ key: "release", run: () => 1 });
  const upload = defineAsset({ key: "upload", deps: { release }, run: () => 1 });
  const job = defineJob({ name: "j", assets: [release, upload] });
  const stuck = defineAssetCheck({
    name: "good",
    asset: release,
    blocking: true,
    run: () => new Promise<Verdict>(() => {}),
  });
  const failing = defineAssetCheck({ name: "good", asset: release, blocking: true, run: () => ({ passed: false }) });
  await using rig = await engineRig({ definitions: [release, upload, stuck, job] });
  const id = await rig.start("j");
  await rig.settle();
  const after = await rig.crash([release, upload, failing, job]);
  const run = await after.ended(id);
  assert.deepEqual(
    run.steps.map((step) => step.status),
    ["succeeded", "failed", "skipped"],
  );
  assert.equal(run.steps[1]?.interruptions, 1);
  const { items } = await after.engine.queries.evaluations("release", { check: "good" });
  assert.equal(items.length, 1);
});

test("after a restart a blocking check that failed before it is still named by what it keeps back", async () => {
  const release = defineAsset({ key: "release", run: () => 1 });
  const stuck = defineAsset({ key: "stuck", run: () => new Promise<number>(() => {}) });
  const quick = defineAsset({ key: "stuck", run: (): number => 1 });
  const upload = (other: typeof quick) => defineAsset({ key: "upload", deps: { release, other }, run: () => 1 });
  const good = defineAssetCheck({
    name: "good",
    asset: release,
    blocking: true,
    run: () => ({ passed: false, description: "it is empty" }),
  });
  const all = (other: typeof quick) => {
    const last = upload(other);
    return [release, other, last, good, defineJob({ name: "j", assets: [release, other, last] })];
  };
  await using rig = await engineRig({ definitions: all(stuck) });
  const id = await rig.start("j");
  await rig.settle();
  assert.equal(rig.step(id, "upload").status, "pending");
  const after = await rig.crash(all(quick));
  const run = await after.ended(id);
  assert.equal(after.step(id, "upload").reason, "needs the check release:good, which failed: it is empty");
  assert.equal(run.error?.code, "check_failed");
});

test("a check whose run is canceled is canceled, and found nothing", async () => {
  const release = defineAsset({ key: "release", run: () => 1 });
  const waits = defineAssetCheck({
    name: "waits",
    asset: release,
    blocking: true,
    run: ({ signal }) =>
      new Promise<Verdict>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      ),
  });
  const upload = defineAsset({ key: "upload", deps: { release }, run: () => 1 });
  const job = defineJob({ name: "j", assets: [release, upload] });
  await using rig = await engineRig({ definitions: [release, waits, upload, job] });
  const whole = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(whole, operator);
  assert.deepEqual(
    (await rig.ended(whole)).steps.map((step) => step.status),
    ["succeeded", "canceled", "canceled"],
  );
  const alone = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelStep(alone, { step: 1, actor: operator });
  const run = await rig.ended(alone);
  assert.equal(run.status, "failed");
  assert.equal(run.steps[2]?.reason, "needs the check release:waits, which was canceled");
  assert.equal(rig.engine.queries.asset("release").checks[0]?.status, "unevaluated");
});

test("an abandoned check is not evaluated again before its earlier code has settled", async () => {
  const open = Promise.withResolvers<Verdict>();
  let starts = 0;
  const release = defineAsset({ key: "release", run: () => 1 });
  const deaf = defineAssetCheck({
    name: "deaf",
    asset: release,
    run: () => {
      starts++;
      return open.promise;
    },
  });
  const job = defineJob({ name: "j", assets: [release] });
  await using rig = await engineRig({ definitions: [release, deaf, job], abortGraceMs: 1000 });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  await rig.advance(1000);
  await rig.ended(id);
  const again = await rig.start("j");
  await rig.settle();
  assert.equal(starts, 1);
  assert.match(rig.engine.queries.run(again).steps[1]?.waitReason ?? "", /ignored its signal/);
  open.resolve({ passed: true });
  assert.equal((await rig.ended(again)).status, "succeeded");
  assert.equal(starts, 2);
});

test("two checks of one name on two assets are told apart", async () => {
  const left = defineAsset({ key: "left", run: () => 1 });
  const right = defineAsset({ key: "right", run: () => 2 });
  const definitions = [
    left,
    right,
    defineAssetCheck({ name: "good", asset: left, run: () => ({ passed: true }) }),
    defineAssetCheck({ name: "good", asset: right, severity: "warn", run: () => ({ passed: false }) }),
    defineJob({ name: "j", assets: [left, right] }),
  ];
  await using rig = await engineRig({ definitions });
  await rig.run("j");
  assert.equal(rig.engine.queries.asset("left").checks[0]?.status, "passed");
  assert.equal(rig.engine.queries.asset("right").checks[0]?.status, "warned");
});
