import assert from "node:assert/strict";
import { test } from "node:test";
import { createBoundedQueue, type BoundedQueue } from "../../../../assets/harvest/flow/bounded-queue.ts";

const everything = { maxItems: 100, maxSize: 1_000 };

function queueOf(
  limits: { readonly maxItems: number; readonly maxSize: number },
  signal = new AbortController().signal,
): BoundedQueue<string> {
  return createBoundedQueue<string>({ ...limits, sizeOf: (item) => item.length, signal });
}

/** Whether a promise has settled once others had their turn. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => void (settled = true);
  promise.then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test("items leave in the order in which they came, in batches of a bounded size", async () => {
  const queue = queueOf(everything);
  for (const item of ["a", "bb", "ccc", "d"]) await queue.push(item);
  assert.deepEqual(await queue.take({ maxItems: 2, maxSize: 100 }), ["a", "bb"]);
  assert.deepEqual(await queue.take({ maxItems: 9, maxSize: 3 }), ["ccc"]);
  assert.deepEqual(await queue.take({ maxItems: 9, maxSize: 0 }), ["d"], "the first always fits");
});

test("a push waits while the queue is full, by number or by size", async () => {
  for (const limits of [
    { maxItems: 2, maxSize: 100 },
    { maxItems: 100, maxSize: 2 },
  ]) {
    const queue = queueOf(limits);
    await queue.push("a");
    await queue.push("b");
    const third = queue.push("c");
    assert.equal(await isSettled(third), false);
    await queue.take({ maxItems: 1, maxSize: 1 });
    assert.equal(await isSettled(third), true);
  }
});

test("an item larger than the whole queue is let in alone", async () => {
  const queue = queueOf({ maxItems: 10, maxSize: 3 });
  await queue.push("far too large");
  assert.equal(await isSettled(queue.push("b")), false);
});

test("a take waits for an item, and is told by nothing that the queue was closed", async () => {
  const queue = queueOf(everything);
  const first = queue.take(everything);
  assert.equal(await isSettled(first), false);
  await queue.push("a");
  assert.deepEqual(await first, ["a"]);
  const second = queue.take(everything);
  queue.close();
  assert.deepEqual(await second, []);
});

test("what is in a closed queue can still be taken", async () => {
  const queue = queueOf(everything);
  await queue.push("a");
  queue.close();
  assert.deepEqual(await queue.take(everything), ["a"]);
  assert.deepEqual(await queue.take(everything), []);
});

test("an abort wakes whoever waits, with its reason", async () => {
  const controller = new AbortController();
  const queue = queueOf({ maxItems: 1, maxSize: 100 }, controller.signal);
  await queue.push("a");
  const push = queue.push("b");
  controller.abort(new Error("stop"));
  await assert.rejects(push, /stop/);
  await assert.rejects(queue.take(everything), /stop/);
});

test("each of several waiting takers gets its item, through thousands of them", async () => {
  const queue = queueOf({ maxItems: 7, maxSize: 100 });
  const taken: string[] = [];
  const taker = async (): Promise<void> => {
    for (;;) {
      const batch = await queue.take({ maxItems: 3, maxSize: 100 });
      if (batch.length === 0) return;
      taken.push(...batch);
    }
  };
  const takers = [taker(), taker(), taker()];
  for (let n = 0; n < 5_000; n += 1) await queue.push("x");
  queue.close();
  await Promise.all(takers);
  assert.equal(taken.length, 5_000);
});
