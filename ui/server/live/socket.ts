import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { EngineError, isEngineError, type Scheduler } from "../../../engine/operate.ts";
import { requireRole } from "../access/guard.ts";
import type { Identifier } from "../access/identify.ts";
import { isSameOrigin } from "../access/same-origin.ts";
import { problemOf } from "../problems.ts";
import type { Transport } from "./client.ts";
import type { LiveConnection, LiveHub } from "./hub.ts";
import { MAX_MESSAGE_BYTES } from "./protocol.ts";

export const PING_INTERVAL_MS = 30_000;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

export interface LiveSocketsParams {
  /** By path: `/api/live`, `/p/<project>/api/live`. */
  readonly hubs: ReadonlyMap<string, LiveHub>;
  readonly identifier: Identifier;
  readonly scheduler: Scheduler;
}

export interface LiveSockets {
  /** Answers the upgrade requests of one more HTTP server. */
  attach(server: Server): void;
  close(): void;
}

export function liveSockets({ hubs, identifier, scheduler }: LiveSocketsParams): LiveSockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });

  /** Throws unless this may watch: a reader, and from our own page where a cookie says who it is. */
  function admit(request: IncomingMessage): void {
    const { actor, byCookie } = identifier.identify(request);
    requireRole({ actor }, "viewer");
    if (request.headers.origin !== undefined ? !isSameOrigin(request.headers) : byCookie) {
      throw new EngineError("forbidden", "a page of another site opened this websocket");
    }
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the websocket owns the connection, nobody else hears its errors.
    socket.on("error", ignoreBrokenConnection);
    try {
      const hub = hubs.get(request.url?.split("?", 1)[0] ?? "");
      if (hub === undefined) throw new EngineError("not_found", "there is no websocket at this address");
      admit(request);
      socket.off("error", ignoreBrokenConnection);
      sockets.handleUpgrade(request, socket, head, (websocket) => watch(websocket, { request, hub }));
    } catch (error) {
      refuse(socket, error);
    }
  }

  function watch(websocket: WebSocket, { request, hub }: { request: IncomingMessage; hub: LiveHub }): void {
    websocket.on("error", ignoreBrokenConnection);
    const connection = connect(websocket, hub);
    if (connection === null) return;
    const stopPinging = keepAlive(websocket, { scheduler, isAllowed: () => isAdmitted(request) });
    websocket.on("message", (data, isBinary) => {
      // One buffer, as `binaryType` is left at its default.
      if (isBinary || !Buffer.isBuffer(data)) websocket.close(POLICY_VIOLATION, "messages are text");
      else connection.receive(data.toString("utf8"));
    });
    websocket.on("close", () => {
      stopPinging();
      connection.closed();
    });
  }

  function isAdmitted(request: IncomingMessage): boolean {
    try {
      admit(request);
      return true;
    } catch {
      return false;
    }
  }

  return Object.freeze({
    attach: (server: Server) => void server.on("upgrade", upgrade),
    close() {
      for (const hub of hubs.values()) hub.close();
      for (const websocket of sockets.clients) websocket.terminate();
      sockets.close();
    },
  });
}

function connect(websocket: WebSocket, hub: LiveHub): LiveConnection | null {
  try {
    return hub.connect(transportOf(websocket));
  } catch (error) {
    websocket.close(TRY_AGAIN_LATER, isEngineError(error) ? error.message : "");
    return null;
  }
}

function transportOf(websocket: WebSocket): Transport {
  return {
    send(text) {
      if (websocket.readyState === websocket.OPEN) websocket.send(text);
    },
    bufferedBytes: () => websocket.bufferedAmount,
    close: (code, reason) => websocket.close(code, reason),
  };
}

interface KeepAlive {
  readonly scheduler: Scheduler;
  /** Whether the session or token still stands. */
  readonly isAllowed: () => boolean;
}

/** Ends a connection that leaves a ping unanswered, or whose login has ended. */
function keepAlive(websocket: WebSocket, { scheduler, isAllowed }: KeepAlive): () => void {
  let isAnswered = true;
  let cancel = (): void => {};
  websocket.on("pong", () => {
    isAnswered = true;
  });
  const check = (): void => {
    if (!isAnswered) {
      websocket.terminate();
      return;
    }
    if (!isAllowed()) {
      websocket.close(POLICY_VIOLATION, "the login has ended");
      return;
    }
    isAnswered = false;
    websocket.ping();
    cancel = scheduler.after(PING_INTERVAL_MS, check);
  };
  cancel = scheduler.after(PING_INTERVAL_MS, check);
  return () => cancel();
}

function refuse(socket: Duplex, error: unknown): void {
  const { status, body } = problemOf(error);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    "Connection: close",
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(text)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}

function ignoreBrokenConnection(): void {
  // The connection is closed, which is told by its own event.
}
