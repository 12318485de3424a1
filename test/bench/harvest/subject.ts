import { createFetcher } from "../../../assets/harvest/fetcher.ts";
import { releaseSource } from "../../../assets/harvest/release.ts";
import { summonSource } from "../../../assets/harvest/summon.ts";
import { filesystemObjectStore } from "../../../engine/adapters/filesystem-object-store.ts";
import { piscinaWorkers } from "../../../engine/adapters/piscina-workers.ts";
import { systemClock, systemIds } from "../../../engine/adapters/system-clock.ts";
import { harvestConfig, sourceConfig } from "../../rigs/sources.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { FETCHES, WORKERS, reportFigures } from "./bench-process.ts";

/** The harvester as the assets use it: a source summoned into the folder store, then released. */
const [origin = ""] = process.argv.slice(2);
const clock = systemClock();
const ids = systemIds();
await using folder = await temporaryFolder();
const store = filesystemObjectStore({ directory: folder.path, clock, ids });
const workers = piscinaWorkers({ threads: WORKERS, maxOldSpaceMb: 512 });
const fetcher = createFetcher({ clock, ids });
const { signal } = new AbortController();
const common = { store, bucket: "gleaner", workers, clock, signal, onProgress: () => undefined, log: () => undefined };

await reportFigures(async () => {
  await store.ensureBucket(common.bucket);
  const summoned = await summonSource({
    ...common,
    ids,
    fetcher,
    source: sourceConfig({ name: "bench", url: `${origin}/sitemap.xml`, domain: origin }),
    harvest: harvestConfig({ threads: FETCHES }),
    prune: false,
  });
  const released = await releaseSource({ ...common, source: "bench", orgName: "bench" });
  if (released.documents !== summoned.stored)
    throw new Error(`stored ${summoned.stored}, released ${released.documents}`);
  return released.documents;
});
await fetcher.close();
await workers.close();
