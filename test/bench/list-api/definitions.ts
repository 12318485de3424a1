import {
  defineAsset,
  defineJob,
  defineSchedule,
  defineSensor,
  dynamicPartitions,
  productPartitions,
} from "../../../engine/index.ts";

/** A code location like the ingest: sources, tenants, and the pairs of both that are loaded. */
export const sources = dynamicPartitions("sources", { dimension: "source" });
export const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
export const pairs = productPartitions("tenant_sources", { source: sources, tenant: tenants });

const RETRY = { attempts: 3, backoff: "exponential", delayMs: 2000 } as const;

export const sourceList = defineAsset({ key: "config/source_list", run: () => ["iris"] });
export const sitemap = defineAsset({
  key: "ingest/sitemap",
  partitions: sources,
  deps: { sourceList },
  retry: RETRY,
  run: () => 1,
});
export const summon = defineAsset({
  key: "ingest/summon",
  partitions: sources,
  deps: { sitemap },
  pool: "docker",
  run: () => 1,
});
export const release = defineAsset({ key: "ingest/release", partitions: sources, deps: { summon }, run: () => 1 });
export const summary = defineAsset({ key: "ingest/summary", partitions: sources, deps: { release }, run: () => 1 });
export const upload = defineAsset({
  key: "load/upload",
  partitions: pairs,
  deps: { release },
  pool: "load",
  codeVersion: "2",
  run: () => 1,
});
export const uploadSummary = defineAsset({
  key: "load/upload_summary",
  partitions: pairs,
  deps: { summary },
  run: () => 1,
});
export const report = defineAsset({ key: "report/tenant", partitions: tenants, deps: { upload }, run: () => 1 });
/** Its runs hold their places until the server stops. */
export const hold = defineAsset({
  key: "ops/hold",
  async run({ signal }) {
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  },
});

export const harvest = defineJob({ name: "harvest", assets: [sitemap, summon, release, summary] });
export const load = defineJob({ name: "load", assets: [upload, uploadSummary], tags: { ingest: "graph" } });
export const reports = defineJob({ name: "report", assets: [report] });
export const holding = defineJob({ name: "hold", assets: [hold], priority: 9 });

const nothing = { reason: "nothing changed" };
export const configChanges = defineSensor({
  name: "config_changes",
  enabledByDefault: false,
  evaluate: () => nothing,
});
export const newReleases = defineSensor({
  name: "new_releases",
  on: [release],
  enabledByDefault: false,
  evaluate: () => nothing,
});
export const weekly = defineSchedule({
  name: "weekly_harvest",
  cron: "0 2 * * 1",
  timeZone: "America/New_York",
  enabledByDefault: false,
  evaluate: () => nothing,
});
