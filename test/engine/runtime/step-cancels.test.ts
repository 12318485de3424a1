import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { FaultPoints } from "../../../engine/core/ports/fault-points.ts";
import { defineAsset, defineJob } from "../../../engine/index.ts";
import { DISK_PROBE_MS } from "../../../engine/runtime/disk-watch.ts";
import { type EngineRig, engineRig, gate, operator } from "../../rigs/engine.ts";

/** Code that heeds its signal only once the gate is open; it counts its attempts, and may be tried again. */
function stubborn({ timeoutMs = null }: { readonly timeoutMs?: number | null } = {}) {
  const open = gate();
  const calls = { count: 0 };
  const asset = defineAsset({
    key: "stubborn",
    retry: { attempts: 3, delayMs: 1000, jitter: 0 },
    ...(timeoutMs === null ? {} : { timeoutMs }),
    async run({ signal }) {
      calls.count++;
      await open.passed;
      signal.throwIfAborted();
      return 1;
    },
  });
  return { open, calls, definitions: [asset, defineJob({ name: "j", assets: [asset] })] };
}

async function cancel(rig: EngineRig, id: string): Promise<void> {
  await rig.engine.commands.cancelStep(id, { step: 0, actor: operator });
}

/** The step has ended as canceled, and nothing of it begins again. */
async function assertCanceled(rig: EngineRig, id: string): Promise<void> {
  await rig.advance(60_000);
  await rig.ended(id);
  assert.deepEqual([rig.step(id, "stubborn").status, rig.step(id, "stubborn").attempt], ["canceled", 1]);
  assert.match(rig.step(id, "stubborn").reason, /^canceled by tester/);
  assert.equal(rig.engine.queries.asset("stubborn").status, "missing");
}

async function eventsOf(rig: EngineRig, id: string): Promise<readonly string[]> {
  const { items } = await rig.engine.queries.events(id, { limit: 100 });
  return items.map((event) => event.type);
}

test("a step that is being canceled says so until its code is gone", async () => {
  const { open, definitions } = stubborn();
  await using rig = await engineRig({ definitions });
  const id = await rig.start("j");
  await rig.settle();
  await cancel(rig, id);
  await cancel(rig, id);
  await rig.settle();
  assert.deepEqual(
    [rig.step(id, "stubborn").status, rig.step(id, "stubborn").reason],
    ["running", "canceled by tester"],
  );
  open.open();
  await assertCanceled(rig, id);
  const told = (await eventsOf(rig, id)).filter((type) => type.startsWith("step."));
  assert.deepEqual(told, ["step.started", "step.canceling", "step.canceled"]);
});

test("a step that was being canceled when the engine was killed is canceled after it, and does not run again", async () => {
  const { open, calls, definitions } = stubborn();
  await using rig = await engineRig({ definitions });
  const id = await rig.start("j");
  await rig.settle();
  await cancel(rig, id);
  await rig.settle();
  const after = await rig.crash();
  await assertCanceled(after, id);
  assert.equal(calls.count, 1);
  open.open();
});

test("a step that is canceled while the engine stops is canceled", async () => {
  const { calls, definitions } = stubborn();
  await using rig = await engineRig({ definitions, abortGraceMs: 1000 });
  const id = await rig.start("j");
  await rig.settle();
  const stopped = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(0);
  await cancel(rig, id);
  await rig.advance(1000);
  await stopped;
  const after = await rig.crash();
  await assertCanceled(after, id);
  assert.equal(calls.count, 1);
  assert.ok(!(await eventsOf(after, id)).includes("step.interrupted"));
});

test("a step that is canceled after its time limit told it to end is not tried again", async () => {
  const { open, definitions } = stubborn({ timeoutMs: 500 });
  await using rig = await engineRig({ definitions });
  const id = await rig.start("j");
  await rig.settle();
  await rig.advance(500);
  await cancel(rig, id);
  open.open();
  await assertCanceled(rig, id);
  assert.match(rig.step(id, "stubborn").reason, /its attempt failed: the attempt ran over its time limit of 500 ms/);
});

test("a step that is canceled while its failure is on its way to the record is not tried again", async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  const asset = defineAsset({
    key: "stubborn",
    retry: { attempts: 3, delayMs: 1000, jitter: 0 },
    run: ({ attempt }) => (attempt === 1 ? promise : 1),
  });
  await using rig = await engineRig({ definitions: [asset, defineJob({ name: "j", assets: [asset] })] });
  const id = await rig.start("j");
  await rig.settle();
  reject(new Error("the page answers 500"));
  await cancel(rig, id);
  await assertCanceled(rig, id);
  assert.match(rig.step(id, "stubborn").reason, /its attempt failed: the page answers 500/);
});

test("a step that is canceled while what it made is on its way to the record is canceled", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const asset = defineAsset({ key: "stubborn", run: () => promise });
  await using rig = await engineRig({ definitions: [asset, defineJob({ name: "j", assets: [asset] })] });
  const id = await rig.start("j");
  await rig.settle();
  resolve(1);
  await cancel(rig, id);
  await assertCanceled(rig, id);
});

const asked: readonly { readonly what: string; readonly ask: (rig: EngineRig, id: string) => Promise<void> }[] = [
  { what: "step", ask: cancel },
  { what: "run", ask: (rig, id) => rig.engine.commands.cancelRun(id, operator) },
];

for (const { what, ask } of asked) {
  test(`a ${what}'s cancel whose commit failed on the disk and came to it all the same ends the code`, async () => {
    const faults: FaultPoints & { isOn: boolean } = {
      isOn: false,
      reach(point) {
        if (!this.isOn || point !== "flush.after-commit") return;
        throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_FSYNC");
      },
    };
    const asset = defineAsset({
      key: "stubborn",
      run: ({ signal }) =>
        new Promise<number>((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason as Error)),
        ),
    });
    await using rig = await engineRig({ definitions: [asset, defineJob({ name: "j", assets: [asset] })], faults });
    const id = await rig.start("j");
    await rig.settle();
    faults.isOn = true;
    await assert.rejects(ask(rig, id), /the disk fails/);
    assert.match(String(rig.problems.splice(0)), /the disk fails/);
    faults.isOn = false;
    await rig.advance(DISK_PROBE_MS);
    await assertCanceled(rig, id);
  });
}
