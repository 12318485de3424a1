import assert from "node:assert/strict";
import { test } from "node:test";
import { piscinaWorkers } from "../../../engine/adapters/piscina-workers.ts";
import { systemScheduler } from "../../../engine/adapters/system-clock.ts";
import { isTerminalRun } from "../../../engine/core/states.ts";
import type { RunDetailView } from "../../../engine/runtime/views.ts";
import { defineAsset, defineResource, isEngineError } from "../../../engine/index.ts";
import { type EngineRig, engineRig, operator } from "../../rigs/engine.ts";
import { letters, workerAssets, workerJobs } from "../../rigs/worker-assets.ts";

const definitions = [letters, ...workerAssets, ...workerJobs];

async function workerRig() {
  const workers = piscinaWorkers({ threads: 1, maxOldSpaceMb: 64, scheduler: systemScheduler() });
  const rig = await engineRig({ definitions, workers });
  return {
    rig,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await workers.close();
    },
  };
}

/** The run once it has ended, in the time that a real worker takes. */
async function endOf(rig: EngineRig, runId: string): Promise<RunDetailView> {
  const ended = Promise.withResolvers<void>();
  const look = (): void => {
    if (isTerminalRun(rig.engine.queries.run(runId).status)) ended.resolve();
  };
  const stop = rig.engine.onCommit(look);
  look();
  await ended.promise;
  stop();
  return rig.engine.queries.run(runId);
}

const runOf = async (rig: EngineRig, job: string, partition?: string) => endOf(rig, await rig.start(job, partition));

test("a step in a worker gets its inputs, and its value, its log and its reports come back", async () => {
  await using made = await workerRig();
  const { rig } = made;
  const reports: unknown[] = [];
  rig.engine.onProgress(({ progress }) => reports.push(progress));
  for (const key of ["a", "b"]) {
    await runOf(rig, "upstream", key);
    const run = await runOf(rig, "shout", key);
    assert.equal(run.status, "succeeded", run.error?.message);
    const { items: lines } = await rig.engine.queries.logs(run.id, {});
    assert.deepEqual(
      lines.map((line) => line.message),
      [`heard ${key}!`],
    );
  }
  assert.deepEqual(reports, [{ said: 1 }, { said: 1 }]);
  await runOf(rig, "chorus");
  assert.deepEqual(rig.engine.queries.asset("chorus").latest?.value, ["a=A!", "b=B!"]);
});

test("what a worker's code does to its thread ends that step alone", async () => {
  await using made = await workerRig();
  const { rig } = made;
  for (const job of ["exiting", "hoarding"]) {
    const run = await runOf(rig, job);
    assert.equal(run.status, "failed");
    assert.equal(run.steps[0]?.error?.code, "worker_crashed");
  }
  await runOf(rig, "upstream", "a");
  assert.equal((await runOf(rig, "shout", "a")).status, "succeeded");
});

test("an endless loop in a worker is ended by a cancel", async () => {
  await using made = await workerRig();
  const { rig } = made;
  const id = await rig.start("spinning");
  await rig.settle();
  await rig.engine.commands.cancelRun(id, operator);
  assert.equal((await endOf(rig, id)).status, "canceled");
});

test("a worker's resource that only the engine's thread can bind is refused when the engine opens", async () => {
  const bound = defineResource<{ n: number }>({ key: "bound" });
  const asset = defineAsset({ key: "x", workerModule: import.meta.url, resources: { bound }, run: () => 1 });
  await assert.rejects(
    engineRig({ definitions: [asset], resources: new Map([["bound", { n: 1 }]]) }),
    (error) => isEngineError(error, "definition") && error.message.includes('"bound"'),
  );
});
