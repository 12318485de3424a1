import { releaseSource, type ReleaseParams, type ReleaseReport } from "../../assets/harvest/release.ts";
import { summarizeSource, type SummaryParams, type SummaryReport } from "../../assets/harvest/summary.ts";
import type { ObjectStore } from "../../engine/core/ports/object-store.ts";
import { inlineWorkerPool } from "./inline-worker-pool.ts";
import { manualClock, type ManualClock } from "./manual-clock.ts";
import { memoryObjectStore, type MemoryObjectStore } from "./memory-object-store.ts";

export const BUCKET = "gleaner";

/** A store in memory with documents in it, and what releases and summarizes them. Organization `rig`, source `s`. */
export interface ReleaseRig {
  readonly store: MemoryObjectStore;
  readonly clock: ManualClock;
  /** Warnings that were logged. */
  readonly logged: readonly string[];
  /** Puts a document under an id of the source. */
  document(id: string, document: string | Uint8Array | object, source?: string): Promise<void>;
  release(changes?: Partial<ReleaseParams>): Promise<ReleaseReport>;
  summarize(changes?: Partial<SummaryParams>): Promise<SummaryReport>;
  text(key: string): string;
}

export async function releaseRig(
  wrap: (store: MemoryObjectStore) => ObjectStore = (store) => store,
): Promise<ReleaseRig> {
  const clock = manualClock();
  const store = memoryObjectStore({ clock });
  await store.ensureBucket(BUCKET);
  const logged: string[] = [];
  const common = {
    source: "s",
    store: wrap(store),
    bucket: BUCKET,
    workers: inlineWorkerPool(),
    signal: new AbortController().signal,
    log: (level: string, message: string): void => void (level === "warn" ? logged.push(message) : null),
  };
  return {
    store,
    clock,
    logged,
    document: async (id, document, source = "s") => {
      const isBody = typeof document === "string" || document instanceof Uint8Array;
      const body = isBody ? document : JSON.stringify(document);
      await store.put({ bucket: BUCKET, key: `summoned/${source}/${id}.jsonld`, body });
    },
    release: (changes) => releaseSource({ ...common, orgName: "rig", clock, onProgress: () => undefined, ...changes }),
    summarize: (changes) => summarizeSource({ ...common, ...changes }),
    text: (key) => store.text(BUCKET, key),
  };
}

/** A document of schema.org terms. */
export function dataset(id: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    "@context": { "@vocab": "https://schema.org/" },
    "@type": "Dataset",
    "@id": `https://x.example/${id}`,
    name: id,
    ...more,
  };
}
