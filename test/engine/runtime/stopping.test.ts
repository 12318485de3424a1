import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineAsset, defineJob, defineSensor, isEngineError, staticPartitions } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

const stopNow = { deadlineMs: 0, reason: "test" };

test("an engine that stops lets what runs end and starts nothing, and the next one goes on with it", async () => {
  const open = gate();
  let seconds = 0;
  const first = defineAsset({ key: "first", run: () => open.passed.then(() => 1) });
  const second = defineAsset({ key: "second", deps: { first }, run: () => ++seconds });
  await using rig = await engineRig({
    definitions: [first, second, defineJob({ name: "j", assets: [first, second] })],
  });
  const id = await rig.start("j");
  await rig.settle();
  const stopped = rig.engine.stop({ deadlineMs: 60_000, reason: "test" });
  open.open();
  await stopped;
  assert.equal(seconds, 0);
  const after = await rig.crash();
  assert.equal((await after.ended(id)).status, "succeeded");
  assert.equal(after.step(id, "first").attempt, 1);
  assert.deepEqual([after.step(id, "second").attempt, after.step(id, "second").interruptions], [1, 0]);
});

test("whoever asks an engine to stop while it stops waits for the same end", async () => {
  const open = gate();
  const slow = defineAsset({ key: "slow", run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({ definitions: [slow, defineJob({ name: "j", assets: [slow] })] });
  await rig.start("j");
  await rig.settle();
  const ends: string[] = [];
  const stopping = { deadlineMs: 60_000, reason: "test" };
  const first = rig.engine.stop(stopping).then(() => ends.push("first"));
  const second = rig.engine.stop(stopping).then(() => ends.push("second"));
  await rig.settle();
  assert.deepEqual(ends, []);
  open.open();
  await Promise.all([first, second]);
  assert.equal(ends.length, 2);
});

test("what an attempt said before the engine's end cut it off is kept", async () => {
  const cut = defineAsset({
    key: "cut",
    run({ log, signal }) {
      log.info("page 1");
      return new Promise<number>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
    },
  });
  await using rig = await engineRig({ definitions: [cut, defineJob({ name: "j", assets: [cut] })] });
  const id = await rig.start("j");
  await rig.settle();
  const stopped = rig.engine.stop(stopNow);
  await rig.advance(0);
  await stopped;
  const after = await rig.crash();
  await after.settle();
  const { items } = await after.engine.queries.logs(id, {});
  assert.deepEqual(
    items.map((line) => [line.message, line.attempt]),
    [["page 1", 1]],
  );
});

test("code that the engine's end gave up can use its context no more", async () => {
  const open = gate();
  const refusals: unknown[] = [];
  const deaf = defineAsset({
    key: "deaf",
    async run({ log, report }) {
      await open.passed;
      for (const call of [() => log.info("late"), () => report({ late: true })]) {
        try {
          call();
        } catch (error) {
          refusals.push(isEngineError(error) && error.code);
        }
      }
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [deaf, defineJob({ name: "j", assets: [deaf] })],
    abortGraceMs: 1000,
  });
  const reports: unknown[] = [];
  rig.engine.onProgress((progress) => reports.push(progress));
  await rig.start("j");
  await rig.settle();
  const stopped = rig.engine.stop(stopNow);
  await rig.advance(1000);
  await stopped;
  open.open();
  await rig.settle();
  assert.deepEqual([refusals, reports], [["conflict", "conflict"], []]);
});

test("an engine that has stopped leaves no timer behind", async () => {
  const flaky = defineAsset({
    key: "flaky",
    timeoutMs: 60_000,
    retry: { attempts: 3, delayMs: 3_600_000 },
    run({ log }): number {
      log.info("trying");
      throw new Error("not yet");
    },
  });
  await using rig = await engineRig({ definitions: [flaky, defineJob({ name: "j", assets: [flaky] })] });
  const id = await rig.start("j");
  await rig.settle();
  assert.equal(rig.step(id, "flaky").status, "waiting");
  await rig.engine.stop({ deadlineMs: 1000, reason: "test" });
  assert.equal(rig.clock.pending, 0);
});

test("code that settles after the engine's end is nobody's problem", async () => {
  const open = gate();
  const deaf = defineAsset({ key: "deaf", run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({
    definitions: [deaf, defineJob({ name: "j", assets: [deaf] })],
    abortGraceMs: 1000,
  });
  await rig.start("j");
  await rig.settle();
  const stopped = rig.engine.stop(stopNow);
  await rig.advance(1000);
  await stopped;
  open.open();
  await rig.settle();
  assert.deepEqual(rig.problems, []);
});

test("a stopped engine answers that it has stopped", async () => {
  const one = defineAsset({ key: "one", partitions: staticPartitions("keys", ["a"]), run: () => 1 });
  await using rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  const { run } = await rig.engine.commands.triggerJob("j", { partition: "a", actor: operator });
  await rig.ended(run);
  await rig.engine.stop(stopNow);
  const { commands } = rig.engine;
  const asked = [
    commands.triggerJob("j", { partition: "a", actor: operator }),
    commands.cancelRun(run, operator),
    commands.setLimit({ kind: "runs", key: "", value: "", maximum: 1 }, operator),
    commands.addPartitions("keys", { keys: ["b"], actor: operator }),
  ];
  for (const answer of asked) await assert.rejects(answer, (error) => isEngineError(error, "conflict"));
});

test("a run that waits for its next attempt is canceled at once", async () => {
  const flaky = defineAsset({
    key: "flaky",
    retry: { attempts: 3, delayMs: 60_000 },
    run(): number {
      throw new Error("not yet");
    },
  });
  await using rig = await engineRig({ definitions: [flaky, defineJob({ name: "j", assets: [flaky] })] });
  const id = await rig.start("j");
  await rig.settle();
  const before = rig.clock.pending;
  await rig.engine.commands.cancelRun(id, operator);
  await rig.settle();
  assert.equal(rig.engine.queries.run(id).status, "canceled");
  assert.equal(rig.clock.pending, before - 1);
});

test("a run that is starting, with all its steps waiting, is canceled at once", async () => {
  const open = gate();
  const one = defineAsset({ key: "one", pool: "p", run: () => open.passed.then(() => 1) });
  const two = defineAsset({ key: "two", pool: "p", run: () => 1 });
  const jobs = [one, two].map((asset) => defineJob({ name: asset.key, assets: [asset] }));
  await using rig = await engineRig({
    definitions: [one, two, ...jobs],
    limits: [{ kind: "pool", key: "p", maximum: 1 }],
  });
  await rig.start("one");
  const id = await rig.start("two");
  await rig.settle();
  assert.equal(rig.engine.queries.run(id).status, "starting");
  await rig.engine.commands.cancelRun(id, operator);
  assert.equal(rig.engine.queries.run(id).status, "canceled");
  await rig.engine.commands.cancelRun(id, operator).then(
    () => assert.fail("a canceled run was canceled again"),
    (error: unknown) => assert.ok(isEngineError(error, "conflict")),
  );
  open.open();
});

test("an engine whose record can no longer be written stops its code, says so once, and still shows what it has", async () => {
  let reason: unknown = null;
  const cut = defineAsset({
    key: "cut",
    run: ({ signal }) =>
      new Promise<number>((_resolve, reject) =>
        signal.addEventListener("abort", () => {
          reason = signal.reason;
          reject(signal.reason as Error);
        }),
      ),
  });
  const quick = defineAsset({ key: "quick", run: () => 1 });
  const poll = defineSensor({ name: "poll", minIntervalMs: 1000, evaluate: () => ({ reason: "looked" }) });
  await using rig = await engineRig({
    definitions: [cut, quick, poll, ...[cut, quick].map((asset) => defineJob({ name: asset.key, assets: [asset] }))],
  });
  const id = await rig.start("cut");
  await rig.settle();
  const thief = new Database(path.join(rig.dataDir, "sheaf.db"));
  thief.exec("UPDATE lease SET epoch = epoch + 1");
  thief.close();
  await assert.rejects(rig.start("quick"), (error) => isEngineError(error, "locked"));
  await rig.advance(5000);
  assert.ok(isEngineError(reason, "interrupted"));
  assert.equal(rig.engine.health().status, "failed");
  assert.equal(rig.engine.queries.run(id).status, "running");
  await assert.rejects(rig.start("quick"), /takes no more work: another engine took over/);
  const [problem, ...more] = rig.problems.splice(0);
  assert.ok(isEngineError(problem, "locked"));
  assert.deepEqual(more, []);
});
