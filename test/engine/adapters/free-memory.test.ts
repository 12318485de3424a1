import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import {
  type GiveBackParams,
  giveMemoryBack,
  giveFreeMemoryBack,
  loopBusyShare,
} from "../../../engine/adapters/free-memory.ts";
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

test("half a minute after the start V8 collects for a while, then memory is given back, once", async () => {
  const clock = manualClock();
  const done: string[] = [];
  using _memory = giveMemoryBack({ scheduler: clock, ...told(done) });
  await clock.advance(30_999);
  assert.deepEqual(done, []);
  await clock.advance(1);
  assert.deepEqual(done, ["size favored"]);
  await clock.advance(10_000);
  assert.deepEqual(done, ["size favored", "size not favored", "given back"]);
  await clock.advance(600_000);
  assert.equal(done.length, 3);
});

test("the same happens some seconds after the last thread of several has ended", async () => {
  const clock = manualClock();
  const done: string[] = [];
  using _memory = giveMemoryBack({ scheduler: clock, ...told(done) });
  await clock.advance(60_000);
  done.length = 0;
  await threadThatEnds();
  await clock.advance(2000);
  await threadThatEnds();
  await clock.advance(2000);
  assert.deepEqual(done, []);
  await clock.advance(1000);
  assert.deepEqual(done, ["size favored"]);
  await clock.advance(10_000);
  assert.deepEqual(done, ["size favored", "size not favored", "given back"]);
});

test("a thread that ends while V8 collects has that begin anew", async () => {
  const clock = manualClock();
  const done: string[] = [];
  using _memory = giveMemoryBack({ scheduler: clock, ...told(done) });
  await threadThatEnds();
  await clock.advance(9000);
  await threadThatEnds();
  assert.deepEqual(done, ["size favored", "size not favored"]);
  await clock.advance(13_000);
  assert.deepEqual(done.slice(2), ["size favored", "size not favored", "given back"]);
});

test("after the end V8 is left alone, nothing is given back any more, and no timer is left", async () => {
  const clock = manualClock();
  const done: string[] = [];
  const memory = giveMemoryBack({ scheduler: clock, ...told(done) });
  const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
  await once(worker, "online");
  await threadThatEnds();
  await clock.advance(4000);
  memory[Symbol.dispose]();
  await worker.terminate();
  assert.deepEqual(done, ["size favored", "size not favored"]);
  assert.equal(clock.pending, 0);
});

test("a thread that is busy is left alone until it has been at rest for a second", async () => {
  const clock = manualClock();
  const done: string[] = [];
  let share = 0.9;
  using _memory = giveMemoryBack({ scheduler: clock, ...told(done), busyShare: () => share });
  await clock.advance(120_000);
  assert.deepEqual(done, []);
  share = 0.1;
  await clock.advance(4000);
  assert.deepEqual(done, ["size favored"]);
  share = 0.9;
  await clock.advance(60_000);
  assert.deepEqual(done, ["size favored", "size not favored"]);
  share = 0.1;
  await clock.advance(15_000);
  assert.deepEqual(done.slice(2), ["size favored", "size not favored", "given back"]);
});

test("how busy a thread was is told of the time since the last question", async () => {
  const busyShare = loopBusyShare();
  const endMs = performance.now() + 50;
  while (performance.now() < endMs);
  assert.ok(busyShare() > 0.9);
  await once(new Worker("", { eval: true }), "exit");
  assert.ok(busyShare() < 0.9);
});

function told(done: string[]): Omit<GiveBackParams, "scheduler"> {
  return {
    busyShare: () => 0,
    favorSize: (isOn) => done.push(isOn ? "size favored" : "size not favored"),
    giveBack: () => done.push("given back"),
  };
}

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
