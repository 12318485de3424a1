import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, type RetryPolicy, staticPartitions } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

/** Runs until its signal aborts. */
const obedient = (key: string) =>
  defineAsset({
    key,
    run: ({ signal }) =>
      new Promise<number>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
  });

const failing = (key: string, retry: RetryPolicy = { attempts: 1 }, passed: Promise<void> = Promise.resolve()) =>
  defineAsset({
    key,
    retry,
    async run(): Promise<number> {
      await passed;
      throw new Error("no disk");
    },
  });

const statuses = (run: { steps: readonly { assets: readonly string[]; status: string }[] }) =>
  Object.fromEntries(run.steps.map((step) => [step.assets.join(), step.status]));

test("a run over its time limit fails as such, once what runs has stopped, and what waits never starts", async () => {
  const long = obedient("long");
  const next = defineAsset({ key: "next", deps: { long }, run: () => 1 });
  const waits = failing("waits", { attempts: 2, delayMs: 3_600_000 });
  await using rig = await engineRig({
    definitions: [long, next, waits, defineJob({ name: "j", assets: [long, next, waits], timeoutMs: 60_000 })],
  });
  const idle = rig.clock.pending;
  const id = await rig.start("j");
  await rig.advance(59_999);
  assert.equal(rig.engine.queries.run(id).status, "running");
  await rig.advance(1);
  const run = await rig.ended(id);
  assert.deepEqual([run.status, run.error?.code], ["failed", "timeout"]);
  assert.match(run.error?.message ?? "", /longer than its time limit of 60000 ms/);
  assert.deepEqual(statuses(run), { long: "canceled", next: "canceled", waits: "canceled" });
  assert.match(rig.step(id, "long").reason, /time limit/);
  assert.equal(rig.clock.pending, idle);
});

test("a run's time limit goes on over a restart, and is over at once where the engine was away too long", async () => {
  const long = obedient("long");
  await using rig = await engineRig({
    definitions: [long, defineJob({ name: "j", assets: [long], timeoutMs: 60_000 })],
  });
  const id = await rig.start("j");
  await rig.advance(40_000);
  const after = await rig.crash();
  await after.advance(19_999);
  assert.equal(after.engine.queries.run(id).status, "running");
  await rig.advance(100_000);
  const late = await rig.crash();
  await late.advance(0);
  assert.equal((await late.ended(id)).error?.code, "timeout");
  await after.advance(1);
  assert.equal((await after.ended(id)).error?.code, "timeout");
});

test("a run that ends in time leaves no timer behind", async () => {
  const quick = defineAsset({ key: "quick", run: () => 1 });
  await using rig = await engineRig({
    definitions: [quick, defineJob({ name: "j", assets: [quick], timeoutMs: 60_000 })],
  });
  const idle = rig.clock.pending;
  assert.equal((await rig.run("j")).status, "succeeded");
  assert.equal(rig.clock.pending, idle);
});

test("by default what can go on goes on when a step fails", async () => {
  const open = gate();
  const bad = failing("bad");
  const slow = defineAsset({ key: "slow", run: () => open.passed.then(() => 1) });
  const below = defineAsset({ key: "below", deps: { bad }, run: () => 1 });
  await using rig = await engineRig({
    definitions: [bad, slow, below, defineJob({ name: "j", assets: [bad, slow, below] })],
  });
  const id = await rig.start("j");
  await rig.settle();
  assert.equal(rig.step(id, "slow").status, "running");
  open.open();
  const run = await rig.ended(id);
  assert.deepEqual(statuses(run), { bad: "failed", slow: "succeeded", below: "skipped" });
  assert.equal(run.status, "failed");
});

test("a job that stops at the first failure cancels what runs and what waits, and fails with that failure", async () => {
  const open = gate();
  const bad = failing("bad", { attempts: 1 }, open.passed);
  const slow = obedient("slow");
  const later = defineAsset({ key: "later", deps: { slow }, run: () => 1 });
  const below = defineAsset({ key: "below", deps: { bad }, run: () => 1 });
  const job = defineJob({ name: "j", assets: [bad, slow, later, below], onFailure: "stop" });
  await using rig = await engineRig({ definitions: [bad, slow, later, below, job] });
  const id = await rig.start("j");
  await rig.settle();
  open.open();
  const run = await rig.ended(id);
  assert.equal(run.status, "failed");
  assert.equal(run.error?.message, "bad failed: no disk");
  assert.deepEqual(statuses(run), { bad: "failed", slow: "canceled", later: "canceled", below: "skipped" });
  assert.match(rig.step(id, "slow").reason, /canceled, since bad failed/);
});

test("a step that will be tried again stops nothing; its last failure does", async () => {
  let attempts = 0;
  const flaky = defineAsset({
    key: "flaky",
    retry: { attempts: 2, delayMs: 1000, jitter: 0 },
    run(): number {
      attempts++;
      throw new Error("no");
    },
  });
  const slow = obedient("slow");
  await using rig = await engineRig({
    definitions: [flaky, slow, defineJob({ name: "j", assets: [flaky, slow], onFailure: "stop" })],
  });
  const id = await rig.start("j");
  await rig.settle();
  assert.deepEqual(statuses(rig.engine.queries.run(id)), { flaky: "waiting", slow: "running" });
  await rig.advance(1000);
  assert.deepEqual(statuses(await rig.ended(id)), { flaky: "failed", slow: "canceled" });
  assert.equal(attempts, 2);
});

