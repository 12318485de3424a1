import assert from "node:assert/strict";
import { test } from "node:test";
import { databaseThread } from "../../../engine/store/database-thread.ts";

const opening = new URL("../../rigs/opening-thread.ts", import.meta.url);
const ROUNDS = 60;
const LOADING_MS = 3;

test("a thread that is ended while it opens its database takes nothing along", async () => {
  let exits = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const loading = Promise.withResolvers<void>();
    const thread = databaseThread({
      module: opening,
      workerData: null,
      onMessage: () => loading.resolve(),
      onError: loading.reject,
      onExit: () => exits++,
    });
    await loading.promise;
    const untilMs = performance.now() + (LOADING_MS * round) / ROUNDS;
    while (performance.now() < untilMs);
    await thread.end();
  }
  assert.equal(exits, ROUNDS);
});

test("a thread that never opens its database is ended all the same", async () => {
  const failed = Promise.withResolvers<unknown>();
  const thread = databaseThread({
    module: new URL("data:text/javascript,throw new Error('no file')"),
    workerData: null,
    onMessage: () => {},
    onError: failed.resolve,
    onExit: () => {},
  });
  await thread.end();
  assert.match(String(await failed.promise), /no file/);
});
