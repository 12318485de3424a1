import assert from "node:assert/strict";
import test from "node:test";
import { MAX_BUFFERED_BYTES, type Transport } from "../../../../ui/server/live/client.ts";
import { MAX_REPLAY_EVENTS } from "../../../../ui/server/live/delivery.ts";
import { BEHIND_CHECK_MS, FLUSH_INTERVAL_MS, liveHub, MAX_CLIENTS } from "../../../../ui/server/live/hub.ts";
import { MAX_TOPICS } from "../../../../ui/server/live/protocol.ts";
import { MAX_PATCH_ITEMS } from "../../../../ui/server/live/topic.ts";
import type { EngineHealth } from "../../../../engine/operate.ts";
import { CHECKING_RUN, fakeEngine } from "../../../rigs/fake-engine.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";
import { systemInfo } from "../../../rigs/served.ts";

interface Message {
  readonly hello?: { readonly generation: string; readonly seq: number; readonly project: string };
  readonly snapshot?: true;
  readonly patch?: true;
  readonly reset?: true;
  readonly topic?: string;
  readonly seq?: number;
  readonly reason?: string;
  readonly error?: { readonly code: string };
  readonly data?: Readonly<Record<string, unknown>>;
}

function rig() {
  const clock = manualClock();
  const engine = fakeEngine();
  const logged: string[] = [];
  const log = (_level: string, message: string): void => void logged.push(message);
  /** Time that work on the thread takes, which no timer ends. */
  const work = { ms: 0 };
  const hubClock = { ...clock, monotonic: () => clock.monotonic() + work.ms };
  const hub = liveHub({ engine, system: systemInfo, clock: hubClock, scheduler: clock, log });
  const connect = () => {
    const sent: Message[] = [];
    const wire = { buffered: 0, closedWith: 0 };
    const transport: Transport = {
      send: (text) => void sent.push(JSON.parse(text) as Message),
      bufferedBytes: () => wire.buffered,
      close: (code) => void (wire.closedWith = code),
    };
    const connection = hub.connect(transport);
    return {
      sent,
      wire,
      closed: () => connection.closed(),
      /** Sends a message and takes what has come since. */
      async say(message: object): Promise<Message[]> {
        connection.receive(JSON.stringify(message));
        await clock.settle();
        return sent.splice(0);
      },
      receive: (text: string) => connection.receive(text),
      /** Lets a flush happen and takes what has come. */
      async flushed(): Promise<Message[]> {
        await clock.advance(FLUSH_INTERVAL_MS);
        return sent.splice(0);
      },
    };
  };
  return { clock, work, engine, hub, connect, logged };
}

const queued = (runId: number) => ({ type: "run.queued", runId, data: { reason: "test" } }) as const;
const started = (runId: number, ordinal: number) => ({ type: "step.started", runId, ordinal }) as const;
/** One field of each thing in a list of a message's data. */
const fieldOf = (message: Message | undefined, list: string, field: string): unknown[] =>
  (message?.data?.[list] as Readonly<Record<string, unknown>>[] | undefined)?.map((one) => one[field]) ?? [];
const kindOf = (message: Message): string => Object.keys(message)[0] ?? "";
const shape = (messages: readonly Message[]) => messages.map((message) => [kindOf(message), message.topic ?? null]);

test("a connection is greeted, and a topic begins with a snapshot", async () => {
  const { engine, connect } = rig();
  engine.commit(queued(1));
  const client = connect();
  const [hello, snapshot, ...rest] = await client.say({ subscribe: ["runs"] });
  assert.deepEqual(hello, { hello: { generation: engine.generation, seq: 1, project: "eco" } });
  assert.deepEqual(rest, []);
  assert.equal(snapshot?.snapshot, true);
  assert.equal(snapshot?.topic, "runs");
  assert.equal(snapshot?.seq, 1);
  assert.deepEqual(fieldOf(snapshot, "items", "id"), ["run-1"]);
});

