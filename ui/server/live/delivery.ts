import {
  type Engine,
  EngineError,
  isEngineError,
  type RecordedEvent,
  type Scheduler,
} from "../../../engine/operate.ts";
import type { ServerLog } from "../server-options.ts";
import { type LiveClient, MAX_BUFFERED_BYTES, sendError, sendPatches, sendReset, sendSnapshot } from "./client.ts";
import type { ResumePoint } from "./protocol.ts";
import { nothing, tooMany } from "./topic.ts";
import { noteAll, type Subscription, type TopicBoard } from "./topic-board.ts";

/** Events looked at to resume a client; one that missed more gets snapshots. */
export const MAX_REPLAY_EVENTS = 2000;
const DRAIN_CHECK_MS = 50;

export interface DeliveryParams {
  readonly engine: Engine;
  readonly board: TopicBoard;
  readonly scheduler: Scheduler;
  readonly log: ServerLog;
}

/** Brings one client up to date with one topic: by a snapshot, or from where it was. */
export class Delivery {
  readonly #params: DeliveryParams;

  constructor(params: DeliveryParams) {
    this.#params = params;
  }

  /** Sends the snapshot, then what changed while it was made; or says why there is none, which ends the subscription. */
  async show(client: LiveClient, subscription: Subscription): Promise<void> {
    const { board, log } = this.#params;
    const { topic, prepared } = subscription.live;
    const isCurrent = (): boolean => board.find(client, topic.name) === subscription;
    client.unfinished += 1;
    try {
      await prepared;
      await this.#drained(client);
      const seq = board.newestSeq;
      const data = JSON.stringify(await topic.snapshot());
      if (!isCurrent()) return;
      if (client.topics.size === 1) client.sentSeq = Math.max(client.sentSeq, seq);
      sendSnapshot(client, { topic: topic.name, data });
      this.#sendMissed(client, subscription);
    } catch (error) {
      if (!isCurrent()) return;
      if (!isEngineError(error)) log("error", `live topic ${topic.name}: ${String(error)}`);
      const told = isEngineError(error) ? error : new EngineError("internal", "a bug: see the server's log");
      sendError(client, told, topic.name);
      board.leave(client, topic.name);
    } finally {
      client.unfinished -= 1;
    }
  }

  /** Sends what changed since `after`; a snapshot where the record does not tell, or where that is shorter. */
  async resume(client: LiveClient, params: { subscription: Subscription; after: ResumePoint }): Promise<void> {
    const { subscription, after } = params;
    const { live } = subscription;
    const { board } = this.#params;
    const isPrepared = await live.prepared.then(
      () => true,
      () => false,
    );
    const replay = isPrepared ? this.#eventsSince(after) : null;
    const { missed } = subscription;
    if (replay === null || missed === null || board.find(client, live.topic.name) !== subscription) {
      await this.show(client, subscription);
      return;
    }
    // On top of what no event tells, such as counts of stale partitions, and came meanwhile.
    noteAll(missed, replay);
    const data = board.render(live, missed);
    if (data === tooMany || data === nothing) {
      // The snapshot holds all of that.
      subscription.missed = live.topic.changes();
      await this.show(client, subscription);
      return;
    }
    subscription.missed = null;
    sendPatches(client, { patches: [{ topic: live.topic.name, data }], seq: null });
  }

  /** Starts a topic over, saying why. */
  async restart(client: LiveClient, { topic, reason }: { topic: string; reason: string }): Promise<void> {
    const { board } = this.#params;
    if (board.find(client, topic) === null) return;
    const subscription = board.join(client, topic);
    sendReset(client, { topic, reason });
    await this.show(client, subscription);
  }

  #sendMissed(client: LiveClient, subscription: Subscription): void {
    const { live, missed } = subscription;
    subscription.missed = null;
    if (missed === null || missed.isEmpty()) return;
    const data = this.#params.board.render(live, missed);
    if (data === nothing) return;
    if (data === tooMany) void this.restart(client, { topic: live.topic.name, reason: manyChanges });
    else sendPatches(client, { patches: [{ topic: live.topic.name, data }], seq: null });
  }

  #eventsSince({ generation, seq }: ResumePoint): readonly RecordedEvent[] | null {
    const { engine } = this.#params;
    if (generation !== engine.generation || seq > engine.health().newestSeq) return null;
    const events = engine.queries.eventsAfter(seq, MAX_REPLAY_EVENTS + 1);
    return events === null || events.length > MAX_REPLAY_EVENTS ? null : events;
  }

  /** Snapshots wait until those before are on their way, so that a client's buffer stays bounded. */
  async #drained(client: LiveClient): Promise<void> {
    while (client.topics.size > 0 && client.transport.bufferedBytes() > MAX_BUFFERED_BYTES) {
      await new Promise<void>((resolve) => this.#params.scheduler.after(DRAIN_CHECK_MS, resolve));
    }
  }
}

export const manyChanges = "more changed than a patch holds";
