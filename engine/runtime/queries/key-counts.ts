import type { Asset } from "../../core/assets.ts";
import type { Clock } from "../../core/ports/time.ts";
import type { PartitionWord } from "../../core/states.ts";
import type { Store } from "../../store/store.ts";
import type { KeyCountsView } from "../views.ts";

/**
 * How an asset's partitions stand by their key in one dimension. Counting looks at every partition, so it is done in the
 * reader, in chunks, and its result is kept:
 *
 * C1. A count is out of date once a step's event or a change of keys is committed.
 * C2. Who asks for a count that is out of date gets the last one, which says so, and a recount begins. The first to ask
 *     waits for it.
 * C3. Recounts take a bounded share of the reader's time, however fast things change.
 */
export interface KeyCounts {
  count(asset: Asset, dimension: number): Promise<KeyCountsView>;
  close(): void;
}

export interface KeyCountsParams {
  readonly store: Store;
  readonly clock: Clock;
}

/** After a recount that took 200 ms the next one begins 1 s later at the earliest. */
const RECOUNT_TIME_SHARE = 0.2;
/** Counts that are kept, of assets and their dimensions; the one that was made first goes first. */
const MAX_KEPT = 100;

interface Kept {
  last: KeyCountsView;
  /** How many changes there were as the count began. */
  changes: number;
  notBeforeMs: number;
}

export function openKeyCounts(params: KeyCountsParams): KeyCounts {
  const { store, clock } = params;
  const kept = new Map<string, Kept>();
  const counting = new Map<string, Promise<Kept>>();
  let changes = 0;
  const stop = store.onCommit((events) => {
    if (events.some((event) => "ordinal" in event || event.type === "partitions.changed")) changes++;
  });

  const countNow = async (asset: Asset, dimension: number): Promise<Kept> => {
    const begunAtMs = clock.monotonic();
    const atBegin = changes;
    const last = await countAll(asset, { dimension, store });
    const endedAtMs = clock.monotonic();
    const made = { last, changes: atBegin, notBeforeMs: endedAtMs + (endedAtMs - begunAtMs) / RECOUNT_TIME_SHARE };
    kept.set(keyOf(asset, dimension), made);
    const oldest = kept.size > MAX_KEPT ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    return made;
  };
  const begin = (asset: Asset, dimension: number): Promise<Kept> => {
    const key = keyOf(asset, dimension);
    const known = counting.get(key);
    if (known !== undefined) return known;
    const begun = countNow(asset, dimension).finally(() => counting.delete(key));
    counting.set(key, begun);
    return begun;
  };

  return {
    async count(asset, dimension) {
      const before = kept.get(keyOf(asset, dimension));
      if (before === undefined) return (await begin(asset, dimension)).last;
      const isCurrent = before.changes === changes;
      // Who asks again later finds it, or why it could not be made.
      if (!isCurrent && clock.monotonic() >= before.notBeforeMs) begin(asset, dimension).catch(() => {});
      return { ...before.last, isCurrent };
    },
    close: stop,
  };
}

function keyOf(asset: Asset, dimension: number): string {
  return `${dimension} ${asset.key}`;
}

const nothing = { total: 0, materialized: 0, missing: 0, failed: 0, running: 0 };
type Counts = Record<keyof typeof nothing, number>;

async function countAll(
  asset: Asset,
  { dimension, store }: { readonly dimension: number; readonly store: Store },
): Promise<KeyCountsView> {
  const { reader, tables } = store;
  const set = asset.partitions;
  const name = set?.dimensions[dimension];
  if (set === null || name === undefined) throw new Error(`"${asset.key}" has no dimension ${dimension}`);
  const keys = await reader.query("activeKeys", tables.partitions.setId(name.set));
  const byId = new Map<number, Counts>(keys.numbers.map((id) => [id, { ...nothing }]));
  const query = {
    assetId: tables.materializations.assetId(asset.key),
    setId: tables.partitions.setId(set.name),
    dimension,
  };
  for (let afterId: number | null = 0; afterId !== null;) {
    const chunk: { counts: readonly (readonly [number, PartitionWord, number])[]; nextAfterId: number | null } =
      await reader.query("countByKey", { ...query, afterId });
    for (const [id, word, count] of chunk.counts) {
      const counts = byId.get(id);
      if (counts === undefined || word === "retired") continue;
      counts[word] += count;
      counts.total += count;
    }
    afterId = chunk.nextAfterId;
  }
  return {
    dimension: name.name,
    items: keys.keys.map((key, at) => ({ key, ...(byId.get(keys.numbers[at] ?? -1) ?? nothing) })),
    isCurrent: true,
    nextCursor: null,
  };
}