test("a thousand commits make one patch with each changed run once", async () => {
  const { engine, connect } = rig();
  const client = connect();
  await client.say({ subscribe: ["runs"] });
  for (let n = 0; n < 1000; n++) engine.commit(started(1 + (n % 3), n));
  const patches = await client.flushed();
  assert.deepEqual(shape(patches), [["patch", "runs"]]);
  assert.equal(patches[0]?.seq, 1000);
  assert.deepEqual(fieldOf(patches[0], "items", "id"), ["run-3", "run-2", "run-1"]);
  assert.deepEqual(await client.flushed(), []);
});

test("while nobody subscribes, the engine is not listened to", async () => {
  const { engine, connect, clock } = rig();
  const client = connect();
  assert.equal(engine.listeners.size, 0);
  await client.say({ subscribe: ["runs", "assets"] });
  assert.ok(engine.listeners.size > 0);
  await client.say({ unsubscribe: ["runs"] });
  assert.ok(engine.listeners.size > 0);
  client.closed();
  assert.equal(engine.listeners.size, 0);
  engine.commit(queued(1));
  assert.equal(clock.pending, 0);
});

test("a run's topic tells of its own steps, progress and logs, and of no other run's", async () => {
  const { engine, connect } = rig();
  engine.commit(queued(1), queued(2), started(1, 0), started(1, 1));
  const client = connect();
  const messages = await client.say({ subscribe: ["run:run-1"] });
  assert.deepEqual(shape(messages), [
    ["hello", null],
    ["snapshot", "run:run-1"],
  ]);
  engine.commit(started(2, 0));
  assert.deepEqual(await client.flushed(), []);
  engine.commit(started(1, 1));
  engine.tellProgress({ runId: "run-1", step: 1, progress: { found: 3 } });
  engine.tellLog("run-1");
  const [patch] = await client.flushed();
  assert.deepEqual(fieldOf(patch, "steps", "step"), [1]);
  assert.deepEqual(patch?.data?.["progress"], [{ step: 1, progress: { found: 3 } }]);
  assert.equal(patch?.data?.["logs"], true);
});

test("an asset's topic tells when a check of it was evaluated, or its step ended in another way", async () => {
  const { engine, connect } = rig();
  const client = connect();
  await client.say({ subscribe: ["asset:ingest/list", "asset:ingest/harvest"] });
  const evaluation = {
    id: 1,
    check: "ingest/list:any",
    asset: "ingest/list",
    partition: null,
    outcome: "passed",
    severity: "error",
    blocking: false,
    description: "",
    dataVersion: "v",
  } as const;
  engine.commit({ type: "check.evaluated", runId: 1, ordinal: 1, data: evaluation });
  assert.deepEqual(shape(await client.flushed()), [["patch", "asset:ingest/list"]]);
  const error = { code: "user_code", message: "it broke" };
  engine.commit({ type: "step.failed", runId: CHECKING_RUN, ordinal: 0, data: { error } });
  assert.deepEqual(shape(await client.flushed()), [["patch", "asset:ingest/list"]]);
});

test("what is no topic, or not there, is told, and ends nothing else", async () => {
  const { connect } = rig();
  const client = connect();
  const messages = await client.say({ subscribe: ["nonsense", "run:run-9", "asset:nope", "runs"] });
  assert.deepEqual(
    messages.map((message) => message.error?.code ?? kindOf(message)),
    ["hello", "invalid_request", "not_found", "not_found", "snapshot"],
  );
  assert.deepEqual(
    (await client.say({ subscribe: "runs" })).map(({ error }) => error?.code),
    ["invalid_request"],
  );
});

