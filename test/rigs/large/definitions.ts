import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  defineAsset,
  defineJob,
  defineSchedule,
  dynamicPartitions,
  materialization,
  productPartitions,
} from "../../../engine/index.ts";

/** A deployment as large as one wishes, for looking at and measuring: sources are harvested and loaded for tenants. */
export const sources = dynamicPartitions("sources", { dimension: "source" });
export const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
export const tenantSources = productPartitions("tenant_sources", { source: sources, tenant: tenants });

/** How long a step takes, about; 0 while history is made. */
export const pace = { ms: 400 };

const troubles = [
  "the sitemap answered 503 three times",
  "the certificate of the site has expired",
  "312 of 4,018 pages hold no JSON-LD that can be read",
  "the triplestore took longer than 60 s",
] as const;

/** In [0, 1), the same for the same texts. */
export function chance(...texts: readonly string[]): number {
  return createHash("sha256").update(texts.join("\n")).digest().readUInt32BE(0) / 2 ** 32;
}

/** Some sources are dead and fail for all; others fail now and then. */
export function fails(partition: string, run: string): boolean {
  const [source = ""] = partition.split("|");
  return chance("dead", source) < 0.02 || chance(partition, run) < 0.03;
}

async function work(about: { partition: string; run: string; signal: AbortSignal }): Promise<number> {
  const { partition, run, signal } = about;
  if (pace.ms > 0) await pause(pace.ms * (0.5 + chance("pace", partition, run)), undefined, { signal });
  if (fails(partition, run)) throw new Error(troubles[Math.floor(chance(partition) * troubles.length)]);
  return Math.floor(chance("size", partition) * 20_000);
}

export const harvest = defineAsset({
  key: "ingest/harvest",
  group: "ingest",
  description: "What a source publishes, page by page.",
  partitions: sources,
  pool: "docker",
  async run({ partition, run, signal, log }) {
    const pages = await work({ partition: partition.key, run: run.id, signal });
    log.info(`${pages} pages stored`, { pages });
    return materialization({ value: { pages }, metadata: { pages, failed: Math.floor(pages / 300) } });
  },
});
export const release = defineAsset({
  key: "ingest/release",
  group: "ingest",
  description: "A source's pages as one graph.",
  partitions: sources,
  deps: { harvest },
  async run({ partition, run, signal }) {
    const triples = 30 * (await work({ partition: partition.key, run: `release ${run.id}`, signal }));
    return materialization({ value: { triples }, metadata: { triples } });
  },
});
export const upload = defineAsset({
  key: "load/upload_release",
  group: "load",
  description: "A source's graph in a tenant's namespace.",
  partitions: tenantSources,
  deps: { release },
  pool: "graph",
  async run({ partition, run, signal }) {
    const triples = await work({ partition: partition.key, run: run.id, signal });
    return materialization({ value: null, metadata: { triples } });
  },
});
export const report = defineAsset({
  key: "report/tenant",
  group: "report",
  description: "What a tenant has, by source.",
  partitions: tenants,
  deps: { upload },
  run: () => null,
});
export const ingestJob = defineJob({ name: "ingest_job", assets: [harvest, release], tags: { ingest: "docker" } });
export const weekly = defineSchedule({
  name: "weekly",
  cron: "0 3 * * 1",
  evaluate: () => ({ reason: "a week has passed", runs: [{ job: ingestJob, partitions: "all", reason: "weekly" }] }),
});
