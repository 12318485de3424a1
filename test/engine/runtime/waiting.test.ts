import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, isEngineError, staticPartitions } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

const never = (): Promise<number> => new Promise(() => {});

test("after a kill a step gets the slot of a run that was being canceled", async () => {
  const open = gate();
  const first = defineAsset({ key: "first", pool: "p", run: () => open.passed.then(() => 1) });
  const waits = defineAsset({ key: "waits", pool: "p", run: () => 1 });
  const deaf = defineAsset({ key: "deaf", pool: "p", run: never });
  const jobs = [first, waits, deaf].map((asset) => defineJob({ name: asset.key, assets: [asset] }));
  await using rig = await engineRig({
    definitions: [first, waits, deaf, ...jobs],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  await rig.start("first");
  const waiting = await rig.start("waits");
  const canceled = await rig.engine.commands.triggerJob("deaf", { priority: 5, actor: operator });
  open.open();
  await rig.settle();
  await rig.engine.commands.cancelRun(canceled.run, operator);
  const after = await rig.crash();
  assert.equal((await after.ended(canceled.run)).status, "canceled");
  assert.equal((await after.ended(waiting)).status, "succeeded");
});

test("after a kill a step makes the partition that a run being canceled was making", async () => {
  const open = gate();
  let runs = 0;
  const one = defineAsset({
    key: "one",
    run: () => (++runs === 1 ? open.passed.then(() => 1) : runs === 2 ? never() : 1),
  });
  await using rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  await rig.start("j");
  const waiting = await rig.start("j");
  const canceled = await rig.engine.commands.triggerJob("j", { priority: 5, actor: operator });
  open.open();
  await rig.settle();
  await rig.engine.commands.cancelRun(canceled.run, operator);
  const after = await rig.crash();
  assert.equal((await after.ended(waiting)).status, "succeeded");
});

test("a step that waits for something else than before says for what", async () => {
  const open = { slot: gate(), partition: gate() };
  const holder = defineAsset({ key: "holder", pool: "p", run: () => open.slot.passed.then(() => 1) });
  const one = defineAsset({
    key: "one",
    retry: { attempts: 2, delayMs: 1000, jitter: 0 },
    pool: "p",
    run({ attempt }) {
      if (attempt === 1) throw new Error("not yet");
      return 1;
    },
  });
  const jobs = [holder, one].map((asset) => defineJob({ name: asset.key, assets: [asset] }));
  await using rig = await engineRig({
    definitions: [holder, one, ...jobs],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  const retrying = await rig.start("one");
  await rig.settle();
  assert.match(rig.step(retrying, "one").waitReason ?? "", /not yet/);
  const held = await rig.start("holder");
  await rig.settle();
  await rig.advance(1000);
  assert.match(rig.step(retrying, "one").waitReason ?? "", new RegExp(`pool p.*${held}`));
  assert.equal(rig.step(retrying, "one").retryAt, null);
  open.slot.open();
  assert.equal((await rig.ended(retrying)).status, "succeeded");
});

test("a waiting step that is canceled by itself ends its run as failed and takes no slot", async () => {
  const open = gate();
  const keys = staticPartitions("keys", ["a", "b", "c"]);
  const started: string[] = [];
  const one = defineAsset({
    key: "one",
    partitions: keys,
    pool: "p",
    run: ({ partition }) => (started.push(partition.key), open.passed.then(() => 1)),
  });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  await rig.start("j", "a");
  const canceled = await rig.start("j", "b");
  const last = await rig.start("j", "c");
  await rig.settle();
  await rig.engine.commands.cancelStep(canceled, { step: 0, actor: operator });
  const run = await rig.ended(canceled);
  assert.equal(run.status, "failed");
  assert.equal(run.error?.code, "canceled");
  open.open();
  assert.equal((await rig.ended(last)).status, "succeeded");
  assert.deepEqual(started, ["a", "c"]);
});

test("a slot that a failed step leaves goes past the waiting steps of its own run, which ends", async () => {
  const open = gate();
  const keys = staticPartitions("keys", ["a", "b"]);
  const bad = defineAsset({
    key: "bad",
    pool: "p",
    run: (): Promise<number> => open.passed.then(() => Promise.reject(new Error("no disk"))),
  });
  const own = defineAsset({ key: "own", pool: "p", run: () => 1 });
  const other = defineAsset({ key: "other", partitions: keys, pool: "p", run: () => 1 });
  await using rig = await engineRig({
    definitions: [
      bad,
      own,
      other,
      defineJob({ name: "stops", assets: [bad, own], onFailure: "stop" }),
      defineJob({ name: "others", assets: [other] }),
    ],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  const stopped = await rig.start("stops");
  const behind = [await rig.start("others", "a"), await rig.start("others", "b")];
  await rig.settle();
  open.open();
  assert.equal((await rig.ended(stopped)).status, "failed");
  for (const run of behind) assert.equal((await rig.ended(run)).status, "succeeded");
});

test("a step that has ended cannot be canceled", async () => {
  const open = gate();
  const first = defineAsset({ key: "first", run: () => 1 });
  const second = defineAsset({ key: "second", deps: { first }, run: () => open.passed.then(() => 2) });
  await using rig = await engineRig({
    definitions: [first, second, defineJob({ name: "j", assets: [first, second] })],
  });
  const id = await rig.start("j");
  await rig.settle();
  await assert.rejects(rig.engine.commands.cancelStep(id, { step: 0, actor: operator }), (error) =>
    isEngineError(error, "conflict"),
  );
  open.open();
  assert.equal((await rig.ended(id)).status, "succeeded");
});

test("steps of a run that wait for a pool start in their order, one a slot", async () => {
  const names = Array.from({ length: 300 }, (_, index) => `k${String(index).padStart(3, "0")}`);
  const keys = staticPartitions("keys", names);
  const groups = staticPartitions("groups", ["all"]);
  const order: string[] = [];
  let live = 0;
  let most = 0;
  const one = defineAsset({
    key: "one",
    partitions: keys,
    pool: "p",
    async run({ partition }) {
      order.push(partition.key);
      most = Math.max(most, ++live);
      await Promise.resolve();
      live--;
      return 1;
    },
  });
  const group = defineAsset({ key: "group", partitions: groups, run: () => 1 });
  await using rig = await engineRig({
    definitions: [one, group, defineJob({ name: "j", assets: [one, group], partitions: groups })],
    limits: [{ kind: "pool", key: "p", maximum: 2 }],
  });
  const run = await rig.run("j", "all");
  assert.equal(run.status, "succeeded");
  assert.equal(run.steps.length, 301);
  assert.deepEqual(order, names);
  assert.equal(most, 2);
});
