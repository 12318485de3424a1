import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { WebSocket } from "ws";
import { PING_INTERVAL_MS } from "../../../../ui/server/live/socket.ts";
import { fakeEngine } from "../../../rigs/fake-engine.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";
import { served } from "../../../rigs/served.ts";

interface Opened {
  readonly status: number;
  readonly socket: WebSocket;
  readonly messages: AsyncIterator<unknown[]>;
}

async function open(url: string, headers: Readonly<Record<string, string>>): Promise<Opened> {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  const messages = new EventMessages(socket);
  const status = await new Promise<number>((resolve, reject) => {
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", reject);
  });
  return { status, socket, messages };
}

/** Collects from the start, since the greeting comes with the handshake. */
class EventMessages implements AsyncIterator<unknown[]> {
  readonly #socket: WebSocket;
  readonly #waiting: unknown[] = [];
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#waiting.push(JSON.parse(data.toString())));
  }
  async next(): Promise<IteratorResult<unknown[]>> {
    if (this.#waiting.length === 0) await once(this.#socket, "message");
    return { value: this.#waiting.splice(0), done: false };
  }
}

const bearer = { Authorization: "Bearer viewer-token" };

test("a websocket takes a login, and from browsers the page's own origin", async () => {
  await using server = await served([fakeEngine(), fakeEngine({ project: "iow" })]);
  const answer = await server.request("/api/login", { method: "POST", body: { token: "viewer-token" } });
  const Cookie = answer.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  const statusOf = async (path: string, headers: Record<string, string>): Promise<number> => {
    const { status, socket } = await open(`${server.url}${path}`, headers);
    socket.terminate();
    return status;
  };
  assert.equal(await statusOf("/api/live", {}), 401);
  assert.equal(await statusOf("/api/live", { Authorization: "Bearer wrong" }), 401);
  assert.equal(await statusOf("/api/live", bearer), 101);
  assert.equal(await statusOf("/p/iow/api/live", bearer), 101);
  assert.equal(await statusOf("/api/live", { ...bearer, Origin: "http://evil.example" }), 403);
  assert.equal(await statusOf("/api/live", { Cookie }), 403);
  assert.equal(await statusOf("/api/live", { Cookie, Origin: "http://evil.example" }), 403);
  assert.equal(await statusOf("/api/live", { Cookie, Origin: server.url }), 101);
  assert.equal(await statusOf("/api/nowhere", bearer), 404);
});

test("commits reach a browser over the websocket", async () => {
  const engine = fakeEngine();
  await using server = await served([engine]);
  const { socket, messages } = await open(`${server.url}/api/live`, bearer);
  const next = async () =>
    (await messages.next()).value as readonly { readonly topic?: string; readonly patch?: true }[];
  await next();
  socket.send('{"subscribe":["runs"]}');
  await next();
  engine.commit({ type: "run.queued", runId: 1, data: { reason: "test" } });
  assert.deepEqual(
    (await next()).map(({ patch, topic }) => [patch, topic]),
    [[true, "runs"]],
  );
  socket.terminate();
});

test("a message over the limit ends its connection alone", async () => {
  await using server = await served([fakeEngine()]);
  const first = await open(`${server.url}/api/live`, bearer);
  const second = await open(`${server.url}/api/live`, bearer);
  first.socket.send("x".repeat(70_000));
  assert.deepEqual((await once(first.socket, "close"))[0], 1009);
  assert.equal(second.socket.readyState, second.socket.OPEN);
  second.socket.terminate();
});

test("a connection that answers no ping is ended, and so is one whose login has ended", async () => {
  const engine = fakeEngine();
  const clock = manualClock();
  let isRevoked = false;
  const access = {
    ...engine.access,
    actorOfToken: (token: string) => (isRevoked ? null : engine.access.actorOfToken(token)),
  };
  await using server = await served([{ ...engine, access }], { scheduler: clock });
  const silent = new WebSocket(`${server.url.replace("http", "ws")}/api/live`, { headers: bearer, autoPong: false });
  await once(silent, "open");
  const lively = await open(`${server.url}/api/live`, bearer);
  const pinged = Promise.all([once(silent, "ping"), once(lively.socket, "ping")]);
  await clock.advance(PING_INTERVAL_MS);
  await pinged;
  // The pong is on its way; a message and its answer come after it.
  lively.socket.send('{"subscribe":["system"]}');
  await once(lively.socket, "message");
  const gone = once(silent, "close");
  isRevoked = true;
  const loggedOut = once(lively.socket, "close");
  await clock.advance(PING_INTERVAL_MS);
  assert.equal((await gone)[0], 1006);
  assert.equal((await loggedOut)[0], 1008);
});
