import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionState, liveConnection, type SocketEvents } from "../../../ui/web/live/live-connection.ts";
import type { ClientMessage, ServerMessage } from "../../../ui/web/live/protocol.ts";

interface Opened {
  readonly events: SocketEvents;
  readonly sent: ClientMessage[];
}

/** A connection whose sockets, clock and timers the test holds. */
function rig({ mayReconnect = true }: { mayReconnect?: boolean } = {}) {
  const sockets: Opened[] = [];
  const states: ConnectionState[] = [];
  const timers: { ms: number; task: () => void }[] = [];
  const heard: string[] = [];
  const connection = liveConnection({
    open(events) {
      const opened: Opened = { events, sent: [] };
      sockets.push(opened);
      return { send: (text) => void opened.sent.push(JSON.parse(text) as ClientMessage), close: () => events.closed() };
    },
    now: () => 1000,
    after(ms, task) {
      const timer = { ms, task };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    random: () => 1,
    onState: (state) => void states.push(state),
    onHello: () => {},
    mayReconnect: async () => mayReconnect,
  });
  connection.open();
  const newest = (): Opened => sockets.at(-1) ?? assert.fail("no socket was opened");
  return {
    connection,
    sockets,
    states,
    timers,
    heard,
    newest,
    say: (message: ServerMessage) => newest().events.message(JSON.stringify(message)),
    watch: (topic: string) =>
      connection.watch(topic, {
        snapshot: (data) => void heard.push(`snapshot ${topic} ${JSON.stringify(data)}`),
        patch: (data) => void heard.push(`patch ${topic} ${JSON.stringify(data)}`),
        reset: (reason) => void heard.push(`reset ${topic} ${reason}`),
        refused: ({ code }) => void heard.push(`refused ${topic} ${code}`),
      }),
    async comeBack() {
      timers.shift()?.task();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

const hello = (generation: string, seq: number): ServerMessage => ({ hello: { generation, seq, project: "eco" } });

test("topics are asked for once the server has greeted", () => {
  const { newest, say, watch } = rig();
  watch("runs");
  assert.deepEqual(newest().sent, []);
  say(hello("g1", 7));
  assert.deepEqual(newest().sent, [{ subscribe: ["runs"] }]);
});

test("a patch before its topic's snapshot is dropped", () => {
  const { heard, say, watch } = rig();
  watch("runs");
  say(hello("g1", 7));
  say({ patch: true, topic: "runs", seq: 8, data: "early" });
  say({ snapshot: true, topic: "runs", seq: 8, data: "all" });
  say({ patch: true, topic: "runs", seq: 9, data: "later" });
  assert.deepEqual(heard, ['snapshot runs "all"', 'patch runs "later"']);
});

test("after a drop whole topics go on from the newest seq, and the others are asked for anew", async () => {
  const { newest, sockets, say, watch, comeBack } = rig();
  watch("runs");
  say(hello("g1", 7));
  say({ snapshot: true, topic: "runs", seq: 8, data: 1 });
  say({ patch: true, topic: "runs", seq: 12, data: 2 });
  watch("assets");
  newest().events.closed();
  await comeBack();
  assert.equal(sockets.length, 2);
  say(hello("g1", 20));
  assert.deepEqual(newest().sent, [
    { subscribe: ["runs"], after: { generation: "g1", seq: 12 } },
    { subscribe: ["assets"] },
  ]);
});

test("another generation of the record makes every topic new", async () => {
  const { newest, say, watch, comeBack } = rig();
  watch("runs");
  say(hello("g1", 7));
  say({ snapshot: true, topic: "runs", seq: 8, data: 1 });
  newest().events.closed();
  await comeBack();
  say(hello("g2", 3));
  assert.deepEqual(newest().sent, [{ subscribe: ["runs"] }]);
});

test("waits between tries grow, and the state says since when it is lost and when the next try is due", async () => {
  const { newest, states, timers, comeBack } = rig();
  newest().events.closed();
  assert.deepEqual(states.at(-1), { type: "lost", sinceMs: 1000, retryAtMs: 1500 });
  await comeBack();
  newest().events.closed();
  assert.equal(timers.at(-1)?.ms, 1000);
  for (let turn = 0; turn < 10; turn++) {
    await comeBack();
    newest().events.closed();
  }
  assert.equal(timers.at(-1)?.ms, 15_000);
});

test("a try that is asked for does not wait, and leaves no timer behind", async () => {
  const { newest, connection, sockets, timers } = rig();
  newest().events.closed();
  connection.retryNow();
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(sockets.length, 2);
  assert.equal(timers.length, 0);
});

test("who is logged out is not connected again", async () => {
  const { newest, sockets, comeBack } = rig({ mayReconnect: false });
  newest().events.closed();
  await comeBack();
  assert.equal(sockets.length, 1);
});

test("messages of a socket that was given up change nothing", async () => {
  const { sockets, newest, heard, say, watch, comeBack } = rig();
  watch("runs");
  say(hello("g1", 7));
  newest().events.closed();
  await comeBack();
  sockets[0]?.events.message(JSON.stringify({ snapshot: true, topic: "runs", seq: 9, data: "stale" }));
  assert.deepEqual(heard, []);
});

test("a topic that is not watched any more is left", () => {
  const { newest, heard, say, watch } = rig();
  const stop = watch("runs");
  say(hello("g1", 7));
  stop();
  assert.deepEqual(newest().sent.at(-1), { unsubscribe: ["runs"] });
  say({ snapshot: true, topic: "runs", seq: 8, data: 1 });
  assert.deepEqual(heard, []);
});
