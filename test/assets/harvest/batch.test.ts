import assert from "node:assert/strict";
import { test } from "node:test";
import { runBatch, type ItemOutcome } from "../../../assets/harvest/batch.ts";
import { EngineError, isEngineError } from "../../../engine/core/errors.ts";
import type { WorkerPool, WorkerTaskParams } from "../../../engine/core/ports/worker-pool.ts";
import type { TaskItem } from "../../rigs/batch-tasks.ts";
import { threadWorkers } from "../../rigs/thread-workers.ts";

const MODULE = "../../test/rigs/batch-tasks";

function item(name: string, act: TaskItem["act"] = "answer"): TaskItem {
  return { name, act };
}

interface Changes {
  readonly workers: WorkerPool;
  readonly items: readonly TaskItem[];
  readonly itemTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

async function outcomesOf({
  workers,
  items,
  itemTimeoutMs = 10_000,
  signal,
}: Changes): Promise<readonly ItemOutcome<string>[]> {
  return runBatch<TaskItem, string>({
    workers,
    module: MODULE,
    task: "actOut",
    items,
    input: (part) => ({ items: part }),
    bytesOf: () => 0,
    itemTimeoutMs,
    signal,
  });
}

function words(outcomes: readonly ItemOutcome<string>[]): readonly string[] {
  return outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.kind));
}

/** A pool that fails a batch by what is in it, without threads or time. */
function scriptedPool(
  fail: (items: readonly TaskItem[]) => Error | undefined,
): WorkerPool & { readonly sizes: number[] } {
  const sizes: number[] = [];
  return {
    size: 1,
    sizes,
    run: <O>({ input }: WorkerTaskParams): Promise<O> => {
      const { items } = input as { readonly items: readonly TaskItem[] };
      sizes.push(items.length);
      const error = fail(items);
      return error === undefined
        ? Promise.resolve(items.map(({ name }) => `done ${name}`) as O)
        : Promise.reject(error);
    },
    close: () => Promise.resolve(),
  };
}

const ITEMS = Array.from({ length: 16 }, (_, index) => item(`i${index}`));
const timedOut = (): EngineError => new EngineError("worker_timeout", "too long");

test("a batch without trouble is one task, its answers in the order of the items", async () => {
  await using workers = threadWorkers();
  assert.deepEqual(words(await outcomesOf({ workers, items: [item("a"), item("b"), item("c")] })), [
    "done a",
    "done b",
    "done c",
  ]);
  assert.equal(workers.runs(), 1);
  assert.deepEqual(await outcomesOf({ workers, items: [] }), []);
});

for (const [act, kind] of [
  ["loop", "timeout"],
  ["exit", "crash"],
  ["throw", "crash"],
  ["memory", "crash"],
] as const) {
  test(`an item that makes its worker ${act} is named alone, and all others are answered`, async () => {
    await using workers = threadWorkers({ maxHeapMb: 64 });
    const items = [item("a"), item("b"), item("bad", act), item("c"), item("d")];
    const outcomes = await outcomesOf({ workers, items, itemTimeoutMs: act === "loop" ? 1_000 : 20_000 });
    assert.deepEqual(words(outcomes), ["done a", "done b", kind, "done c", "done d"]);
  });
}

test("the batch is cut in two until the guilty one stands alone", async () => {
  const pool = scriptedPool((items) => (items.some(({ name }) => name === "i5") ? timedOut() : undefined));
  const outcomes = await outcomesOf({ workers: pool, items: ITEMS });
  assert.deepEqual(words(outcomes).indexOf("timeout"), 5);
  assert.equal(outcomes.filter(({ ok }) => ok).length, 15);
  assert.deepEqual(pool.sizes, [16, 8, 4, 4, 2, 1, 1, 2, 8]);
});

test("several guilty ones are all named", async () => {
  const pool = scriptedPool((items) =>
    items.some(({ name }) => ["i0", "i15"].includes(name)) ? timedOut() : undefined,
  );
  assert.deepEqual(
    words(await outcomesOf({ workers: pool, items: ITEMS })).flatMap((word, index) =>
      word === "timeout" ? [index] : [],
    ),
    [0, 15],
  );
});

test("items that are slow only together are all answered", async () => {
  const pool = scriptedPool((items) => (items.length > 2 ? timedOut() : undefined));
  const outcomes = await outcomesOf({ workers: pool, items: ITEMS });
  assert.ok(outcomes.every(({ ok }) => ok));
});

test("a timeout tells the limit, a crash its cause", async () => {
  const late = await outcomesOf({ workers: scriptedPool(timedOut), items: [item("a")], itemTimeoutMs: 1_500 });
  assert.deepEqual(late, [{ ok: false, kind: "timeout", message: "not finished within 1.5 s" }]);
  const crash = await outcomesOf({ workers: scriptedPool(() => new Error("boom")), items: [item("a")] });
  assert.deepEqual(crash, [{ ok: false, kind: "crash", message: "its worker ended: boom" }]);
});

test("an abort is thrown, and nothing is tried again", async () => {
  const reason = new Error("enough");
  const stop = new AbortController();
  const pool = scriptedPool(() => {
    stop.abort(reason);
    return reason;
  });
  await assert.rejects(outcomesOf({ workers: pool, items: ITEMS, signal: stop.signal }), (error) => error === reason);
  assert.deepEqual(pool.sizes, [16]);
});

test("a pool that is closed is no item's fault", async () => {
  const pool = scriptedPool(() => new EngineError("canceled", "the pool is closed"));
  await assert.rejects(outcomesOf({ workers: pool, items: ITEMS }), (error) => isEngineError(error, "canceled"));
});

test("the time limit grows with the size of what is sent", async () => {
  const limits: (number | undefined)[] = [];
  const pool: WorkerPool = {
    ...scriptedPool(() => undefined),
    run: <O>(params: WorkerTaskParams): Promise<O> => {
      limits.push(params.timeoutMs);
      return Promise.resolve(["x"] as O);
    },
  };
  const run = (bytes: number): Promise<unknown> =>
    runBatch<number, string>({
      workers: pool,
      module: MODULE,
      task: "t",
      items: [bytes],
      input: () => null,
      bytesOf: (size) => size,
      itemTimeoutMs: 1_000,
    });
  await run(0);
  await run(10 * 1024 * 1024);
  assert.deepEqual(limits, [1_000, 41_000]);
});
