import assert from "node:assert/strict";
import { test } from "node:test";
import { piscinaWorkers } from "../../../../engine/adapters/piscina-workers.ts";
import { type Asset, defineAsset, defineJob, defineResource } from "../../../../engine/index.ts";
import type { WorkerPool, WorkerTaskParams } from "../../../../engine/core/ports/worker-pool.ts";
import { isTerminalRun } from "../../../../engine/core/states.ts";
import type { RunDetailView } from "../../../../engine/runtime/views.ts";
import type { FromWorker, WorkerStepInput } from "../../../../engine/runtime/worker-step.ts";
import { engineRig, type EngineRig, operator } from "../../../rigs/engine.ts";
import * as assets from "./assets.ts";

const WORKER_HEAP_MB = 64;

const all: readonly Asset[] = [
  assets.base,
  assets.page,
  assets.never,
  assets.plus,
  assets.gather,
  assets.ofSource,
  assets.both.left,
  assets.both.right,
  assets.reads,
  assets.skips,
  assets.throws,
  assets.refuses,
  assets.nonsense,
  assets.endless,
  assets.brief,
  assets.exits,
  assets.eats,
  assets.stray,
  assets.forgets,
  assets.chatters,
  assets.asksAgain,
  assets.picky,
];

/** An engine with real workers; a job for each asset, by its key. */
async function workerRig({ threads = 2 } = {}): Promise<EngineRig> {
  const workers = piscinaWorkers({ threads, maxOldSpaceMb: WORKER_HEAP_MB });
  const rig = await engineRig({
    definitions: [
      ...all,
      assets.isTwentyOne,
      defineJob({ name: "check", assets: [], checks: [assets.isTwentyOne] }),
      ...all.map((asset) => defineJob({ name: asset.key, assets: [asset], checks: [] })),
    ],
    settings: { NAME: "iris" },
    workers,
  });
  const dispose = rig[Symbol.asyncDispose].bind(rig);
  return Object.assign(rig, {
    async [Symbol.asyncDispose]() {
      await dispose();
      await workers.close();
    },
  });
}

/** Waits for commits: workers take a time of their own. */
function untilEnded(rig: EngineRig, id: string): Promise<RunDetailView> {
  return new Promise((resolve) => {
    const look = (): void => {
      const run = rig.engine.queries.run(id);
      if (!isTerminalRun(run.status)) return;
      forget();
      resolve(run);
    };
    const forget = rig.engine.onCommit(look);
    look();
  });
}

const runJob = async (rig: EngineRig, job: string, partition?: string): Promise<RunDetailView> =>
  untilEnded(rig, await rig.start(job, partition));

function untilReport(rig: EngineRig): Promise<void> {
  return new Promise((resolve) => {
    const forget = rig.engine.onProgress(() => {
      forget();
      resolve();
    });
  });
}

test("code in a worker gets its inputs and resources, and its value, metadata, log and report arrive", async () => {
  await using rig = await workerRig();
  await runJob(rig, "base");
  const reports: unknown[] = [];
  rig.engine.onProgress(({ progress }) => reports.push(progress));
  const run = await runJob(rig, "plus");
  assert.equal(run.status, "succeeded");
  const { latest } = rig.engine.queries.asset("plus");
  assert.deepEqual([latest?.value, latest?.metadata], [21, { bytes: 100_000, attempt: 1 }]);
  assert.deepEqual(reports, [{ done: 1 }]);
  const { items } = await rig.engine.queries.logs(run.id, { limit: 100 });
  assert.deepEqual(
    items.map((line) => line.message),
    ["hello iris", ...Array.from({ length: 50 }, (_, line) => `line ${line}`)],
  );
  assert.deepEqual(items[0]?.fields, { job: "plus" });
});

test("a check in a worker sees what it judges, and its verdict arrives", async () => {
  await using rig = await workerRig();
  for (const job of ["base", "plus", "plus"]) await runJob(rig, job);
  const run = await runJob(rig, "check");
  assert.equal(run.status, "succeeded");
  const { outcome, metadata } = run.steps[0]?.evaluation ?? {};
  assert.deepEqual([outcome, metadata], ["passed", { value: 21, bytes: 100_000, version: "v1", before: "v1" }]);
  const { items } = await rig.engine.queries.logs(run.id, {});
  assert.deepEqual(
    items.map((line) => line.message),
    ["hello iris"],
  );
});

