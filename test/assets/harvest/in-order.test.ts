import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, inOrder } from "../../../assets/harvest/release/in-order.ts";

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Work that ends when the test says so. */
function controlled() {
  const started: number[] = [];
  const ends = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const run = (item: number, signal: AbortSignal): Promise<string> => {
    started.push(item);
    return new Promise((resolve, reject) => {
      ends.set(item, { resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
  };
  return { started, ends, run };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const { signal } = new AbortController();

test("results come in the order of the items, whichever ends first", async () => {
  const { started, ends, run } = controlled();
  const results = collect(inOrder(from([1, 2, 3, 4]), { atOnce: 3, run, signal }));
  await settle();
  assert.deepEqual(started, [1, 2, 3]);
  for (const item of [3, 2, 1]) ends.get(item)?.resolve(`r${item}`);
  await settle();
  ends.get(4)?.resolve("r4");
  assert.deepEqual(await results, ["r1", "r2", "r3", "r4"]);
});

test("no more run, or wait for a slower one, than are allowed", async () => {
  const { started, ends, run } = controlled();
  const results = collect(inOrder(from([1, 2, 3, 4, 5]), { atOnce: 2, run, signal }));
  await settle();
  ends.get(2)?.resolve("r2");
  await settle();
  assert.deepEqual(started, [1, 2]);
  for (const item of [1, 3, 4, 5]) {
    ends.get(item)?.resolve(`r${item}`);
    await settle();
  }
  assert.equal((await results).length, 5);
});

test("a failure is thrown, and those that still run are aborted", async () => {
  const { ends, run } = controlled();
  const results = collect(inOrder(from([1, 2, 3]), { atOnce: 3, run, signal }));
  await settle();
  const error = new Error("broken");
  ends.get(1)?.reject(error);
  await assert.rejects(results, (thrown) => thrown === error);
});

test("whoever stops reading aborts what runs", async () => {
  const { started, ends, run } = controlled();
  const items = inOrder(from([1, 2, 3]), { atOnce: 2, run, signal });
  const first = items.next();
  await settle();
  ends.get(1)?.resolve("r1");
  assert.equal((await first).value, "r1");
  await items.return(undefined);
  assert.deepEqual(started, [1, 2]);
});

test("groups keep within both bounds, and a large item stands alone", async () => {
  const sizes = [3, 3, 3, 20, 1, 1, 1, 1];
  const groups = await collect(grouped(from(sizes), { maxItems: 3, maxBytes: 8, bytesOf: (size) => size }));
  assert.deepEqual(groups, [[3, 3], [3], [20], [1, 1, 1], [1]]);
  assert.deepEqual(await collect(grouped(from([]), { maxItems: 3, maxBytes: 8, bytesOf: () => 1 })), []);
});
