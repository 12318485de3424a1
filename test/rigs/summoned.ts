import type { ObjectMetadata } from "../../engine/core/ports/object-store.ts";
import { manualClock } from "./manual-clock.ts";
import type { ManualClock } from "./manual-clock.ts";
import { memoryObjectStore } from "./memory-object-store.ts";
import type { MemoryObjectStore } from "./memory-object-store.ts";

export const BUCKET = "gleaner";

export interface SummonedRig {
  readonly clock: ManualClock;
  readonly store: MemoryObjectStore;
  /** Puts `summoned/<source>/<name>`. */
  readonly summon: (source: string, name: string, metadata?: ObjectMetadata) => Promise<void>;
}

/** A bucket with documents in it, at 2026-03-01 12:00 UTC. */
export async function summonedRig(): Promise<SummonedRig> {
  const clock = manualClock(Date.UTC(2026, 2, 1, 12));
  const store = memoryObjectStore({ clock });
  await store.ensureBucket(BUCKET);
  return {
    clock,
    store,
    summon: async (source, name, metadata) => {
      await store.put({ bucket: BUCKET, key: `summoned/${source}/${name}`, body: "{}", metadata });
    },
  };
}

/** The URLs of a sitemap, which may fail after the last of them. */
export async function* listing(urls: readonly string[], failure?: Error): AsyncGenerator<string> {
  for (const url of urls) yield url;
  if (failure !== undefined) throw failure;
}