test("code in a worker reads the partitions of an input one by one", async () => {
  await using rig = await workerRig();
  await rig.engine.commands.addPartitions("sources", { keys: ["aa", "bbb", "never made"], actor: operator });
  await runJob(rig, "page", "aa");
  await runJob(rig, "page", "bbb");
  await runJob(rig, "gather");
  assert.deepEqual(rig.engine.queries.asset("gather").latest?.value, {
    keys: ["aa", "bbb", "never made"],
    found: { aa: 2, bbb: 3 },
    first: 2,
    missing: "missing_input",
  });
  await runJob(rig, "of_source", "bbb");
  assert.equal(rig.engine.queries.assetPartition("of_source", "bbb").latest?.value, "bbb: 3");
});

test("a multi-asset in a worker makes all that it returns", async () => {
  await using rig = await workerRig();
  assert.equal((await runJob(rig, "left")).status, "succeeded");
  assert.equal(rig.engine.queries.asset("left").latest?.value, 1);
  assert.equal(rig.engine.queries.asset("right").latest?.value, 2);
});

test("what code in a worker throws or returns amiss fails its step with the same words as on the engine's thread", async () => {
  await using rig = await workerRig();
  const errorOf = async (job: string) => rig.step((await runJob(rig, job)).id, job).error;
  assert.equal((await errorOf("reads"))?.code, "missing_input");
  const thrown = await errorOf("throws");
  assert.deepEqual([thrown?.code, thrown?.message], ["user_code", "the disk is gone"]);
  assert.match(thrown?.file ?? "", /worker-step\/assets\.ts$/);
  const refused = await errorOf("refuses");
  assert.deepEqual([refused?.code, refused?.details], ["harvest", { status: 404 }]);
  assert.equal((await errorOf("nonsense"))?.code, "bad_value");
  const skipped = await runJob(rig, "skips");
  assert.deepEqual([skipped.status, rig.step(skipped.id, "skips").reason], ["succeeded", "needs Docker"]);
});

test("an endless loop in a worker is ended when its run is canceled", async () => {
  await using rig = await workerRig();
  const turning = untilReport(rig);
  const id = await rig.start("endless");
  await turning;
  await rig.engine.commands.cancelRun(id, operator);
  assert.equal((await untilEnded(rig, id)).status, "canceled");
  assert.equal((await runJob(rig, "left")).status, "succeeded");
});

test("an endless loop in a worker is ended at its time limit", async () => {
  await using rig = await workerRig();
  const turning = untilReport(rig);
  const id = await rig.start("endless");
  await turning;
  await rig.advance(60_000);
  assert.equal((await untilEnded(rig, id)).status, "failed");
  assert.equal(rig.step(id, "endless").error?.code, "timeout");
});

test("the time that code waits for a worker is none of its time limit, and its log tells it", async () => {
  await using rig = await workerRig({ threads: 1 });
  const turning = untilReport(rig);
  const endless = await rig.start("endless");
  await turning;
  const brief = await rig.start("brief");
  await rig.advance(59_000);
  assert.equal(rig.step(brief, "brief").status, "running");
  await rig.advance(1000);
  assert.equal((await untilEnded(rig, endless)).status, "failed");
  assert.equal((await untilEnded(rig, brief)).status, "succeeded");
  const { items } = await rig.engine.queries.logs(brief, {});
  assert.deepEqual(
    items.map((line) => line.message),
    ["waited 60.0 s for a free worker"],
  );
});

test("an endless loop in a worker is cut off when the engine stops, and runs again", async () => {
  await using rig = await workerRig();
  const turning = untilReport(rig);
  const id = await rig.start("endless");
  await turning;
  const stopped = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(0);
  await stopped;
  const after = await rig.crash();
  await untilReport(after);
  assert.deepEqual([after.step(id, "endless").attempt, after.step(id, "endless").interruptions], [2, 1]);
});

for (const [job, how] of [
  ["exits", "ends its process"],
  ["eats", "eats all its memory"],
] as const) {
  test(`code in a worker that ${how} fails its step alone`, async () => {
    await using rig = await workerRig();
    const turning = untilReport(rig);
    const beside = await rig.start("endless");
    await turning;
    const run = await runJob(rig, job);
    assert.equal(run.status, "failed");
    assert.equal(rig.step(run.id, job).error?.code, "worker_crashed");
    assert.equal(rig.engine.queries.run(beside).status, "running");
    assert.equal((await runJob(rig, "left")).status, "succeeded");
    await rig.engine.commands.cancelRun(beside, operator);
    assert.equal((await untilEnded(rig, beside)).status, "canceled");
  });
}

