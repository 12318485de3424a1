import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, staticPartitions } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

test("after a kill a run goes on: what succeeded stays, what ran is interrupted and runs again", async () => {
  const counts = { first: 0, second: 0 };
  const open = gate();
  const first = defineAsset({ key: "first", run: () => ++counts.first });
  const second = defineAsset({
    key: "second",
    deps: { first },
    async run({ inputs }) {
      if (++counts.second === 1) await open.passed;
      return inputs.first;
    },
  });
  await using rig = await engineRig({
    definitions: [first, second, defineJob({ name: "j", assets: [first, second] })],
  });
  const id = await rig.start("j");
  await rig.settle();
  const after = await rig.crash();
  const run = await after.ended(id);
  assert.equal(run.status, "succeeded");
  assert.deepEqual(counts, { first: 1, second: 2 });
  assert.equal(after.step(id, "second").interruptions, 1);
  const events = await after.engine.queries.events(id, {});
  assert.ok(events.items.some((event) => event.type === "step.interrupted"));
  open.open();
});

test("an interruption does not count against the retry policy, and too many of them fail the step", async () => {
  const stuck = defineAsset({ key: "stuck", run: () => new Promise<number>(() => {}) });
  const definitions = [stuck, defineJob({ name: "j", assets: [stuck] })];
  await using rig = await engineRig({ definitions });
  const id = await rig.start("j");
  await rig.settle();
  let now = rig;
  for (let restart = 1; restart <= 3; restart++) {
    now = await now.crash();
    await now.settle();
    assert.equal(now.step(id, "stuck").status, "running", `after restart ${restart}`);
    assert.equal(now.step(id, "stuck").interruptions, restart);
  }
  now = await now.crash();
  const run = await now.ended(id);
  assert.equal(run.status, "failed");
  assert.equal(now.step(id, "stuck").error?.code, "interrupted");
});

test("after a kill queued runs are still queued and start, slots are free, and waits for a retry go on", async () => {
  const keys = staticPartitions("keys", ["a", "b"]);
  let fail = true;
  const flaky = defineAsset({
    key: "flaky",
    partitions: keys,
    pool: "p",
    retry: { attempts: 2, delayMs: 60_000, jitter: 0 },
    run({ partition }) {
      if (partition.key === "a" && fail) throw new Error("not yet");
      return 1;
    },
  });
  const block = defineAsset({ key: "block", pool: "p", run: () => new Promise<number>(() => {}) });
  await using rig = await engineRig({
    definitions: [
      flaky,
      block,
      defineJob({ name: "j", assets: [flaky] }),
      defineJob({ name: "block", assets: [block] }),
    ],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  const retrying = await rig.start("j", "a");
  await rig.settle();
  assert.equal(rig.step(retrying, "flaky").status, "waiting");
  await rig.start("block");
  await rig.settle();
  const waiting = await rig.start("j", "b");
  await rig.settle();
  assert.equal(rig.step(waiting, "flaky").status, "waiting");
  fail = false;
  const free = defineAsset({ key: "block", pool: "p", run: () => 1 });
  await rig.advance(30_000);
  const after = await rig.crash([
    flaky,
    free,
    defineJob({ name: "j", assets: [flaky] }),
    defineJob({ name: "block", assets: [free] }),
  ]);
  assert.equal((await after.ended(waiting)).status, "succeeded");
  assert.equal(after.step(retrying, "flaky").status, "waiting");
  await after.advance(30_000);
  assert.equal((await after.ended(retrying)).status, "succeeded");
});

test("a run that was being canceled when the engine was killed is canceled after it", async () => {
  const deaf = defineAsset({ key: "deaf", run: () => new Promise<number>(() => {}) });
  await using rig = await engineRig({ definitions: [deaf, defineJob({ name: "j", assets: [deaf] })] });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  await rig.settle();
  assert.equal(rig.engine.queries.run(id).status, "canceling");
  const after = await rig.crash();
  assert.equal((await after.ended(id)).status, "canceled");
  assert.equal(after.engine.queries.asset("deaf").status, "missing");
});

test("a step whose asset left the code fails and says so", async () => {
  const gone = defineAsset({ key: "gone", run: () => new Promise<number>(() => {}) });
  const other = defineAsset({ key: "other", run: () => 1 });
  await using rig = await engineRig({ definitions: [gone, other, defineJob({ name: "j", assets: [gone] })] });
  const id = await rig.start("j");
  await rig.settle();
  const after = await rig.crash([other]);
  const run = await after.ended(id);
  assert.equal(run.status, "failed");
  assert.match(run.steps[0]?.error?.message ?? "", /gone is not in the code any more/);
});

test("a stopped engine starts again where it was, and nothing succeeded runs twice", async () => {
  let made = 0;
  const one = defineAsset({ key: "one", run: () => ++made });
  await using rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  await rig.run("j");
  const after = await rig.crash();
  await after.settle();
  assert.equal(made, 1);
  assert.equal(after.engine.queries.asset("one").status, "materialized");
});
