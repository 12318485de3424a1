/**
 * Who watches what, and what they are told.
 *
 * 1. While nobody subscribes, the hub does not listen to the engine.
 * 2. A commit only notes names; the newest state is read when a flush sends it. A thousand commits make one flush.
 * 3. Flushes take at most a tenth of the thread's time: a slow one puts the next one off.
 * 4. From its snapshot on a client misses nothing: what changes while the snapshot is made is sent right after it.
 * 5. Nobody waits for a slow client: over `MAX_BUFFERED_BYTES` its patches are dropped, and snapshots make up for them.
 */
import { type Clock, type Engine, EngineError, isEngineError, type Scheduler } from "../../../engine/operate.ts";
import type { ServerLog, SystemInfo } from "../server-options.ts";
import {
  hasCaughtUp,
  type LiveClient,
  liveClient,
  type PatchToSend,
  sendError,
  sendPatches,
  type Transport,
} from "./client.ts";
import { Delivery, manyChanges } from "./delivery.ts";
import { helloMessage, MAX_TOPICS, parseClientMessage, type ResumePoint } from "./protocol.ts";
import { nothing, tooMany } from "./topic.ts";
import { type Subscription, TopicBoard } from "./topic-board.ts";

export interface LiveHub {
  /** Takes a connection that is allowed to read. Throws `too_large` when there are too many. */
  connect(transport: Transport): LiveConnection;
  clients(): number;
  /** Ends every connection. */
  close(): void;
}

export interface LiveConnection {
  receive(text: string): void;
  closed(): void;
}

export interface LiveHubParams {
  readonly engine: Engine;
  readonly system: SystemInfo;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: ServerLog;
}

export const FLUSH_INTERVAL_MS = 50;
const MAX_REST_MS = 2000;
/** A flush that took 20 ms is followed by 200 ms without one. */
const REST_PER_WORK = 10;
export const MAX_CLIENTS = 500;
const MAX_WAITING_MESSAGES = 50;
export const BEHIND_CHECK_MS = 250;

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

export function liveHub(params: LiveHubParams): LiveHub {
  const hub = new Hub(params);
  return Object.freeze({
    connect: (transport: Transport) => hub.connect(transport),
    clients: () => hub.clients.size,
    close: () => hub.close(),
  });
}

class Hub {
  readonly clients = new Set<LiveClient>();
  readonly #params: LiveHubParams;
  readonly #board: TopicBoard;
  readonly #delivery: Delivery;
  #isFlushDue = false;
  #isCheckDue = false;
  #restUntilMs = 0;

  constructor(params: LiveHubParams) {
    this.#params = params;
    this.#board = new TopicBoard({ ...params, onDirty: () => this.#flushSoon() });
    this.#delivery = new Delivery({ ...params, board: this.#board });
  }

  connect(transport: Transport): LiveConnection {
    const { engine } = this.#params;
    if (this.clients.size >= MAX_CLIENTS) throw new EngineError("too_large", `over ${MAX_CLIENTS} live connections`);
    const seq = engine.health().newestSeq;
    const client = liveClient(transport, seq);
    this.clients.add(client);
    transport.send(helloMessage({ generation: engine.generation, seq, project: engine.project }));
    let waiting = 0;
    let last = Promise.resolve();
    return {
      receive: (text) => {
        if (waiting >= MAX_WAITING_MESSAGES) {
          transport.close(POLICY_VIOLATION, "too many messages at a time");
          return;
        }
        waiting += 1;
        last = last
          .then(async () => await this.#obey(client, text))
          .catch((error: unknown) => this.#complain(client, error))
          .finally(() => void (waiting -= 1));
      },
      closed: () => {
        this.clients.delete(client);
        for (const name of client.topics) this.#board.leave(client, name);
      },
    };
  }

  close(): void {
    for (const client of this.clients) client.transport.close(GOING_AWAY, "the server stops");
  }

  async #obey(client: LiveClient, text: string): Promise<void> {
    const message = parseClientMessage(text);
    for (const name of message.unsubscribe) this.#board.leave(client, name);
    const { after } = message;
    const joined = [...new Set(message.subscribe)].flatMap((name) => this.#join(client, name));
    if (after === null) {
      for (const subscription of joined) await this.#delivery.show(client, subscription);
      return;
    }
    await this.#resume(client, { joined, after });
  }

  async #resume(client: LiveClient, params: { joined: readonly Subscription[]; after: ResumePoint }): Promise<void> {
    const { joined, after } = params;
    client.unfinished += joined.length;
    client.sentSeq = Math.min(client.sentSeq, after.seq);
    for (const subscription of joined) {
      try {
        await this.#delivery.resume(client, { subscription, after });
      } catch (error) {
        // The other topics go on.
        this.#complain(client, error);
        await this.#delivery.show(client, subscription);
      } finally {
        client.unfinished -= 1;
      }
    }
  }

  #join(client: LiveClient, name: string): Subscription[] {
    // It may have left while an earlier message was answered.
    if (!this.clients.has(client)) return [];
    try {
      if (!client.topics.has(name) && client.topics.size >= MAX_TOPICS) {
        throw new EngineError("too_large", `at most ${MAX_TOPICS} topics at a time`);
      }
      return [this.#board.join(client, name)];
    } catch (error) {
      if (!isEngineError(error)) throw error;
      sendError(client, error, name);
      return [];
    }
  }

  #complain(client: LiveClient, error: unknown): void {
    if (isEngineError(error)) sendError(client, error);
    else this.#params.log("error", `live connection: ${String(error)}`);
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    const { scheduler, clock } = this.#params;
    scheduler.after(Math.max(FLUSH_INTERVAL_MS, this.#restUntilMs - clock.monotonic()), () => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const { clock } = this.#params;
    const startedAtMs = clock.monotonic();
    const outbox = new Map<LiveClient, PatchToSend[]>();
    for (const { live, data } of this.#board.takeChanged()) {
      if (data === nothing) continue;
      const topic = live.topic.name;
      for (const [client, { missed }] of live.subscriptions) {
        if (missed !== null) continue;
        if (data === tooMany) void this.#delivery.restart(client, { topic, reason: manyChanges });
        else outbox.set(client, [...(outbox.get(client) ?? []), { topic, data }]);
      }
    }
    for (const client of this.clients) {
      sendPatches(client, { patches: outbox.get(client) ?? [], seq: this.#board.newestSeq });
      if (client.behind !== null) this.#checkBehindSoon();
    }
    const workMs = clock.monotonic() - startedAtMs;
    this.#restUntilMs = clock.monotonic() + Math.min(MAX_REST_MS, workMs * REST_PER_WORK);
  }

  #checkBehindSoon(): void {
    if (this.#isCheckDue) return;
    this.#isCheckDue = true;
    this.#params.scheduler.after(BEHIND_CHECK_MS, () => {
      this.#isCheckDue = false;
      for (const client of this.clients) this.#checkBehind(client);
    });
  }

  /** A connection that never drains is ended by its unanswered pings. */
  #checkBehind(client: LiveClient): void {
    if (client.behind === null) return;
    if (!hasCaughtUp(client)) {
      this.#checkBehindSoon();
      return;
    }
    const names = client.behind;
    client.behind = null;
    const reason = "the connection was too slow for every change";
    for (const topic of names) void this.#delivery.restart(client, { topic, reason });
  }
}