test("an error that code in a worker leaves to nobody fails its step, even where the code has returned by then", async () => {
  await using rig = await workerRig();
  for (const job of ["stray", "forgets"]) {
    const run = await runJob(rig, job);
    assert.equal(run.status, "failed", job);
    const { error } = rig.step(run.id, job);
    assert.equal(error?.code, "user_code");
    assert.match(error?.message ?? "", /nobody caught an error of its code: nobody/);
    assert.match(error?.file ?? "", /worker-step\/assets\.ts$/);
  }
  assert.equal((await runJob(rig, "left")).status, "succeeded");
});

test("a gigabyte that code in a worker says is cut with a notice, and takes no memory of the engine's", async () => {
  await using rig = await workerRig();
  let reports = 0;
  rig.engine.onProgress(() => reports++);
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  const run = await runJob(rig, "chatters");
  clearInterval(timer);
  assert.equal(run.status, "succeeded");
  const { items } = await rig.engine.queries.logs(run.id, { limit: 500 });
  assert.equal(items.length, 420);
  assert.match(items.at(-1)?.message ?? "", /is cut here/);
  assert.ok(reports > 0 && reports < 1000, `${reports} reports`);
  assert.ok(most - before < 200 * 1024 * 1024, `${(most - before) / 1024 / 1024} MB more`);
});

test("an asset in a worker whose resource lives on the engine's thread is refused at open", async () => {
  const bound = defineResource<number>({ key: "bound" });
  const asset = defineAsset({ key: "a", workerModule: import.meta.url, resources: { bound }, run: () => 1 });
  await assert.rejects(engineRig({ definitions: [asset], resources: new Map([["bound", 1]]) }), {
    code: "definition",
    message: /asset "a" runs in a worker but uses the resource "bound"/,
  });
});

test("an asset that its module does not export fails in the worker and says so", async () => {
  const hidden = defineAsset({ key: "hidden", workerModule: import.meta.resolve("./assets.ts"), run: () => 1 });
  const workers = piscinaWorkers({ threads: 1, maxOldSpaceMb: WORKER_HEAP_MB });
  {
    await using rig = await engineRig({
      definitions: [hidden, defineJob({ name: "hidden", assets: [hidden] })],
      workers,
    });
    const run = await runJob(rig, "hidden");
    assert.match(rig.step(run.id, "hidden").error?.message ?? "", /does not export the asset "hidden"/);
  }
  await workers.close();
});

test("what code said last is heard though its answer came first", async () => {
  const quick: WorkerPool = {
    size: 1,
    async run<O>({ input }: WorkerTaskParams): Promise<O> {
      const { port } = input as WorkerStepInput;
      port.postMessage({ type: "log", level: "info", message: "last words" } satisfies FromWorker);
      port.postMessage({ type: "report", progress: { bad: 1n } });
      return { type: "skip", reason: "done" } as O;
    },
    close: async () => {},
  };
  const asset = defineAsset({ key: "a", workerModule: import.meta.url, run: () => 1 });
  await using rig = await engineRig({
    definitions: [asset, defineJob({ name: "a", assets: [asset] })],
    workers: quick,
  });
  const run = await runJob(rig, "a");
  const { items } = await rig.engine.queries.logs(run.id, {});
  assert.deepEqual(
    items.map((line) => line.message.slice(0, 20)),
    ["last words", "a report was refused"],
  );
});

/** Lets waits of no time end: a worker takes a time of its own. */
async function untilEndedWithTime(rig: EngineRig, id: string): Promise<RunDetailView> {
  const ended = untilEnded(rig, id);
  const forget = rig.engine.onCommit(() => void rig.clock.advance(0));
  return ended.finally(forget);
}

test("code in a worker asks for another attempt, and a policy's predicate sees a copy of what it threw", async () => {
  await using rig = await workerRig();
  const asked = await untilEndedWithTime(rig, await rig.start("asks_again"));
  assert.deepEqual([asked.status, rig.step(asked.id, "asks_again").attempt], ["succeeded", 3]);
  const picky = await untilEndedWithTime(rig, await rig.start("picky"));
  assert.deepEqual([picky.status, rig.step(picky.id, "picky").attempt], ["failed", 2]);
  assert.deepEqual(
    assets.seenErrors.map((error) => [error instanceof Error, error.message]),
    [
      [true, "too far"],
      [true, "no such thing"],
    ],
  );
});
