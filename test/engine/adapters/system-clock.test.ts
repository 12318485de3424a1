import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, systemIds, systemScheduler } from "../../../engine/adapters/system-clock.ts";

test("an aborted sleep rejects at once with the signal's reason", async () => {
  const abort = new AbortController();
  const sleeping = systemClock().sleep(3_600_000, abort.signal);
  const reason = new Error("stop");
  abort.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(systemClock().sleep(0, abort.signal), reason);
});

test("a sleep ends not before its time", async () => {
  const clock = systemClock();
  const startMs = clock.monotonic();
  await clock.sleep(20);
  // Node's timers count whole milliseconds, so one may fire a fraction early.
  assert.ok(clock.monotonic() - startMs >= 19);
});

test("a timer of more than 24.8 days does not fire at once", async () => {
  let fired = false;
  const cancel = systemScheduler().after(40 * 86_400_000, () => {
    fired = true;
  });
  await systemClock().sleep(10);
  cancel();
  assert.equal(fired, false);
});

test("a deferred task runs after the code that defers it", async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    systemScheduler().defer(() => {
      order.push("deferred");
      resolve();
    });
    order.push("now");
  });
  assert.deepEqual(order, ["now", "deferred"]);
});

test("a canceled timer never runs", async () => {
  let ran = false;
  systemScheduler().after(0, () => {
    ran = true;
  })();
  await systemClock().sleep(5);
  assert.equal(ran, false);
});

test("ids of the system are ascending UUIDv7s of now", () => {
  const ids = systemIds();
  const beforeMs = Date.now();
  const made = Array.from({ length: 20_000 }, () => ids.uuid());
  assert.deepEqual(made, made.toSorted());
  assert.equal(new Set(made).size, made.length);
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const atMs = Number.parseInt((made[0] ?? "").replace("-", "").slice(0, 12), 16);
  assert.ok(atMs >= beforeMs && atMs <= Date.now());
});

test("random numbers fill [0, 1) and secrets have the asked length", () => {
  const ids = systemIds();
  const drawn = Array.from({ length: 10_000 }, () => ids.random());
  assert.ok(drawn.every((value) => value >= 0 && value < 1));
  const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
  assert.ok(Math.abs(mean - 0.5) < 0.03, `mean ${mean}`);
  assert.equal(Buffer.from(ids.secret(24), "base64url").length, 24);
  assert.notEqual(ids.secret(24), ids.secret(24));
});
