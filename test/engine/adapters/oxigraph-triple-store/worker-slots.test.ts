import assert from "node:assert/strict";
import { test } from "node:test";
import { workerSlots, type Slot } from "../../../../engine/adapters/oxigraph-triple-store/worker-slots.ts";

const never = new AbortController().signal;

test("places are given in order, as others are released", async () => {
  const slots = workerSlots(1);
  const first = await slots.take(never);
  const order: string[] = [];
  const second = slots.take(never).then((slot) => (order.push("second"), slot));
  const third = slots.take(never).then((slot) => (order.push("third"), slot));
  first.release();
  first.release();
  (await second).release();
  (await third).release();
  assert.deepEqual(order, ["second", "third"]);
});

test("who has rested longest makes room", async () => {
  const slots = workerSlots(2);
  const evicted: string[] = [];
  const resting = async (name: string): Promise<Slot> => {
    const slot = await slots.take(never);
    slot.atRest(() => {
      evicted.push(name);
      slot.release();
    });
    return slot;
  };
  const one = await resting("one");
  await resting("two");
  one.busy();
  one.atRest(() => {
    evicted.push("one again");
    one.release();
  });
  await slots.take(never);
  assert.deepEqual(evicted, ["two"]);
  await slots.take(never);
  assert.deepEqual(evicted, ["two", "one again"]);
});

test("who comes to rest while others wait makes room at once", async () => {
  const slots = workerSlots(1);
  const busy = await slots.take(never);
  const waiting = slots.take(never);
  busy.atRest(() => busy.release());
  (await waiting).release();
});

test("who stops waiting takes no place", async () => {
  const slots = workerSlots(1);
  const first = await slots.take(never);
  const abort = new AbortController();
  const left = slots.take(abort.signal);
  abort.abort(new Error("left"));
  await assert.rejects(left, /left/u);
  await assert.rejects(slots.take(abort.signal), /left/u);
  first.release();
  (await slots.take(never)).release();
});
