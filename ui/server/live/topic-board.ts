import { type Engine, isEngineError, type RecordedEvent } from "../../../engine/operate.ts";
import type { ServerLog, SystemInfo } from "../server-options.ts";
import type { LiveClient } from "./client.ts";
import { type Changes, nothing, tooMany, type Topic } from "./topic.ts";
import { openTopic } from "./topics/open-topic.ts";

/** A topic that somebody watches. */
export interface LiveTopic {
  readonly topic: Topic;
  readonly prepared: Promise<void>;
  /** Since the last flush. */
  changes: Changes;
  readonly subscriptions: Map<LiveClient, Subscription>;
}

export interface Subscription {
  readonly live: LiveTopic;
  /** Collects what changes until the snapshot is sent; null from then on. */
  missed: Changes | null;
}

/** JSON, or why there is none to send. */
export type Rendered = string | typeof tooMany | typeof nothing;

export interface TopicBoardParams {
  readonly engine: Engine;
  readonly system: SystemInfo;
  readonly log: ServerLog;
  /** Something changed that somebody watches. */
  readonly onDirty: () => void;
}

/** The topics that are watched and what changed in each. While there are none, it does not listen to the engine. */
export class TopicBoard {
  readonly #params: TopicBoardParams;
  readonly #topics = new Map<string, LiveTopic>();
  #stopListening: (() => void) | null = null;
  #newestSeq = 0;

  constructor(params: TopicBoardParams) {
    this.#params = params;
  }

  /** The newest event of which all topics have taken note. */
  get newestSeq(): number {
    return this.#newestSeq;
  }

  find(client: LiveClient, name: string): Subscription | null {
    return this.#topics.get(name)?.subscriptions.get(client) ?? null;
  }

  /** Starts or restarts a subscription. Throws `invalid_request` for a name that is no topic. */
  join(client: LiveClient, name: string): Subscription {
    const live = this.#topics.get(name) ?? this.#open(name);
    const subscription: Subscription = { live, missed: live.topic.changes() };
    live.subscriptions.set(client, subscription);
    client.topics.add(name);
    return subscription;
  }

  leave(client: LiveClient, name: string): void {
    client.topics.delete(name);
    const live = this.#topics.get(name);
    live?.subscriptions.delete(client);
    if (live?.subscriptions.size === 0) this.#topics.delete(name);
    if (this.#topics.size === 0) this.#stopListening?.();
  }

  /** What changed since the last call, by topic. */
  takeChanged(): readonly { readonly live: LiveTopic; readonly data: Rendered }[] {
    return [...this.#topics.values()]
      .filter((live) => !live.changes.isEmpty())
      .map((live) => {
        const data = this.render(live, live.changes);
        live.changes = live.topic.changes();
        return { live, data };
      });
  }

  /** What cannot be read any more is left to a snapshot, which says why. */
  render(live: LiveTopic, changes: Changes): Rendered {
    try {
      const data = changes.render();
      return data === tooMany || data === nothing ? data : JSON.stringify(data);
    } catch (error) {
      if (!isEngineError(error)) this.#params.log("error", `live topic ${live.topic.name}: ${String(error)}`);
      return tooMany;
    }
  }

  #open(name: string): LiveTopic {
    const topic = openTopic(name, this.#params);
    if (this.#stopListening === null) this.#listen();
    const prepared = topic.prepare();
    // Who subscribes awaits it; when it fails, nobody may be left.
    prepared.catch(() => {});
    const live = { topic, prepared, changes: topic.changes(), subscriptions: new Map<LiveClient, Subscription>() };
    this.#topics.set(name, live);
    return live;
  }

  #listen(): void {
    const { engine } = this.#params;
    this.#newestSeq = engine.health().newestSeq;
    const stops = [
      engine.onCommit((events) => {
        this.#newestSeq = Math.max(this.#newestSeq, events.at(-1)?.seq ?? 0);
        this.#note((changes) => noteAll(changes, events));
      }),
      engine.onProgress((progress) => this.#note((changes) => changes.noteProgress(progress))),
      engine.onHealth(() => this.#note((changes) => changes.noteHealth())),
      engine.onLog((runId) => this.#note((changes) => changes.noteLog(runId))),
      engine.queries.onStaleChanged((asset) => this.#note((changes) => changes.noteStale(asset))),
    ];
    this.#stopListening = () => {
      for (const stop of stops) stop();
      this.#stopListening = null;
    };
  }

  #note(write: (changes: Changes) => void): void {
    let isDirty = false;
    for (const live of this.#topics.values()) {
      write(live.changes);
      isDirty ||= !live.changes.isEmpty();
      for (const { missed } of live.subscriptions.values()) if (missed !== null) write(missed);
    }
    if (isDirty) this.#params.onDirty();
  }
}

export function noteAll(changes: Changes, events: readonly RecordedEvent[]): void {
  for (const event of events) changes.note(event);
}
