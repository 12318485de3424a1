import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSourcesFile } from "../../../assets/config/sources-file.ts";
import { releaseSource } from "../../../assets/harvest/release.ts";
import { summonSource } from "../../../assets/harvest/summon.ts";
import { systemClock, systemIds } from "../../../engine/adapters/system-clock.ts";
import { startDemo } from "../../../ui/demo/demo.ts";
import { seedDemo } from "../../../ui/demo/seed-demo.ts";
import { quickFetcher } from "../../rigs/crawler.ts";
import { inlineWorkerPool } from "../../rigs/inline-worker-pool.ts";
import { memoryObjectStore } from "../../rigs/memory-object-store.ts";
import { sourceConfig } from "../../rigs/sources.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

test("every source of the demo is summoned and released, and only the odd pages are missed", async () => {
  await using folder = await temporaryFolder();
  await using fetcher = quickFetcher();
  const clock = systemClock();
  const ids = systemIds();
  const store = memoryObjectStore({ clock });
  const demo = await startDemo({ dataDir: folder.path, ids });
  try {
    await seedDemo({ store, demo, dataDir: folder.path });
    const text = store.text("gleaner", "scheduler/configs/gleanerconfig.yaml");
    const file = parseSourcesFile({ text, file: "gleanerconfig.yaml" });
    const { signal } = new AbortController();
    const workers = inlineWorkerPool();
    const common = {
      store,
      bucket: "gleaner",
      workers,
      clock,
      signal,
      onProgress: () => undefined,
      log: () => undefined,
    };
    const figures: Record<string, object> = {};
    const unlisted = sourceConfig({
      name: "topography",
      url: `${demo.origin}/topography/sitemap.xml`,
      domain: demo.origin,
    });
    for (const source of [...(file.sources ?? []), unlisted]) {
      const summoned = await summonSource({ ...common, ids, fetcher, source, harvest: file.harvest, prune: false });
      const released = await releaseSource({ ...common, source: source.name, orgName: "demo" });
      const { stored, failed } = summoned;
      figures[source.name] = { stored, failed, released: released.documents, skipped: released.skipped.byKind };
    }
    assert.deepEqual(figures, {
      iris: { stored: 27, failed: 0, released: 27, skipped: {} },
      marine: { stored: 10, failed: 0, released: 10, skipped: {} },
      watershed: { stored: 6, failed: 0, released: 6, skipped: {} },
      obis: { stored: 1, failed: 0, released: 1, skipped: {} },
      geolab: { stored: 7, failed: 2, released: 7, skipped: {} },
      topography: { stored: 5, failed: 0, released: 5, skipped: {} },
    });
  } finally {
    await demo.close();
  }
});
