import { defineAsset, materialization } from "../../engine/index.ts";
import { releaseSource } from "../harvest/release.ts";
import { summarizeSource } from "../harvest/summary.ts";
import { harvestLog, plain } from "./harvest-log.ts";
import { readOrgName } from "./org-name.ts";
import { sources } from "./partitions.ts";
import { clock, objectStore, settings, workers } from "./resources.ts";
import { gleanerioRun } from "./summon.ts";

const RELEASE_TIMEOUT_MS = 6 * 3_600_000;
const RETRY = { attempts: 2, delayMs: 5000 } as const;
const MAX_SHOWN_SKIPS = 10;

export const releaseNabuRun = defineAsset({
  key: "ingest/release_nabu_run",
  group: "load",
  description: "Turns the source's documents into one N-Quads file, graphs/latest/<source>_release.nq",
  partitions: sources,
  deps: { summoned: gleanerioRun },
  resources: { settings, objectStore, workers, clock },
  pool: "release",
  retry: RETRY,
  timeoutMs: RELEASE_TIMEOUT_MS,
  async run({ partition, resources, signal, log, report }) {
    const orgName = await readOrgName({ ...resources, signal, log });
    const released = await releaseSource({
      ...resources,
      source: partition.key,
      orgName,
      store: resources.objectStore,
      bucket: resources.settings.objects.bucket,
      signal,
      onProgress: (progress) => report(plain(progress)),
      log: harvestLog(log),
    });
    const { skipped, ...facts } = released;
    return materialization({
      value: { key: released.key, orgName, documents: released.documents },
      metadata: plain({ ...facts, skipped: skipped.byKind, firstSkipped: skipped.named.slice(0, MAX_SHOWN_SKIPS) }),
      dataVersion: released.sha256,
    });
  },
});

export const releaseSummarize = defineAsset({
  key: "ingest/release_summarize",
  group: "load",
  description: "A summary of the release for search pages, graphs/summary/<source>_release.ttl",
  partitions: sources,
  deps: { release: releaseNabuRun },
  resources: { settings, objectStore, workers },
  pool: "release",
  retry: RETRY,
  timeoutMs: RELEASE_TIMEOUT_MS,
  async run({ partition, resources, signal, log }) {
    const summary = await summarizeSource({
      source: partition.key,
      store: resources.objectStore,
      workers: resources.workers,
      bucket: resources.settings.objects.bucket,
      signal,
      log: harvestLog(log),
    });
    return materialization({ value: { key: summary.key }, metadata: plain(summary), dataVersion: summary.sha256 });
  },
});
