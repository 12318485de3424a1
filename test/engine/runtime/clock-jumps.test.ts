import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob } from "../../../engine/index.ts";
import { type EngineRig, engineRig, gate } from "../../rigs/engine.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { recordRig } from "../../rigs/record.ts";

const HOUR_MS = 3_600_000;

/** A clock whose time of day can be set; durations go on as they were. `pass` lets time go by. */
function settableClock() {
  const time = manualClock();
  let shiftMs = 0;
  const clock = { ...time, now: () => time.now() + shiftMs };
  return {
    clock,
    set: (ms: number) => {
      shiftMs = ms;
    },
    async pass(ms: number, rig: EngineRig) {
      await rig.settle();
      await time.advance(ms);
      await rig.settle();
    },
  };
}

test("a clock that is set ends no step before its time limit, and gives it no longer one", async () => {
  const { clock, set, pass } = settableClock();
  const slow = defineAsset({
    key: "slow",
    timeoutMs: 60_000,
    run: ({ signal }) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("late")))),
  });
  await using rig = await engineRig({ definitions: [slow, defineJob({ name: "j", assets: [slow] })], clock });
  const id = await rig.start("j");
  await pass(1000, rig);
  set(8 * HOUR_MS);
  await pass(58_000, rig);
  assert.equal(rig.step(id, "slow").status, "running");
  set(-12 * HOUR_MS);
  await pass(1000, rig);
  assert.equal(rig.step(id, "slow").error?.code, "timeout");
  assert.equal((await rig.ended(id)).status, "failed");
});

test("a clock that is set neither brings the next attempt nearer nor puts it off", async () => {
  const { clock, set, pass } = settableClock();
  let attempts = 0;
  const flaky = defineAsset({
    key: "flaky",
    retry: { attempts: 3, delayMs: 30_000, jitter: 0 },
    run() {
      if (++attempts < 3) throw new Error("not yet");
      return attempts;
    },
  });
  await using rig = await engineRig({ definitions: [flaky, defineJob({ name: "j", assets: [flaky] })], clock });
  const id = await rig.start("j");
  await rig.settle();
  set(HOUR_MS);
  await pass(29_000, rig);
  assert.equal(attempts, 1);
  await pass(1000, rig);
  assert.equal(attempts, 2);
  set(-HOUR_MS);
  await pass(30_000, rig);
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.equal(attempts, 3);
});

test("an engine whose thread stood still for hours keeps its data directory and its steps", async () => {
  const { clock, set, pass } = settableClock();
  const opened = gate();
  let calls = 0;
  const waits = defineAsset({
    key: "waits",
    async run() {
      calls++;
      await opened.passed;
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [waits, defineJob({ name: "j", assets: [waits] })], clock });
  const id = await rig.start("j");
  await rig.settle();
  // Nothing of the engine runs meanwhile, as while its thread is blocked or the machine sleeps.
  set(8 * HOUR_MS);
  await assert.rejects(recordRig({ directory: rig.dataDir }), { code: "locked" });
  await pass(10_000, rig);
  set(0);
  opened.open();
  assert.equal((await rig.ended(id)).status, "succeeded");
  const { attempt, interruptions } = rig.step(id, "waits");
  assert.deepEqual([calls, attempt, interruptions], [1, 1, 0]);
});