test("a run that a failure stops is stopped by the next engine where this one is killed meanwhile", async () => {
  const open = gate();
  const bad = failing("bad", { attempts: 1 }, open.passed);
  const deaf = defineAsset({ key: "deaf", run: () => new Promise<number>(() => {}) });
  const definitions = [bad, deaf, defineJob({ name: "j", assets: [bad, deaf], onFailure: "stop" })];
  await using rig = await engineRig({ definitions });
  const id = await rig.start("j");
  await rig.settle();
  open.open();
  await rig.settle();
  assert.deepEqual(statuses(rig.engine.queries.run(id)), { bad: "failed", deaf: "running" });
  const after = await rig.crash();
  const run = await after.ended(id);
  assert.deepEqual([run.status, run.error?.message], ["failed", "bad failed: no disk"]);
  assert.deepEqual(statuses(run), { bad: "failed", deaf: "canceled" });
});

test("the failure of one run's step stops no other run", async () => {
  const keys = staticPartitions("keys", ["a", "b"]);
  const open = gate();
  const one = defineAsset({
    key: "one",
    partitions: keys,
    async run({ partition }) {
      if (partition.key === "a") throw new Error("no");
      await open.passed;
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one], onFailure: "stop" })],
  });
  const bad = await rig.start("j", "a");
  const good = await rig.start("j", "b");
  assert.equal((await rig.ended(bad)).status, "failed");
  open.open();
  assert.equal((await rig.ended(good)).status, "succeeded");
});

test("a job's concurrency bounds the steps of one run, and those that wait name who runs", async () => {
  const opens = [gate(), gate(), gate()];
  let running = 0;
  let most = 0;
  const steps = opens.map((open, index) =>
    defineAsset({
      key: `s${index}`,
      async run() {
        most = Math.max(most, ++running);
        await open.passed;
        running--;
        return 1;
      },
    }),
  );
  await using rig = await engineRig({
    definitions: [...steps, defineJob({ name: "j", assets: steps, concurrency: 1 })],
  });
  const [first, second] = [await rig.start("j"), await rig.start("j")];
  await rig.settle();
  assert.deepEqual(statuses(rig.engine.queries.run(first)), { s0: "running", s1: "waiting", s2: "waiting" });
  assert.match(rig.step(first, "s2").waitReason ?? "", /limit of 1 on the steps of this run, held by s0/);
  for (const open of opens) {
    open.open();
    await rig.settle();
  }
  assert.equal((await rig.ended(first)).status, "succeeded");
  assert.equal((await rig.ended(second)).status, "succeeded");
  assert.equal(most, 2);
});

test("a step that waits for its next attempt leaves its place in the run to another", async () => {
  let attempts = 0;
  const flaky = defineAsset({
    key: "flaky",
    retry: { attempts: 2, delayMs: 1000, jitter: 0 },
    run() {
      if (attempts++ === 0) throw new Error("not yet");
      return 1;
    },
  });
  const other = obedient("other");
  await using rig = await engineRig({
    definitions: [flaky, other, defineJob({ name: "j", assets: [flaky, other], concurrency: 1 })],
  });
  const id = await rig.start("j");
  await rig.settle();
  assert.deepEqual(statuses(rig.engine.queries.run(id)), { flaky: "waiting", other: "running" });
  await rig.advance(1000);
  assert.match(rig.step(id, "flaky").waitReason ?? "", /held by other/);
  await rig.engine.commands.cancelStep(id, { step: 1, actor: operator });
  await rig.ended(id);
  assert.deepEqual(statuses(rig.engine.queries.run(id)), { flaky: "succeeded", other: "canceled" });
});

test("a run keeps the policy that it was made with, and a re-execution takes it over", async () => {
  const long = obedient("long");
  const limited = defineJob({ name: "j", assets: [long], timeoutMs: 1000 });
  const free = defineJob({ name: "j", assets: [long] });
  await using rig = await engineRig({ definitions: [long, limited] });
  const id = await rig.start("j");
  await rig.settle();
  const after = await rig.crash([long, free]);
  await after.advance(1000);
  assert.equal((await after.ended(id)).error?.code, "timeout");
  const again = await after.engine.commands.reexecute(id, { from: "failure", actor: operator });
  await after.advance(1000);
  assert.equal((await after.ended(again)).error?.code, "timeout");
});

test("a time limit or a concurrency that is none is refused where the job is declared", () => {
  const one = defineAsset({ key: "one", run: () => 1 });
  for (const bad of [{ timeoutMs: 0 }, { concurrency: 0 }, { concurrency: 1.5 }]) {
    assert.throws(() => defineJob({ name: "j", assets: [one], ...bad }), { code: "definition" });
  }
});
