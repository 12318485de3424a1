import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, EngineError, type Failure, RetryRequested } from "../../../engine/index.ts";
import { engineRig } from "../../rigs/engine.ts";

test("a policy's retryOn sees what was thrown and decides alone", async () => {
  const seen: [unknown, Failure][] = [];
  const thrown = [new EngineError("harvest", "gone for good"), new TypeError("a bug")];
  let attempts = 0;
  const picky = defineAsset({
    key: "picky",
    retry: {
      attempts: 9,
      delayMs: 10,
      jitter: 0,
      retryOn(error, failure) {
        seen.push([error, failure]);
        return failure.code === "harvest";
      },
    },
    run(): number {
      throw thrown[attempts++] as Error;
    },
  });
  await using rig = await engineRig({ definitions: [picky, defineJob({ name: "j", assets: [picky] })] });
  const id = await rig.start("j");
  await rig.advance(10);
  assert.equal((await rig.ended(id)).status, "failed");
  assert.deepEqual(
    seen.map(([error, failure]) => [error, failure.code, failure.message]),
    [
      [thrown[0], "harvest", "gone for good"],
      [thrown[1], "user_code", "a bug"],
    ],
  );
});

test("a retryOn that throws or gives no answer fails its step, naming both errors", async () => {
  const broken = (key: string, retryOn: () => boolean) =>
    defineAsset({
      key,
      retry: { attempts: 2, retryOn },
      run(): number {
        throw new Error("no");
      },
    });
  const throws = broken("throws", () => {
    throw new Error("my own bug");
  });
  const late = broken("late", (async () => true) as unknown as () => boolean);
  await using rig = await engineRig({
    definitions: [throws, late, defineJob({ name: "j", assets: [throws, late] })],
  });
  const run = await rig.run("j");
  assert.equal(rig.step(run.id, "throws").error?.message, "no (and its retryOn threw: my own bug)");
  assert.equal(rig.step(run.id, "late").error?.message, "no (and its retryOn answered neither true nor false)");
});

test("code without a policy can ask for another attempt, once, after the wait that it names", async () => {
  let attempts = 0;
  const asks = defineAsset({
    key: "asks",
    run(): number {
      attempts++;
      throw new RetryRequested({ message: "the server is warming up", delayMs: 5000 });
    },
  });
  await using rig = await engineRig({ definitions: [asks, defineJob({ name: "j", assets: [asks] })] });
  const id = await rig.start("j");
  await rig.settle();
  assert.match(rig.step(id, "asks").waitReason ?? "", /the server is warming up; tried again at/);
  await rig.advance(4999);
  assert.equal(attempts, 1);
  await rig.advance(1);
  const run = await rig.ended(id);
  assert.equal(attempts, 2);
  assert.equal(run.status, "failed");
  assert.equal(rig.step(id, "asks").error?.code, "retry_requested");
});

test("attempts that code asks for count against its policy, unless it names a number of its own", async () => {
  const attempts = { counted: 0, more: 0 };
  const counted = defineAsset({
    key: "counted",
    retry: { attempts: 3, delayMs: 7, jitter: 0, retryOn: () => false },
    run(): number {
      attempts.counted++;
      throw new RetryRequested();
    },
  });
  const more = defineAsset({
    key: "more",
    retry: { attempts: 2, delayMs: 7, jitter: 0 },
    run(): number {
      attempts.more++;
      throw new RetryRequested({ attempts: 5 });
    },
  });
  await using rig = await engineRig({
    definitions: [counted, more, defineJob({ name: "j", assets: [counted, more] })],
  });
  const id = await rig.start("j");
  await rig.advance(100);
  await rig.ended(id);
  assert.deepEqual(attempts, { counted: 3, more: 5 });
});

test("a wait that code asked for is waited out after a kill", async () => {
  let attempts = 0;
  const asks = defineAsset({
    key: "asks",
    retry: { attempts: 2, delayMs: 1 },
    run() {
      if (attempts++ === 0) throw new RetryRequested({ delayMs: 60_000 });
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asks, defineJob({ name: "j", assets: [asks] })] });
  const id = await rig.start("j");
  await rig.advance(20_000);
  const after = await rig.crash();
  await after.advance(39_999);
  assert.equal(attempts, 1);
  await after.advance(1);
  assert.equal((await after.ended(id)).status, "succeeded");
});
