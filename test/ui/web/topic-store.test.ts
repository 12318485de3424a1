import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveConnection, TopicListener } from "../../../ui/web/live/live-connection.ts";
import { AIM_MS, AIM_MAX_MS, pointerHold } from "../../../ui/web/live/pointer-hold.ts";
import {
  FLOOD_PATCHES,
  FLOOD_REST_MS,
  LINGER_MS,
  MAX_WAITING_PATCHES,
  REST_MS,
  type TopicModel,
  topicStore,
} from "../../../ui/web/live/topic-store.ts";

const list: TopicModel<readonly number[]> = {
  snapshot: (data) => data as number[],
  patch: (state, patches) => [...state, ...(patches as number[])],
};

/** A store whose connection, frames and timers the test holds. */
function rig() {
  const listeners = new Map<string, TopicListener>();
  const frames: (() => void)[] = [];
  const timers: { ms: number; task: () => void }[] = [];
  const connection: LiveConnection = {
    open: () => {},
    retryNow: () => {},
    close: () => {},
    watch(topic, listener) {
      assert.equal(listeners.has(topic), false, "a topic is subscribed once");
      listeners.set(topic, listener);
      return () => void listeners.delete(topic);
    },
  };
  const after = (ms: number, task: () => void): (() => void) => {
    const timer = { ms, task };
    timers.push(timer);
    return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1));
  };
  const clock = { ms: 0 };
  const hold = pointerHold({ now: () => clock.ms, after });
  const topics = topicStore({ connection, hold, onFrame: (task) => void frames.push(task), after });
  const heard = (topic: string): TopicListener => listeners.get(topic) ?? assert.fail(`${topic} is not watched`);
  return { topics, hold, clock, listeners, frames, timers, heard };
}

test("a thousand patches within a frame are told once, with all of them in the state", () => {
  const { topics, frames, heard } = rig();
  const handle = topics.topic("runs", list);
  let told = 0;
  handle.subscribe(() => told++);
  heard("runs").snapshot([]);
  for (let patch = 0; patch < 1000; patch++) heard("runs").patch(patch);
  assert.equal(frames.length, 1);
  assert.equal(told, 0);
  frames.shift()?.();
  assert.equal(told, 1);
  const state = handle.current();
  assert.equal(state.type === "ready" && state.data.length, 1000);
});

test("readers hear of a change in the next frame, and of all that come within a while after it once", () => {
  const { topics, frames, timers, heard } = rig();
  let told = 0;
  topics.topic("runs", list).subscribe(() => told++);
  heard("runs").snapshot([]);
  frames.shift()?.();
  assert.equal(told, 1);
  for (let patch = 0; patch < 10; patch++) heard("runs").patch(patch);
  assert.deepEqual([frames.length, timers.map(({ ms }) => ms)], [0, [REST_MS]]);
  timers.shift()?.task();
  frames.shift()?.();
  assert.equal(told, 2);
  timers.shift()?.task();
  assert.equal(frames.length, 0, "nothing came meanwhile");
  heard("runs").patch(11);
  assert.equal(frames.length, 1, "so the next one is told at once");
});

test("in a flood of patches readers hear of them more seldom, and as before once it is over", () => {
  const { topics, frames, timers, heard } = rig();
  topics.topic("runs", list).subscribe(() => {});
  heard("runs").snapshot([]);
  const rested = (patches: number): number => {
    for (let patch = 0; patch < patches; patch++) heard("runs").patch(patch);
    frames.shift()?.();
    const timer = timers.shift();
    timer?.task();
    return timer?.ms ?? 0;
  };
  assert.deepEqual([1, FLOOD_PATCHES, FLOOD_PATCHES + 1, 1].map(rested), [REST_MS, REST_MS, FLOOD_REST_MS, REST_MS]);
});

test("readers hear of a snapshot in the next frame, however lately they heard of something else", () => {
  const { topics, frames, timers, heard } = rig();
  const told: string[] = [];
  for (const name of ["runs", "assets"]) topics.topic(name, list).subscribe(() => told.push(name));
  heard("runs").snapshot([]);
  frames.shift()?.();
  heard("runs").patch(1);
  heard("assets").snapshot([]);
  frames.shift()?.();
  assert.deepEqual(told, ["runs", "runs", "assets"], "what had waited comes along");
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [REST_MS],
    "the rest goes on",
  );
  timers.shift()?.task();
  assert.equal(frames.length, 0);
});

