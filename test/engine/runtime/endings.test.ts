import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, EngineError } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

test("a step is tried again as its policy says, and its waiting has a reason and a time", async () => {
  let attempts = 0;
  const flaky = defineAsset({
    key: "flaky",
    retry: { attempts: 3, backoff: "exponential", delayMs: 1000, jitter: 0 },
    run({ attempt }) {
      attempts = attempt;
      if (attempt < 3) throw new Error("not yet");
      return attempt;
    },
  });
  await using rig = await engineRig({ definitions: [flaky, defineJob({ name: "j", assets: [flaky] })] });
  const id = await rig.start("j");
  await rig.settle();
  assert.equal(rig.step(id, "flaky").status, "waiting");
  assert.ok(rig.step(id, "flaky").retryAt);
  await rig.advance(999);
  assert.equal(attempts, 1);
  await rig.advance(1);
  assert.equal(attempts, 2);
  await rig.advance(2000);
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.equal(rig.step(id, "flaky").attempt, 3);
});

test("an error that says it cannot be helped is not tried again", async () => {
  let attempts = 0;
  const final = defineAsset({
    key: "final",
    retry: { attempts: 5 },
    run(): number {
      attempts++;
      throw new EngineError("harvest", "there is no such source");
    },
  });
  await using rig = await engineRig({ definitions: [final, defineJob({ name: "j", assets: [final] })] });
  assert.equal((await rig.run("j")).status, "failed");
  assert.equal(attempts, 1);
});

test("an attempt over its time limit is aborted and fails with that reason", async () => {
  const slow = defineAsset({
    key: "slow",
    timeoutMs: 500,
    run: ({ signal }) =>
      new Promise<number>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });
  await using rig = await engineRig({ definitions: [slow, defineJob({ name: "j", assets: [slow] })] });
  const id = await rig.start("j");
  await rig.settle();
  await rig.advance(500);
  const run = await rig.ended(id);
  assert.equal(run.status, "failed");
  assert.equal(rig.step(id, "slow").error?.code, "timeout");
});

test("cancel stops what runs, never starts what waits, and is recorded once all is gone", async () => {
  let aborted = false;
  const open = gate();
  const long = defineAsset({
    key: "long",
    async run({ signal }): Promise<number> {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      aborted = true;
      await open.passed;
      throw signal.reason as Error;
    },
  });
  const next = defineAsset({ key: "next", deps: { long }, run: () => 1 });
  await using rig = await engineRig({ definitions: [long, next, defineJob({ name: "j", assets: [long, next] })] });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  await rig.settle();
  assert.ok(aborted);
  assert.equal(rig.engine.queries.run(id).status, "canceling");
  open.open();
  const run = await rig.ended(id);
  assert.equal(run.status, "canceled");
  assert.match(run.cancelReason ?? "", /tester/);
  assert.deepEqual(
    run.steps.map((step) => step.status),
    ["canceled", "canceled"],
  );
  assert.equal(rig.engine.queries.asset("long").status, "missing");
});

test("code that ignores its signal is abandoned after the grace, and its partition is not made again before it settles", async () => {
  const open = gate();
  let starts = 0;
  const deaf = defineAsset({
    key: "deaf",
    async run() {
      starts++;
      await open.passed;
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [deaf, defineJob({ name: "j", assets: [deaf] })],
    abortGraceMs: 1000,
  });
  const id = await rig.start("j");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  await rig.advance(1000);
  assert.equal((await rig.ended(id)).status, "canceled");
  const again = await rig.start("j");
  await rig.settle();
  assert.equal(starts, 1);
  assert.match(rig.step(again, "deaf").waitReason ?? "", /ignored its signal/);
  open.open();
  assert.equal((await rig.ended(again)).status, "succeeded");
  const events = await rig.engine.queries.events(id, {});
  assert.ok(events.items.some((event) => event.type === "step.warning"));
});

test("a queued run that is canceled never starts", async () => {
  const open = gate();
  const busy = defineAsset({ key: "busy", run: () => open.passed.then(() => 1) });
  const other = defineAsset({ key: "other", run: () => 1 });
  await using rig = await engineRig({
    definitions: [
      busy,
      other,
      defineJob({ name: "busy", assets: [busy] }),
      defineJob({ name: "other", assets: [other] }),
    ],
    limits: [{ kind: "runs", maximum: 1 }],
  });
  const first = await rig.start("busy");
  await rig.settle();
  const second = await rig.start("other");
  await rig.settle();
  assert.match(rig.engine.queries.run(second).waitingFor ?? "", new RegExp(first));
  await rig.engine.commands.cancelRun(second, operator);
  open.open();
  await rig.ended(first);
  await rig.settle();
  assert.equal(rig.engine.queries.run(second).status, "canceled");
  assert.equal(rig.engine.queries.asset("other").status, "missing");
});

test("a re-execution from failure uses what succeeded and does the rest again", async () => {
  let fail = true;
  const counts = { first: 0, second: 0 };
  const first = defineAsset({ key: "first", run: () => ++counts.first });
  const second = defineAsset({
    key: "second",
    deps: { first },
    run({ inputs }) {
      counts.second++;
      if (fail) throw new Error("no");
      return inputs.first;
    },
  });
  const third = defineAsset({ key: "third", deps: { second }, run: ({ inputs }) => inputs.second });
  await using rig = await engineRig({
    definitions: [first, second, third, defineJob({ name: "j", assets: [first, second, third] })],
  });
  const failed = await rig.run("j");
  fail = false;
  const again = await rig.engine.commands.reexecute(failed.id, { from: "failure", actor: operator });
  const run = await rig.ended(again);
  assert.equal(run.status, "succeeded");
  assert.equal(run.parentRunId, failed.id);
  assert.deepEqual(
    run.steps.map((step) => step.assets[0]),
    ["second", "third"],
  );
  assert.deepEqual(counts, { first: 1, second: 2 });
});
