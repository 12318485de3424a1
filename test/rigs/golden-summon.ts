import { readFileSync } from "node:fs";
import path from "node:path";
import { parseSourcesFile, type SourcesFile } from "../../assets/config/sources-file.ts";
import { systemClock, systemIds } from "../../engine/adapters/system-clock.ts";
import { summonSource, type SummonReport } from "../../assets/harvest/summon.ts";
import { quickFetcher } from "./crawler.ts";
import { GOLDEN_FOLDER } from "./golden.ts";
import { inlineWorkerPool } from "./inline-worker-pool.ts";
import { memoryObjectStore, type MemoryObjectStore } from "./memory-object-store.ts";
import { startGoldenSite, type Site } from "./site.ts";

/** Where the site was when the real tools were run on it. */
export const GOLDEN_ORIGIN = "http://127.0.0.1:8801";
export const BUCKET = "gleaner";

/** The golden site, and the golden configuration with the site where it is now. */
export interface GoldenRig extends AsyncDisposable {
  readonly site: Site;
  readonly store: MemoryObjectStore;
  readonly config: SourcesFile;
  /** As the scheduler runs gleaner: with `--rude`. */
  summon(source: string): Promise<SummonReport>;
  /** With the origin that the golden objects name in place of today's. */
  rebased(text: string): string;
}

export async function goldenRig(): Promise<GoldenRig> {
  const site = await startGoldenSite();
  const fetcher = quickFetcher();
  const clock = systemClock();
  const store = memoryObjectStore({ clock });
  await store.ensureBucket(BUCKET);
  const text = readFileSync(path.join(GOLDEN_FOLDER, "configs/gleanerconfig.yaml"), "utf8");
  const config = parseSourcesFile({ text: text.replaceAll(GOLDEN_ORIGIN, site.origin), file: "gleanerconfig.yaml" });
  return {
    site,
    store,
    config,
    summon: (name) => {
      const source = config.sources?.find((each) => each.name === name);
      if (source === undefined) throw new Error(`the golden configuration has no source ${name}`);
      return summonSource({
        source,
        harvest: config.harvest,
        store,
        bucket: BUCKET,
        fetcher,
        workers: inlineWorkerPool(),
        clock,
        ids: systemIds(),
        signal: new AbortController().signal,
        rude: true,
        prune: false,
        onProgress: () => undefined,
        log: () => undefined,
      });
    },
    rebased: (given) => given.replaceAll(site.origin, GOLDEN_ORIGIN),
    [Symbol.asyncDispose]: async () => {
      await fetcher.close();
      await site[Symbol.asyncDispose]();
    },
  };
}
