import assert from "node:assert/strict";
import { test } from "node:test";
import { forEachLimited, runStages } from "../../../../assets/harvest/flow/stages.ts";

test("the first stage that fails stops the others, and its error is thrown once they have ended", async () => {
  const stop = new AbortController();
  const events: string[] = [];
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve()));
  const stages = [
    () => Promise.reject(new Error("first")),
    async () => {
      await stopped;
      events.push("other ended");
      throw new Error("second");
    },
  ];
  await assert.rejects(runStages(stop, stages), /first/);
  assert.deepEqual(events, ["other ended"]);
});

test("at most so many items are worked on at the same time, and each once", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachLimited([1, 2, 3, 4, 5, 6, 7], {
    limit: 3,
    work: async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done.push(item);
    },
  });
  assert.equal(most, 3);
  assert.deepEqual([done.length, new Set(done).size], [7, 7]);
});

test("after a failure no further item is begun", async () => {
  const begun: number[] = [];
  const work = (item: number): Promise<void> => {
    begun.push(item);
    return item === 2 ? Promise.reject(new Error("two")) : Promise.resolve();
  };
  await assert.rejects(forEachLimited([1, 2, 3, 4], { limit: 1, work }), /two/);
  assert.deepEqual(begun, [1, 2]);
});
