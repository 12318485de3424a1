import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock, seededIds } from "./manual-clock.ts";

test("timers and sleeps run in order of their time, then of their setting", async () => {
  const clock = manualClock(0);
  const order: string[] = [];
  clock.after(20, () => order.push(`b ${clock.now()}`));
  clock.after(10, () => order.push(`a ${clock.now()}`));
  clock.after(20, () => order.push(`c ${clock.now()}`));
  void clock.sleep(15).then(() => order.push(`slept ${clock.now()}`));
  await clock.advance(19);
  assert.deepEqual(order, ["a 10", "slept 15"]);
  await clock.advance(1);
  assert.deepEqual(order, ["a 10", "slept 15", "b 20", "c 20"]);
  assert.equal(clock.now(), 20);
  assert.equal(clock.pending, 0);
});

test("what a timer sets within the time advanced runs too", async () => {
  const clock = manualClock(0);
  const at: number[] = [];
  const again = (): void => {
    at.push(clock.monotonic());
    clock.after(10, again);
  };
  clock.after(10, again);
  await clock.advance(35);
  assert.deepEqual(at, [10, 20, 30]);
  assert.equal(clock.nextTimerAtMs(), 40);
});

test("deferred tasks wait for the clock, not for the computer", async () => {
  const clock = manualClock();
  let ran = 0;
  clock.defer(() => clock.defer(() => ran++));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ran, 0);
  await clock.settle();
  assert.equal(ran, 1);
});

test("an aborted sleep leaves no timer behind", async () => {
  const clock = manualClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(1000, abort.signal);
  assert.equal(clock.pending, 1);
  abort.abort(new Error("stop"));
  await assert.rejects(sleeping, /stop/);
  assert.equal(clock.pending, 0);
});

test("seeded ids repeat with their seed and differ with another", () => {
  const draw = (seed: string): unknown[] => {
    const ids = seededIds(seed, manualClock(0));
    return [ids.uuid(), ids.uuid(), ids.random(), ids.secret(40)];
  };
  assert.deepEqual(draw("x"), draw("x"));
  assert.notDeepEqual(draw("x"), draw("y"));
  const [first, second] = draw("x");
  assert.ok(String(first) < String(second));
});
