import assert from "node:assert/strict";
import { systemClock, systemIds } from "../../engine/adapters/system-clock.ts";
import { EngineError, isEngineError } from "../../engine/core/errors.ts";
import type { ObjectStore, PutObjectParams } from "../../engine/core/ports/object-store.ts";
import type { HarvestConfig, SourceConfig } from "../../assets/harvest/source-config.ts";
import { summonSource, type SummonParams, type SummonReport } from "../../assets/harvest/summon.ts";
import { quickFetcher } from "./crawler.ts";
import { inlineWorkerPool } from "./inline-worker-pool.ts";
import { memoryObjectStore, type MemoryObjectStore } from "./memory-object-store.ts";
import { startSite, type RouteSource, type Site } from "./site.ts";
import { harvestConfig, sourceConfig } from "./sources.ts";

export const BUCKET = "gleaner";

export interface SummonedDocument {
  readonly key: string;
  /** Of its metadata. */
  readonly url: string;
  readonly text: string;
}

/** What a run differs in from the usual one: source `s`, the site's `/sitemap.xml`, five threads, no prune. */
export interface SummonChanges extends Partial<Omit<SummonParams, "source" | "harvest">> {
  readonly source?: Partial<SourceConfig>;
  readonly harvest?: Partial<HarvestConfig>;
}

/** A site, an empty store and what summons the one into the other. */
export interface SummonRig extends AsyncDisposable {
  readonly site: Site;
  readonly store: MemoryObjectStore;
  /** Warnings and errors that were logged. */
  readonly logged: readonly string[];
  summon(changes?: SummonChanges): Promise<SummonReport>;
  documents(source?: string): Promise<readonly SummonedDocument[]>;
  /** From now on the store fails to write below this prefix. */
  failPuts(prefix: string): void;
  /** The store refuses the next `count` keys below this prefix. */
  refusePuts(prefix: string, count: number): void;
}

export async function summonRig(routes: Readonly<Record<string, RouteSource>> = {}): Promise<SummonRig> {
  const site = await startSite(routes);
  const fetcher = quickFetcher();
  const clock = systemClock();
  const memory = memoryObjectStore({ clock });
  await memory.ensureBucket(BUCKET);
  const logged: string[] = [];
  let failing: string | null = null;
  let refusing = { prefix: "", count: 0 };
  const put = async (params: PutObjectParams) => {
    if (failing !== null && params.key.startsWith(failing))
      throw new EngineError("store_unavailable", "the store is on fire");
    if (refusing.count > 0 && params.key.startsWith(refusing.prefix)) {
      refusing = { ...refusing, count: refusing.count - 1 };
      throw new EngineError("object_key_refused", `the object key ${params.key} is refused by the test`);
    }
    return memory.put(params);
  };
  const store: ObjectStore = { ...memory, put };
  return {
    site,
    store: memory,
    logged,
    summon: ({ source, harvest, ...changes } = {}) =>
      summonSource({
        source: sourceConfig({ name: "s", url: `${site.origin}/sitemap.xml`, ...source }),
        harvest: harvestConfig(harvest),
        store,
        bucket: BUCKET,
        fetcher,
        workers: inlineWorkerPool(),
        clock,
        ids: systemIds(),
        signal: new AbortController().signal,
        prune: false,
        onProgress: () => undefined,
        log: (level, message) => void (level === "warn" || level === "error" ? logged.push(message) : null),
        ...changes,
      }),
    documents: (source = "s") =>
      Promise.all(
        memory.keys(BUCKET, `summoned/${source}/`).map(async (key) => {
          const details = await memory.head({ bucket: BUCKET, key });
          const url = (details?.metadata["url"] ?? "").replace(site.origin, "");
          return { key, url, text: memory.text(BUCKET, key) };
        }),
      ),
    failPuts: (prefix) => {
      failing = prefix;
    },
    refusePuts: (prefix, count) => {
      refusing = { prefix, count };
    },
    [Symbol.asyncDispose]: async () => {
      await fetcher.close();
      await site[Symbol.asyncDispose]();
    },
  };
}

/** The `harvest` error that a summon ends with. */
export async function rejectedHarvest(summon: Promise<unknown>): Promise<EngineError> {
  const error = await summon.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(isEngineError(error, "harvest"), String(error));
  return error;
}
