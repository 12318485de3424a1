import assert from "node:assert/strict";
import { test } from "node:test";
import { createHostLimiter, type HostLimiter, type Politeness } from "../../../../assets/harvest/fetch/host-limiter.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";

interface Turn {
  readonly name: string;
  readonly startedAt: number;
  readonly end: () => void;
}

/** Requests whose starts are noted and which end when told. */
function rig() {
  const clock = manualClock();
  const limiter: HostLimiter = createHostLimiter(clock);
  const started: Turn[] = [];
  const ask = (name: string, politeness: Politeness, signal?: AbortSignal): Promise<void> =>
    limiter
      .acquire("h", politeness, signal)
      .then((end) => void started.push({ name, startedAt: clock.monotonic(), end }));
  const names = (): readonly string[] => started.map(({ name }) => name);
  return { clock, limiter, started, ask, names };
}

test("as many requests run as a source's threads allow, in the order of asking", async () => {
  const { clock, started, ask, names } = rig();
  for (const name of ["a", "b", "c", "d"]) void ask(name, { delayMs: 0, concurrency: 2 });
  await clock.settle();
  assert.deepEqual(names(), ["a", "b"]);
  started[1]?.end();
  await clock.settle();
  assert.deepEqual(names(), ["a", "b", "c"]);
});

test("a delay runs from the end of one request to the start of the next, one at a time", async () => {
  const { clock, started, ask } = rig();
  for (const name of ["a", "b"]) void ask(name, { delayMs: 1_000, concurrency: 8 });
  await clock.advance(400);
  assert.equal(started.length, 1);
  started[0]?.end();
  await clock.advance(999);
  assert.equal(started.length, 1);
  await clock.advance(1);
  assert.equal(started[1]?.startedAt, 1_400);
});

test("two sources on one host keep to the stricter one's delay", async () => {
  const { clock, started, ask } = rig();
  void ask("gentle", { delayMs: 2_000, concurrency: 1 });
  await clock.settle();
  void ask("hasty", { delayMs: 0, concurrency: 8 });
  await clock.settle();
  assert.equal(started.length, 1, "the hasty one does not run beside the gentle one");
  started[0]?.end();
  await clock.advance(1_999);
  assert.equal(started.length, 1);
  await clock.advance(1);
  assert.equal(started.length, 2);
});

test("a gentle source is not overtaken for ever by a hasty one", async () => {
  const { clock, started, ask, names } = rig();
  void ask("hasty 1", { delayMs: 0, concurrency: 8 });
  void ask("gentle", { delayMs: 10, concurrency: 1 });
  void ask("hasty 2", { delayMs: 0, concurrency: 8 });
  await clock.settle();
  assert.deepEqual(names(), ["hasty 1"]);
  started[0]?.end();
  await clock.advance(10);
  assert.deepEqual(names(), ["hasty 1", "gentle"]);
});

test("a paused host starts nothing until the pause is over", async () => {
  const { clock, limiter, started, ask } = rig();
  limiter.pause("h", 5_000);
  void ask("a", { delayMs: 0, concurrency: 1 });
  await clock.advance(4_999);
  assert.equal(started.length, 0);
  await clock.advance(1);
  assert.equal(started.length, 1);
});

test("one who gives up waiting leaves the queue, and no timer stays", async () => {
  const { clock, limiter, started, ask } = rig();
  limiter.pause("h", 5_000);
  const controller = new AbortController();
  const first = ask("a", { delayMs: 0, concurrency: 1 }, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(first, /enough/);
  await clock.settle();
  assert.equal(clock.pending, 0);
  void ask("b", { delayMs: 0, concurrency: 1 });
  await clock.advance(5_000);
  assert.deepEqual(
    started.map(({ name }) => name),
    ["b"],
  );
});

test("hosts that are idle are forgotten, so a crawl of many hosts does not grow", async () => {
  const { clock, limiter } = rig();
  for (let host = 0; host < 3_000; host += 1) (await limiter.acquire(`h${host}`, { delayMs: 0, concurrency: 1 }))();
  await clock.settle();
  assert.ok(limiter.hostCount <= 1_000, `${limiter.hostCount} hosts`);
});
