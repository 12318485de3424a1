import assert from "node:assert/strict";
import { MessageChannel } from "node:worker_threads";
import { once } from "node:events";
import { test } from "node:test";
import { MAX_WAITING_TASKS, piscinaWorkers } from "../../../../engine/adapters/piscina-workers.ts";
import type { PiscinaWorkersParams } from "../../../../engine/adapters/piscina-workers.ts";
import { isEngineError } from "../../../../engine/core/errors.ts";
import type { ErrorCode } from "../../../../engine/core/errors.ts";
import type { WorkerTaskParams } from "../../../../engine/core/ports/worker-pool.ts";
import { siblingModule } from "../../../../engine/core/sibling-module.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";

const module = siblingModule(import.meta.url, "tasks");

function workers(params: Partial<PiscinaWorkersParams> = {}) {
  const pool = piscinaWorkers({ threads: 1, maxOldSpaceMb: 64, ...params });
  return {
    pool,
    run: <O>(task: string, input: unknown = null, rest: Partial<WorkerTaskParams> = {}) =>
      pool.run<O>({ module, task, input, ...rest }),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

interface Place {
  readonly threadId: number;
  readonly calls: number;
}

test("a task runs in another thread and answers", async () => {
  await using rig = workers();
  assert.equal(await rig.run("double", 21), 42);
  assert.equal(rig.pool.size, 1);
  const place = await rig.run<Place>("whereAndHowOften");
  assert.notEqual(place.threadId, 0);
});

test("a thread keeps what it has loaded for the next task", async () => {
  await using rig = workers();
  const first = await rig.run<Place>("whereAndHowOften");
  const second = await rig.run<Place>("whereAndHowOften");
  assert.deepEqual(second, { threadId: first.threadId, calls: 2 });
});

test("as many tasks run at the same time as there are threads, and no more", async () => {
  await using rig = workers({ threads: 2 });
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const tasks = Array.from({ length: 5 }, () => rig.run("spinUntilSet", shared));
  while (Atomics.load(shared, 1) < 2) await new Promise((resolve) => setImmediate(resolve));
  // A third would have started with these: threads are made for all that wait, up to the limit.
  await rig.run("double", 1, { signal: AbortSignal.abort(new Error("not now")) }).catch(() => undefined);
  assert.equal(Atomics.load(shared, 1), 2);
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
  assert.deepEqual(
    await Promise.all(tasks),
    Array.from({ length: 5 }, () => "set"),
  );
});

test("a loop that never ends is ended at its time limit, and its thread is gone", async () => {
  const clock = manualClock();
  await using rig = workers({ scheduler: clock });
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const spinning = rig.run("countForEver", shared, { timeoutMs: 5_000 });
  while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  const outcome = assert.rejects(spinning, hasCode("worker_timeout", "countForEver", "5000 ms"));
  await clock.advance(4_999);
  assert.equal(clock.pending, 1);
  await clock.advance(1);
  await outcome;
  const count = Atomics.load(shared, 0);
  assert.equal(await rig.run("double", 4), 8);
  assert.equal(Atomics.load(shared, 0), count, "the loop does not go on");
});

test("an abort ends a busy task with the signal's reason, and a waiting one before it starts", async () => {
  await using rig = workers();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const busy = new AbortController();
  const waits = new AbortController();
  const reason = new Error("canceled by ada");
  const running = rig.run("countForEver", shared, { signal: busy.signal });
  const waiting = rig.run("double", 1, { signal: waits.signal });
  const next = rig.run("double", 2);
  while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  waits.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  busy.abort(reason);
  await assert.rejects(running, (error) => error === reason);
  assert.equal(await next, 4, "what waits behind an ended task goes on");
  await assert.rejects(rig.run("double", 1, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
});

test("an abort ends a task that waits for something, too", async () => {
  await using rig = workers();
  const abort = new AbortController();
  await rig.run("double", 1);
  const running = rig.run("waitForEver", null, { signal: abort.signal });
  abort.abort(new Error("canceled by ada"));
  await assert.rejects(running, /canceled by ada/);
});

for (const [task, said] of [
  ["exit", "7"],
  ["fillMemory", "memory"],
] as const) {
  test(`${task} in a worker ends that task alone`, async () => {
    await using rig = workers({ threads: 2 });
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const other = rig.run("spinUntilSet", shared);
    while (Atomics.load(shared, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(rig.run(task), hasCode("worker_crashed", task, said));
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
    assert.equal(await other, "set");
    assert.deepEqual(await Promise.all([rig.run("double", 1), rig.run("double", 2)]), [2, 4]);
  });
}

test("tasks that wait when the only worker crashes are run by the next", async () => {
  await using rig = workers();
  const crashed = rig.run("exit");
  const waiting = [1, 2, 3].map((input) => rig.run("double", input));
  await assert.rejects(crashed, hasCode("worker_crashed"));
  assert.deepEqual(await Promise.all(waiting), [2, 4, 6]);
});

test("an engine error keeps code, details and cause across threads", async () => {
  await using rig = workers();
  await assert.rejects(rig.run("throwEngineError"), (error) => {
    assert.ok(isEngineError(error, "rdf_syntax"));
    assert.equal(error.message, "line 3 is no quad");
    assert.deepEqual(error.details, { line: 3 });
    assert.equal(error.retryable, true);
    assert.ok(error.cause instanceof Error && error.cause.name === "RangeError");
    assert.ok(error.cause.cause instanceof Error && error.cause.cause.message === "deepest");
    assert.match(error.stack ?? "", /throwEngineError/);
    return true;
  });
});

test("any other error keeps name, message and stack", async () => {
  await using rig = workers();
  await assert.rejects(rig.run("throwTypeError"), (error) => {
    assert.ok(error instanceof Error && !isEngineError(error));
    assert.deepEqual([error.name, error.message], ["TypeError", "no such method"]);
    assert.match(error.stack ?? "", /tasks\.ts/);
    return true;
  });
  await assert.rejects(rig.run("throwText"), /^Error: just text$/);
  assert.equal(await rig.run("double", 1), 2);
});

test("a rejection that nobody catches ends the worker, and the next task gets another", async () => {
  await using rig = workers();
  // Whether the answer or the end comes first is the thread's matter.
  await rig.run("rejectLater").catch((error: unknown) => assert.ok(isEngineError(error, "worker_crashed")));
  for (let round = 0; round < 5; round++) {
    await rig.run("double", 4).catch((error: unknown) => assert.ok(isEngineError(error, "worker_crashed")));
  }
  assert.equal(await rig.run("double", 4), 8);
});

test("what cannot be sent between threads is a bad value, as input and as result", async () => {
  await using rig = workers();
  await assert.rejects(
    rig.run("double", () => 1),
    hasCode("bad_value", "double"),
  );
  await assert.rejects(rig.run("answerFunction"), hasCode("bad_value", "answerFunction"));
  assert.equal(await rig.run("double", 1), 2);
});

test("a module or function that is not there is named", async () => {
  await using rig = workers();
  await assert.rejects(rig.run("missing"), hasCode("definition", "missing", "tasks"));
  await assert.rejects(rig.run("notAFunction"), hasCode("definition", "notAFunction"));
  const nowhere = siblingModule(import.meta.url, "nowhere");
  await assert.rejects(rig.run("double", 1, { module: nowhere }), /nowhere/);
});

test("buffers and ports are moved when they are to be", async () => {
  await using rig = workers();
  const bytes = new ArrayBuffer(1_000);
  assert.equal(await rig.run("sizeOf", { bytes }, { transfer: [bytes] }), 1_000);
  assert.equal(bytes.byteLength, 0);
  const { port1, port2 } = new MessageChannel();
  const told = once(port1, "message");
  await rig.run("tell", { port: port2 }, { transfer: [port2] });
  assert.deepEqual((await told) as unknown[], ["from the worker"]);
  port1.close();
});

test("a worker sees nothing of the environment", async () => {
  await using rig = workers();
  assert.deepEqual(await rig.run("environment"), []);
});

test("the line of waiting tasks has an end", async () => {
  await using rig = workers();
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const first = rig.run("spinUntilSet", shared);
  const waiting = Array.from({ length: MAX_WAITING_TASKS }, (_, index) => rig.run("double", index));
  await assert.rejects(rig.run("double", 1), hasCode("too_large", String(MAX_WAITING_TASKS)));
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
  await first;
  assert.equal((await Promise.all(waiting)).length, MAX_WAITING_TASKS);
  assert.equal(await rig.run("double", 1), 2);
});

test("closing ends what runs and what waits, and a closed pool takes no task", async () => {
  const { pool, run } = workers();
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const running = assert.rejects(run("countForEver", shared), hasCode("canceled"));
  const waiting = assert.rejects(run("double", 1), hasCode("canceled"));
  while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  await pool.close();
  await Promise.all([running, waiting]);
  const count = Atomics.load(shared, 0);
  await assert.rejects(run("double", 1), hasCode("canceled"));
  await pool.close();
  assert.equal(Atomics.load(shared, 0), count);
});

function hasCode(code: ErrorCode, ...mentions: readonly string[]): (error: unknown) => boolean {
  return (error) => isEngineError(error, code) && mentions.every((mention) => error.message.includes(mention));
}
