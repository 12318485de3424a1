import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { giveBackAfterThreads, giveFreeMemoryBack } from "../../../engine/adapters/free-memory.ts";
import { manualClock } from "../../rigs/manual-clock.ts";

const PIECE_BYTES = 16 * 1024;
const PIECES = 8000;
const MEBIBYTE = 1024 * 1024;

test("memory that lies free between pieces in use goes back to the system, where the C library can do that", async () => {
  const collect = collector();
  const pieces = Array.from({ length: PIECES }, () => Buffer.allocUnsafeSlow(PIECE_BYTES).fill(1));
  const kept = pieces.filter((_, index) => index % 8 === 0);
  pieces.length = 0;
  collect();
  const before = process.memoryUsage.rss();
  await giveFreeMemoryBack();
  const freed = before - process.memoryUsage.rss();
  assert.equal(kept.length, PIECES / 8);
  if (isGlibc()) assert.ok(freed > 50 * MEBIBYTE, `only ${Math.round(freed / MEBIBYTE)} MiB went back`);
});

test("memory is given back once, some seconds after the last thread of several has ended", async () => {
  const clock = manualClock();
  let given = 0;
  using _memory = giveBackAfterThreads({ scheduler: clock, giveBack: () => given++ });
  await threadThatEnds();
  await clock.advance(3000);
  await threadThatEnds();
  await clock.advance(3000);
  assert.equal(given, 0);
  await clock.advance(2000);
  assert.equal(given, 1);
  await clock.advance(600_000);
  assert.equal(given, 1);
});

test("nothing is given back any more after the end, and no timer is left", async () => {
  const clock = manualClock();
  const memory = giveBackAfterThreads({ scheduler: clock, giveBack: () => assert.fail("given back") });
  const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
  await once(worker, "online");
  await threadThatEnds();
  memory[Symbol.dispose]();
  await worker.terminate();
  assert.equal(clock.pending, 0);
});

async function threadThatEnds(): Promise<void> {
  await once(new Worker("", { eval: true }), "exit");
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}