test("a client that comes back gets what changed since, and its seq stands until all topics are up to date", async () => {
  const { engine, connect } = rig();
  const seq = engine.commit(queued(1), queued(2));
  engine.commit(started(2, 0));
  const client = connect();
  const after = { generation: engine.generation, seq };
  const [, runs, assets] = await client.say({ subscribe: ["runs", "assets"], after });
  assert.equal(runs?.patch, true);
  assert.deepEqual(fieldOf(runs, "items", "id"), ["run-2"]);
  assert.equal(runs?.seq, seq);
  assert.deepEqual(fieldOf(assets, "items", "key"), ["ingest/harvest"]);
  engine.commit(started(2, 1));
  const [patch] = (await client.flushed()).slice(-1);
  assert.equal(patch?.seq, 4);
});

test("while a topic is not up to date again, no patch of another says that all is", async () => {
  const { engine, connect, clock } = rig();
  const seq = engine.commit(queued(1), queued(2));
  const history = Promise.withResolvers<unknown>();
  (engine.queries as { events: unknown }).events = () => history.promise;
  const client = connect();
  const after = { generation: engine.generation, seq };
  await client.say({ subscribe: ["runs", "run:run-1"], after });
  engine.commit(started(2, 0));
  assert.deepEqual(
    (await client.flushed()).map((patch) => [patch.topic, patch.seq]),
    [["runs", seq]],
  );
  history.resolve({ items: [{ seq: 1 }], nextCursor: null });
  await clock.settle();
  assert.deepEqual(shape(client.sent), [["patch", "run:run-1"]]);
  engine.commit(started(2, 1));
  assert.equal((await client.flushed()).at(-1)?.seq, seq + 2);
});

test("a client that comes back to another generation, or to pruned or too many events, gets snapshots", async () => {
  const { engine, connect } = rig();
  for (let n = 0; n < MAX_REPLAY_EVENTS + 2; n++) engine.commit(started(1, n));
  const kinds = async (after: object) => (await connect().say({ subscribe: ["runs"], after })).map(kindOf);
  assert.deepEqual(await kinds({ generation: "another", seq: 2 }), ["hello", "snapshot"]);
  assert.deepEqual(await kinds({ generation: engine.generation, seq: 1 }), ["hello", "snapshot"]);
  assert.deepEqual(await kinds({ generation: engine.generation, seq: 2 }), ["hello", "patch"]);
  assert.deepEqual(await kinds({ generation: engine.generation, seq: 99_999 }), ["hello", "snapshot"]);
  engine.pruneBelow(5);
  assert.deepEqual(await kinds({ generation: engine.generation, seq: 4 }), ["hello", "snapshot"]);
});

test("what changes while a snapshot is made comes right after it", async () => {
  const { engine, connect, clock } = rig();
  engine.commit(queued(1));
  const page = Promise.withResolvers<unknown>();
  (engine.queries as { runs: unknown }).runs = () => page.promise;
  const client = connect();
  await client.say({ subscribe: ["runs"] });
  engine.commit(queued(2));
  await clock.advance(FLUSH_INTERVAL_MS);
  assert.equal(client.sent.length, 0);
  page.resolve({ items: [{ id: "run-1" }], nextCursor: null });
  await clock.settle();
  assert.deepEqual(shape(client.sent), [
    ["snapshot", "runs"],
    ["patch", "runs"],
  ]);
  assert.deepEqual(fieldOf(client.sent[1], "items", "id"), ["run-2"]);
});

test("a snapshot tells of no later moment than its own, however much is told of others while it is made", async () => {
  const { engine, connect, clock } = rig();
  const client = connect();
  await client.say({ subscribe: ["assets"] });
  const page = Promise.withResolvers<unknown>();
  (engine.queries as { runs: unknown }).runs = () => page.promise;
  await client.say({ subscribe: ["runs"] });
  engine.commit(queued(1));
  await clock.advance(FLUSH_INTERVAL_MS);
  page.resolve({ items: [], nextCursor: null });
  await clock.settle();
  assert.deepEqual(shape(client.sent), [
    ["patch", "assets"],
    ["snapshot", "runs"],
    ["patch", "runs"],
  ]);
  // A connection that breaks before the last one resumes from before it.
  assert.deepEqual(
    client.sent.map(({ seq }) => seq),
    [0, 0, 0],
  );
  engine.commit(queued(2));
  client.sent.length = 0;
  assert.equal((await client.flushed()).at(-1)?.seq, 2);
});