test("patches of a frame are applied together, and before it when the state is asked for", () => {
  const { topics, frames, heard } = rig();
  const patched: number[] = [];
  const counting: TopicModel<number> = {
    snapshot: () => 0,
    patch(state, patches) {
      patched.push(patches.length);
      return state + patches.length;
    },
  };
  const handle = topics.topic("runs", counting);
  handle.subscribe(() => handle.current());
  heard("runs").snapshot(null);
  for (let patch = 0; patch < 5; patch++) heard("runs").patch(patch);
  assert.deepEqual(patched, []);
  frames.shift()?.();
  assert.deepEqual(patched, [5]);
  heard("runs").patch(5);
  assert.deepEqual(handle.current(), { type: "ready", data: 6, isCurrent: true });
  assert.equal(handle.current(), handle.current(), "the state is another object only after a change");
  assert.deepEqual(patched, [5, 1]);
  heard("runs").patch(6);
  heard("runs").snapshot(null);
  assert.deepEqual(handle.current(), { type: "ready", data: 0, isCurrent: true });
});

test("a page that draws no frames keeps no more than so many patches waiting", () => {
  const { topics, heard } = rig();
  const most: number[] = [];
  const handle = topics.topic("runs", { snapshot: () => 0, patch: (_, patches) => most.push(patches.length) });
  handle.subscribe(() => {});
  heard("runs").snapshot(null);
  for (let patch = 0; patch < MAX_WAITING_PATCHES * 2 + 1; patch++) heard("runs").patch(patch);
  assert.deepEqual(most, [MAX_WAITING_PATCHES, MAX_WAITING_PATCHES]);
});

test("under a pointer that presses nothing moves until it lets go", () => {
  const { topics, hold, frames, timers, heard } = rig();
  const handle = topics.topic("runs", list);
  let told = 0;
  handle.subscribe(() => told++);
  heard("runs").snapshot([]);
  frames.shift()?.();
  timers.shift()?.task();
  hold.press();
  heard("runs").patch(1);
  assert.deepEqual([frames.length, told], [0, 1]);
  assert.deepEqual(
    handle.current(),
    { type: "ready", data: [], isCurrent: true },
    "nor in a drawing for another reason",
  );
  hold.release();
  frames.shift()?.();
  assert.equal(told, 2);
  assert.deepEqual(handle.current(), { type: "ready", data: [1], isCurrent: true });
  heard("runs").patch(2);
  timers.shift()?.task();
  hold.press();
  frames.shift()?.();
  assert.equal(told, 2, "a press before the frame holds it as well");
  let others = 0;
  topics.topic("assets", list).subscribe(() => others++);
  heard("assets").snapshot([]);
  frames.shift()?.();
  assert.deepEqual([told, others], [2, 1], "somebody waits for a snapshot, of which nothing else moves");
  assert.deepEqual(handle.current(), { type: "ready", data: [1], isCurrent: true });
  hold.release();
  frames.shift()?.();
  assert.equal(told, 3);
});

test("a pointer that moves on over what it may press holds the page for a while, and no longer", () => {
  const { topics, hold, clock, frames, timers, heard } = rig();
  const handle = topics.topic("runs", list);
  handle.subscribe(() => {});
  heard("runs").snapshot([]);
  frames.shift()?.();
  timers.shift()?.task();
  hold.aim();
  heard("runs").patch(1);
  const holds: number[] = [];
  for (; clock.ms < AIM_MAX_MS; clock.ms += 200) {
    hold.aim();
    holds.push(timers[0]?.ms ?? -1);
  }
  assert.deepEqual(holds, [AIM_MS, AIM_MS, AIM_MS, AIM_MS, AIM_MAX_MS - 800]);
  assert.deepEqual([timers.length, frames.length], [1, 0]);
  timers.shift()?.task();
  hold.aim();
  frames.shift()?.();
  assert.deepEqual(handle.current(), { type: "ready", data: [1], isCurrent: true });
});

test("a topic stays for a while after its last reader has gone", () => {
  const { topics, listeners, timers, heard } = rig();
  const leave = topics.topic("runs", list).subscribe(() => {});
  heard("runs").snapshot([1]);
  leave();
  assert.equal(listeners.has("runs"), true);
  assert.equal(timers[0]?.ms, LINGER_MS);
  const stop = topics.topic("runs", list).subscribe(() => {});
  assert.equal(timers.length, 0, "a reader that comes back keeps it");
  assert.deepEqual(topics.topic("runs", list).current(), { type: "ready", data: [1], isCurrent: true });
  stop();
  timers.shift()?.task();
  assert.equal(listeners.has("runs"), false);
});

test("a topic that is started over keeps what it had until the snapshot comes", () => {
  const { topics, heard } = rig();
  const handle = topics.topic("runs", list);
  handle.subscribe(() => {});
  heard("runs").snapshot([1]);
  heard("runs").reset("too slow");
  assert.deepEqual(handle.current(), { type: "ready", data: [1], isCurrent: false });
  heard("runs").snapshot([1, 2]);
  assert.deepEqual(handle.current(), { type: "ready", data: [1, 2], isCurrent: true });
});

test("a refused topic says why", () => {
  const { topics, heard } = rig();
  const handle = topics.topic("run:x", list);
  handle.subscribe(() => {});
  heard("run:x").refused({ code: "not_found", message: "there is no run x" });
  assert.deepEqual(handle.current(), { type: "refused", code: "not_found", message: "there is no run x" });
});
