import type { Asset } from "../../core/assets.ts";
import type { Catalog } from "../../core/catalog.ts";
import { EngineError } from "../../core/errors.ts";
import type { RecordedEvent } from "../../core/events.ts";
import type { Clock } from "../../core/ports/time.ts";
import type { Store } from "../../store/store.ts";
import type { AssetRow } from "../../store/tables/materializations.ts";
import { stalePartitions } from "./stale-question.ts";

/**
 * How many materialized partitions of each asset are stale. Counting looks at every partition, so it is done in the
 * reader, in chunks, and its result is kept:
 *
 * S1. A count is out of date once a materialization of the asset or of an asset above it, a change of keys, or another
 *     change of the asset's counters is committed, and after `MAX_AGE_MS` in any case.
 * S2. Who asks for a count that is out of date gets the last one, and a recount begins; where anybody listens, it
 *     begins without being asked for. What changes while it counts, it counts again.
 * S3. A recount that changes a count is told to listeners, so that whoever shows it can ask again.
 * S4. Recounts of an asset take a bounded share of the reader's time, however fast things change.
 */
export interface Staleness {
  count(asset: Asset, row: AssetRow): number;
  /** Returns how to stop. */
  onChange(listener: (asset: string) => void): () => void;
  /** Resolves when no recount is under way or waiting. For tests and for those who must know. */
  settled(): Promise<void>;
  close(): void;
}

export interface StalenessParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

const MAX_AGE_MS = 600_000;
/** After a recount that took 50 ms the next one waits for 1 s. */
const RECOUNT_TIME_SHARE = 0.05;
/** After a recount that could not be finished. */
const RETRY_MS = 10_000;

interface Count {
  readonly asset: Asset;
  stale: number;
  isCurrent: boolean;
  /** The asset's counters when it was counted. */
  counters: string;
  countedAtMs: number;
  notBeforeMs: number;
  recount: Promise<void> | null;
}

export function openStaleness(params: StalenessParams): Staleness {
  const counter = new StaleCounter(params);
  return {
    count: (asset, row) => counter.count(asset, row),
    onChange: (listener) => counter.onChange(listener),
    settled: () => counter.settled(),
    close: () => counter.close(),
  };
}

class StaleCounter {
  readonly #params: StalenessParams;
  readonly #counts = new Map<string, Count>();
  readonly #listeners = new Set<(asset: string) => void>();
  readonly #abort = new AbortController();
  readonly #stopObserving: () => void;
  /** Recounts run one after the other. */
  #line: Promise<void> = Promise.resolve();

  constructor(params: StalenessParams) {
    this.#params = params;
    this.#stopObserving = params.store.onCommit((events) => this.#observe(events));
  }

  count(asset: Asset, row: AssetRow): number {
    const count = this.#countOf(asset);
    const ageMs = this.#params.clock.monotonic() - count.countedAtMs;
    const isCurrent = count.isCurrent && count.counters === countersOf(row) && ageMs < MAX_AGE_MS;
    if (!isCurrent) this.#begin(count);
    return count.stale;
  }

  onChange(listener: (asset: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async settled(): Promise<void> {
    const running = (): Promise<void>[] => [...this.#counts.values()].flatMap((count) => count.recount ?? []);
    while (running().length > 0) await Promise.all(running());
  }

  close(): void {
    this.#stopObserving();
    this.#abort.abort(new EngineError("canceled", "the store is closing"));
  }

  #countOf(asset: Asset): Count {
    const known = this.#counts.get(asset.key);
    if (known !== undefined) return known;
    const nothing = { stale: 0, isCurrent: false, counters: "", countedAtMs: 0, notBeforeMs: 0, recount: null };
    const count: Count = { asset, ...nothing };
    this.#counts.set(asset.key, count);
    return count;
  }

  #observe(events: readonly RecordedEvent[]): void {
    const touched = new Set<string>();
    for (const event of events) {
      if (event.type === "partitions.changed") for (const key of this.#counts.keys()) touched.add(key);
      if (event.type !== "step.succeeded") continue;
      for (const { asset } of event.data.materializations) {
        touched.add(asset);
        for (const key of downstreamOf(this.#params.catalog, asset)) touched.add(key);
      }
    }
    for (const key of touched) {
      const count = this.#counts.get(key);
      if (count === undefined) continue;
      count.isCurrent = false;
      if (this.#listeners.size > 0) this.#begin(count);
    }
  }

  #begin(count: Count): void {
    if (this.#abort.signal.aborted) return;
    count.recount ??= this.#recount(count)
      .catch(() => {
        count.isCurrent = false;
        count.notBeforeMs = this.#params.clock.monotonic() + RETRY_MS;
      })
      .finally(() => {
        count.recount = null;
      });
  }

  async #recount(count: Count): Promise<void> {
    const { clock } = this.#params;
    const waitMs = count.notBeforeMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, this.#abort.signal);
    const turn = this.#line.then(() => this.#countNow(count));
    this.#line = turn.catch(() => {});
    await turn;
    if (!count.isCurrent) await this.#recount(count);
  }

  async #countNow(count: Count): Promise<void> {
    const { store, clock } = this.#params;
    this.#abort.signal.throwIfAborted();
    const startedAtMs = clock.monotonic();
    count.isCurrent = true;
    count.counters = countersOf(store.tables.materializations.asset(count.asset.key));
    let stale = 0;
    for await (const ids of stalePartitions(count.asset, this.#params)) {
      this.#abort.signal.throwIfAborted();
      stale += ids.length;
    }
    count.countedAtMs = clock.monotonic();
    count.notBeforeMs = count.countedAtMs + (count.countedAtMs - startedAtMs) / RECOUNT_TIME_SHARE;
    if (stale === count.stale) return;
    count.stale = stale;
    for (const listener of this.#listeners) listener(count.asset.key);
  }
}

function countersOf(row: AssetRow | undefined): string {
  return row === undefined ? "" : `${row.materialized} ${row.failed} ${row.running}`;
}

function downstreamOf(catalog: Catalog, key: string): readonly string[] {
  return catalog.graph.hasNode(key) ? catalog.graph.outNeighbors(key) : [];
}