test("what no event tells and comes while a client resumes is told", async () => {
  const { engine, connect, clock } = rig();
  engine.commit(queued(1));
  const client = connect();
  const history = Promise.withResolvers<unknown>();
  (engine.queries as { events: unknown }).events = () => history.promise;
  const after = { generation: engine.generation, seq: 1 };
  client.receive(JSON.stringify({ subscribe: ["run:run-1", "assets"], after }));
  await clock.settle();
  engine.tellStale("ingest/list");
  history.resolve({ items: [{ seq: 1 }], nextCursor: null });
  await clock.settle();
  await clock.advance(FLUSH_INTERVAL_MS);
  const told = client.sent.find(({ topic }) => topic === "assets");
  assert.deepEqual(fieldOf(told, "items", "key"), ["ingest/list"]);
});

test("a replay that tells of an asset which has left the code, or of too much, leaves no topic behind", async () => {
  const { engine, connect } = rig();
  const materializations = [{ asset: "gone", id: 1, partitionId: 0 }] as never;
  const before = engine.commit(queued(1));
  engine.commit(queued(2), { type: "step.succeeded", runId: 2, ordinal: 0, data: { materializations } } as never);
  const client = connect();
  const after = { generation: engine.generation, seq: before };
  assert.deepEqual(shape(await client.say({ subscribe: ["assets", "runs"], after })), [
    ["hello", null],
    ["patch", "assets"],
    ["patch", "runs"],
  ]);
  for (let step = 0; step <= MAX_PATCH_ITEMS; step++) engine.commit(started(2, step));
  const other = connect();
  assert.deepEqual(shape(await other.say({ subscribe: ["run:run-2"], after })), [
    ["hello", null],
    ["snapshot", "run:run-2"],
  ]);
});

test("a history that cannot be read leaves whoever resumes to snapshots, of every topic", async () => {
  const { engine, connect, logged } = rig();
  engine.commit(queued(1));
  (engine.queries as { eventsAfter: unknown }).eventsAfter = () => {
    throw new Error("disk I/O error");
  };
  const client = connect();
  const after = { generation: engine.generation, seq: 1 };
  assert.deepEqual(shape(await client.say({ subscribe: ["runs", "assets"], after })), [
    ["hello", null],
    ["snapshot", "runs"],
    ["snapshot", "assets"],
  ]);
  assert.equal(logged.length, 2);
  engine.commit(queued(2));
  assert.equal((await client.flushed()).at(-1)?.seq, 2);
});

test("whoever resumes hears how far the backfills under way are", async () => {
  const { engine, connect } = rig();
  const backfill = { id: "b-1", status: "running", launched: 3 };
  const queries = engine.queries as unknown as Record<string, unknown>;
  queries["backfills"] = async ({ status }: { status?: string }) => ({
    items: status === undefined || status === backfill.status ? [backfill] : [],
    nextCursor: null,
  });
  queries["backfill"] = () => ({ ...backfill, launched: 4 });
  engine.commit(queued(1));
  const client = connect();
  await client.say({ subscribe: ["backfills"], after: { generation: engine.generation, seq: 1 } });
  engine.commit(queued(2));
  const [patch] = await client.flushed();
  assert.deepEqual(patch?.data?.["items"], [{ ...backfill, launched: 4 }]);
});

