import { defineJob } from "../../engine/index.ts";
import { sourcesAssets, tenantAssets } from "./config-assets.ts";
import { prunedPair, uploadRelease, uploadSummary } from "./loads.ts";
import { createGraphNamespaces, createTenantContainers } from "./namespaces.ts";
import { orgNames } from "./org-names.ts";
import { sources } from "./partitions.ts";
import { releaseNabuRun, releaseSummarize } from "./release.ts";
import { bucketUrlsReport, graphStatsReport, identifierStatsReport, loadReportGraph, loadReportS3 } from "./reports.ts";
import { gleanerioRun, validateSitemapUrl } from "./summon.ts";

export const sourcesConfigUpdatedJob = defineJob({
  name: "sources_config_updated_job",
  description: "Reads the sources file",
  assets: Object.values(sourcesAssets),
  priority: 11,
});

export const tenantConfigUpdatedJob = defineJob({
  name: "tenant_config_updated_job",
  description: "Reads the tenant file",
  assets: Object.values(tenantAssets),
  priority: 10,
});

export const summonAndReleaseJob = defineJob({
  name: "summon_and_release_job",
  description: "A source from its sitemap to its release, summary and reports",
  assets: [
    validateSitemapUrl,
    gleanerioRun,
    releaseNabuRun,
    loadReportS3,
    releaseSummarize,
    identifierStatsReport,
    bucketUrlsReport,
    graphStatsReport,
  ],
  tags: { ingest: "docker" },
});

export const tenantNamespacesJob = defineJob({
  name: "tenant_namespaces_job",
  description: "The tenant's namespaces and its portal container",
  assets: [createGraphNamespaces, createTenantContainers],
  priority: 20,
});

/** Asked for by source or by pair: one step a pair, and the source's graph report when they have ended. */
export const tenantReleaseJob = defineJob({
  name: "tenant_release_job",
  description: "Loads a source's release and summary for each of its tenants",
  assets: [uploadRelease, uploadSummary, loadReportGraph],
  partitions: sources,
  priority: 3,
  tags: { ingest: "graph" },
});

export const tenantPruneJob = defineJob({
  name: "tenant_prune_job",
  description: "Removes the graphs of a pair that is no more",
  assets: [prunedPair],
  tags: { ingest: "graph" },
});

export const orgNamesJob = defineJob({
  name: "org_names_job",
  description: "Lists the sources that were ever summoned",
  assets: [orgNames],
});
