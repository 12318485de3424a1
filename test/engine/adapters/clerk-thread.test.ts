import assert from "node:assert/strict";
import { openSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { type ClerkThread, openClerkThread } from "../../../engine/adapters/clerk-thread.ts";
import { systemClock, systemScheduler } from "../../../engine/adapters/system-clock.ts";
import { defineAsset, defineJob } from "../../../engine/index.ts";
import { engineRig } from "../../rigs/engine.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

/** Short, so that a test blocks its thread for half a second instead of two; it is the real time that counts here. */
const LIMIT_MS = 100;

interface ClerkRig extends AsyncDisposable {
  readonly clerk: ClerkThread;
  /** What was told at once, on the descriptor. */
  told(): string;
}

async function clerkRig(): Promise<ClerkRig> {
  const folder = await temporaryFolder();
  const file = path.join(folder.path, "told");
  const clerk = openClerkThread({
    clock: systemClock(),
    scheduler: systemScheduler(),
    limitMs: LIMIT_MS,
    descriptor: openSync(file, "w"),
  });
  return {
    clerk,
    told: () => readFileSync(file, "utf8"),
    async [Symbol.asyncDispose]() {
      await clerk.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Until the watching thread runs: it says so of a blocked thread, once, so this one then goes on for some beats. */
async function untilWatched(rig: ClerkRig): Promise<void> {
  for (let tries = 0; rig.told() === "" && tries < 50; tries++) {
    block(LIMIT_MS * 2);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(rig.told(), /no asset's or sensor's code runs/);
  await new Promise((resolve) => setTimeout(resolve, LIMIT_MS));
}

test("a blocked thread is told of while it is blocked, with the name of the code that was entered last", async () => {
  await using rig = await clerkRig();
  await untilWatched(rig);
  const messages: string[] = [];
  const leaveFirst = rig.clerk.enter({ label: "first", tell: (message) => messages.push(`first: ${message}`) });
  const leaveLast = rig.clerk.enter({ label: "ingest/last", tell: (message) => messages.push(`last: ${message}`) });
  block(LIMIT_MS * 4);
  assert.match(rig.told(), /blocked for over 0\.1 s: the code entered last is that of ingest\/last\n$/);
  leaveLast();
  leaveFirst();
  await new Promise((resolve) => setTimeout(resolve, LIMIT_MS));
  assert.equal(messages.length, 1);
  assert.match(messages[0] ?? "", /^last: its code was the last .* blocked for about 0\.[3-9] s/);
});

test("a thread that goes on is not told of, and code that has ended is not named", async () => {
  await using rig = await clerkRig();
  await untilWatched(rig);
  const before = rig.told();
  rig.clerk.enter({ label: "over", tell: () => assert.fail("it has ended") })();
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setTimeout(resolve, LIMIT_MS / 4));
  assert.equal(rig.told(), before);
  block(LIMIT_MS * 4);
  assert.ok(!rig.told().includes("over\n"));
  assert.notEqual(rig.told(), before);
});

test("a step that blocks the engine's thread has a warning in its run's history", async () => {
  await using watching = await clerkRig();
  await untilWatched(watching);
  const blocks = defineAsset({
    key: "blocks",
    run() {
      block(LIMIT_MS * 4);
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [blocks, defineJob({ name: "j", assets: [blocks] })],
    clerk: watching.clerk,
  });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  let warnings: readonly string[] = [];
  for (let tries = 0; warnings.length === 0 && tries < 100; tries++) {
    await rig.settle();
    const { items } = await rig.engine.queries.events(run.id, {});
    warnings = items.filter((event) => event.type === "step.warning").map((event) => event.message);
  }
  assert.match(warnings.join(), /Step 0 warns: its code was the last that was entered before the engine's thread was/);
});
