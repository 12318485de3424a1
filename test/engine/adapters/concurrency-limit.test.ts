import assert from "node:assert/strict";
import { test } from "node:test";
import { concurrencyLimit } from "../../../engine/adapters/concurrency-limit.ts";
import { keyedLock } from "../../../engine/adapters/keyed-lock.ts";

/** A task that ends when it is told to. */
function heldTask() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const state = { hasStarted: false };
  const run = async (): Promise<void> => {
    state.hasStarted = true;
    await promise;
  };
  return { run, state, end: () => resolve(), fail: (error: Error) => reject(error) };
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("at most so many tasks run at a time, the others in the order in which they came", async () => {
  const limit = concurrencyLimit(2);
  const tasks = Array.from({ length: 5 }, heldTask);
  const running = tasks.map(({ run }) => limit.run(run));
  const started = (): number[] => tasks.flatMap(({ state }, index) => (state.hasStarted ? [index] : []));
  await turnOfLoop();
  assert.deepEqual(started(), [0, 1]);
  tasks[1]?.end();
  await turnOfLoop();
  assert.deepEqual(started(), [0, 1, 2]);
  tasks[0]?.fail(new Error("failed"));
  await assert.rejects(running[0] ?? Promise.resolve(), /failed/);
  await turnOfLoop();
  assert.deepEqual(started(), [0, 1, 2, 3]);
  for (const task of tasks) task.end();
  await Promise.allSettled(running);
  assert.deepEqual(started(), [0, 1, 2, 3, 4]);
});

test("a task that is aborted while it waits leaves the line, and its turn is nobody's loss", async () => {
  const limit = concurrencyLimit(1);
  const abort = new AbortController();
  const reason = new Error("canceled by ada");
  const [first, second, third] = [heldTask(), heldTask(), heldTask()];
  const running = limit.run(first.run);
  const leaving = [1, 2, 3].map(() => limit.run(second.run, abort.signal));
  const staying = limit.run(third.run, new AbortController().signal);
  abort.abort(reason);
  for (const left of leaving) await assert.rejects(left, (error) => error === reason);
  await assert.rejects(limit.run(second.run, abort.signal), (error) => error === reason);
  first.end();
  await running;
  third.end();
  await staying;
  assert.equal(second.state.hasStarted, false);
});

test("an abort after its turn does not cut a task off", async () => {
  const limit = concurrencyLimit(1);
  const abort = new AbortController();
  const [first, second] = [heldTask(), heldTask()];
  const running = limit.run(first.run);
  const waited = limit.run(second.run, abort.signal);
  first.end();
  await running;
  await turnOfLoop();
  abort.abort(new Error("too late"));
  second.end();
  await waited;
});

test("tasks of one key run after each other, those of another beside them, a failure or not", async () => {
  const locked = keyedLock();
  const [first, second, other] = [heldTask(), heldTask(), heldTask()];
  const running = [locked("a", first.run), locked("a", second.run), locked("b", other.run)];
  await turnOfLoop();
  assert.deepEqual(
    [first, second, other].map(({ state }) => state.hasStarted),
    [true, false, true],
  );
  first.fail(new Error("failed"));
  await assert.rejects(running[0] ?? Promise.resolve(), /failed/);
  await turnOfLoop();
  assert.equal(second.state.hasStarted, true);
  second.end();
  other.end();
  await Promise.all(running.slice(1));
});