test("a slow client loses its patches, gets a snapshot once it has caught up, and holds up nobody", async () => {
  const { engine, connect, clock } = rig();
  const slow = connect();
  const quick = connect();
  await slow.say({ subscribe: ["runs", "assets"] });
  await quick.say({ subscribe: ["runs"] });
  slow.wire.buffered = MAX_BUFFERED_BYTES + 1;
  for (let n = 1; n <= 5; n++) {
    engine.commit(queued(n));
    assert.deepEqual(shape(await quick.flushed()), [["patch", "runs"]]);
  }
  assert.deepEqual(slow.sent, []);
  slow.wire.buffered = 0;
  await clock.advance(BEHIND_CHECK_MS);
  assert.deepEqual(
    shape(slow.sent).toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    [
      ["reset", "assets"],
      ["reset", "runs"],
      ["snapshot", "assets"],
      ["snapshot", "runs"],
    ],
  );
  slow.sent.length = 0;
  engine.commit(queued(6));
  assert.deepEqual(shape(await slow.flushed()), [
    ["patch", "runs"],
    ["patch", "assets"],
  ]);
});

test("a connection that breaks between two patches of one flush resumes from before both", async () => {
  const { engine, connect } = rig();
  const client = connect();
  await client.say({ subscribe: ["runs", "assets"] });
  engine.commit(queued(1));
  engine.commit(queued(2));
  assert.deepEqual(
    (await client.flushed()).map(({ seq }) => seq),
    [0, 2],
  );
});

test("a flush that takes long puts the next one off", async () => {
  const { engine, connect, clock, work } = rig();
  const client = connect();
  await client.say({ subscribe: ["runs"] });
  (engine.queries as { runsByIds: unknown }).runsByIds = (ids: readonly number[]) => {
    work.ms += 20;
    return ids.map((id) => ({ id }));
  };
  engine.commit(queued(1));
  await client.flushed();
  engine.commit(queued(2));
  assert.deepEqual(await client.flushed(), []);
  await clock.advance(200);
  assert.deepEqual(shape(client.sent), [["patch", "runs"]]);
});

test("clients, topics and messages at a time are bounded", async () => {
  const { connect, hub, clock } = rig();
  const client = connect();
  const runs = Array.from({ length: MAX_TOPICS }, (_, n) => `asset:ingest/list${"+".repeat(n)}`);
  await client.say({ subscribe: runs });
  const many = connect();
  for (let n = 0; n < 60; n++) many.receive('{"subscribe":["runs"]}');
  assert.equal(many.wire.closedWith, 1008);
  await clock.settle();
  while (hub.clients() < MAX_CLIENTS) connect();
  assert.throws(connect, /over 500 live connections/);
});

test("a partition's change is told by its asset's topic, and too many changes by a snapshot", async () => {
  const { engine, connect } = rig();
  const client = connect();
  await client.say({ subscribe: ["partitions:ingest/harvest"] });
  engine.commit(started(1, 4));
  const [patch] = await client.flushed();
  assert.deepEqual(patch?.data?.["items"], [{ key: "p4" }]);
  engine.commit({
    type: "partitions.changed",
    data: { set: "sources", added: 1, retired: 0, keys: ["x"], reason: "test" },
  });
  assert.deepEqual(shape(await client.flushed()), [
    ["reset", "partitions:ingest/harvest"],
    ["snapshot", "partitions:ingest/harvest"],
  ]);
});

test("a tick is told with its sensor alone", async () => {
  const { engine, connect } = rig();
  const client = connect();
  await client.say({ subscribe: ["automation"] });
  engine.commit({ type: "tick.started", data: { automation: "watch", tickId: 1 } });
  const [patch] = await client.flushed();
  assert.deepEqual(patch?.data, { sensors: [{ name: "watch" }], schedules: [] });
});

test("that the engine takes no more work is told to whoever watches the system, though no event tells of it", async () => {
  const { engine, connect } = rig();
  const client = connect();
  await client.say({ subscribe: ["system"] });
  engine.tellHealth({ status: "suspended", error: { code: "disk_failed", message: "the disk is full" } });
  const [patch, ...more] = await client.flushed();
  const health = patch?.data?.["health"] as EngineHealth | undefined;
  assert.equal(health?.status, "suspended");
  assert.deepEqual(health.error, { code: "disk_failed", message: "the disk is full" });
  assert.deepEqual(more, []);
});
