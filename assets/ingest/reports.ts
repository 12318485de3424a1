import { afterEnd, defineAsset, materialization } from "../../engine/index.ts";
import { bucketUrls } from "../reports/bucket-urls.ts";
import { graphStats } from "../reports/graph-stats.ts";
import { identifierStats } from "../reports/identifier-stats.ts";
import { loadReportS3 as makeLoadReportS3 } from "../reports/load-report.ts";
import { loadReportGraph as makeLoadReportGraph } from "../reports/load-report-graph.ts";
import { putReport, reportText } from "../reports/put-report.ts";
import { type CheckedSource, gleanerioRun, validateSitemapUrl } from "./summon.ts";
import { tenantAll, type TenantsValue } from "./config-assets.ts";
import { plain } from "./harvest-log.ts";
import { uploadRelease } from "./loads.ts";
import { sources } from "./partitions.ts";
import { releaseNabuRun } from "./release.ts";
import { clock, fetcher, objectStore, settings, tripleStore } from "./resources.ts";
import { sitemapUrls } from "./sitemap-urls.ts";

const REPORT = { group: "load", pool: "report", retry: { attempts: 2, delayMs: 5000 }, timeoutMs: 3_600_000 } as const;
const basics = { settings, objectStore, clock };

export const loadReportS3 = defineAsset({
  ...REPORT,
  key: "ingest/load_report_s3",
  description: "What the sitemap lists against what is in the bucket",
  partitions: sources,
  deps: { summoned: gleanerioRun, sitemap: validateSitemapUrl },
  resources: { ...basics, fetcher },
  async run({ inputs, resources, signal }) {
    const { source } = inputs.sitemap as unknown as CheckedSource;
    const where = {
      store: resources.objectStore,
      bucket: resources.settings.objects.bucket,
      clock: resources.clock,
      signal,
    };
    const report = await makeLoadReportS3({
      ...where,
      source,
      sitemapUrls: sitemapUrls({ ...resources, source, signal }),
    });
    const stored = await putReport({
      ...where,
      source: source.name,
      name: "load_report_s3.json",
      body: reportText(report),
    });
    const { missing_sitemap_summon: missing, extra_in_summon: extra, ...counts } = report;
    return materialization({
      metadata: plain({ ...stored, ...counts, firstMissing: missing.slice(0, 10), firstExtra: extra.slice(0, 10) }),
    });
  },
});

export const loadReportGraph = defineAsset({
  ...REPORT,
  key: "ingest/load_report_graph",
  description: "What the sitemap lists against the bucket and against the graph of each of the source's tenants",
  partitions: sources,
  deps: { release: releaseNabuRun, sitemap: validateSitemapUrl, loads: afterEnd(uploadRelease), tenants: tenantAll },
  resources: { ...basics, fetcher, tripleStore },
  async run({ inputs, resources, signal }) {
    const { source } = inputs.sitemap as unknown as CheckedSource;
    const where = {
      store: resources.objectStore,
      bucket: resources.settings.objects.bucket,
      clock: resources.clock,
      signal,
    };
    const { tenants } = inputs.tenants as unknown as TenantsValue;
    const { report, tenants: counts } = await makeLoadReportGraph({
      ...where,
      source,
      sitemapUrls: sitemapUrls({ ...resources, source, signal }),
      tripleStore: resources.tripleStore,
      orgName: inputs.release.orgName,
      namedNamespace: resources.settings.graph.namespace,
      tenants: tenants.filter((tenant) => tenant.allSources || tenant.sources.includes(source.name)),
    });
    const stored = await putReport({
      ...where,
      source: source.name,
      name: "load_report_graph.json",
      body: reportText(report),
    });
    return materialization({
      metadata: plain({
        ...stored,
        tenants: counts,
        sitemap_count: report.sitemap_count,
        summoned_count: report.summoned_count,
        graph_urn_count: report.graph_urn_count,
        missing_summon_graph_count: report.missing_summon_graph_count,
        firstMissing: report.missing_summon_graph.slice(0, 10),
      }),
    });
  },
});

export const identifierStatsReport = defineAsset({
  ...REPORT,
  key: "ingest/identifier_stats",
  description: "How the source's documents are identified",
  partitions: sources,
  deps: { summoned: gleanerioRun },
  resources: basics,
  async run({ partition, resources, signal }) {
    const where = {
      store: resources.objectStore,
      bucket: resources.settings.objects.bucket,
      source: partition.key,
      signal,
    };
    const stats = await identifierStats(where);
    const body = reportText(stats);
    const stored = await putReport({ ...where, name: "identifier_stats.json", body, clock: resources.clock });
    return materialization({ metadata: plain({ ...stored, groups: Object.keys(stats.Source).length }) });
  },
});

export const bucketUrlsReport = defineAsset({
  ...REPORT,
  key: "ingest/bucket_urls",
  description: "The page that each document came from",
  partitions: sources,
  deps: { summoned: gleanerioRun },
  resources: basics,
  async run({ partition, resources, signal }) {
    const where = {
      store: resources.objectStore,
      bucket: resources.settings.objects.bucket,
      source: partition.key,
      signal,
    };
    const { body, counts } = bucketUrls(where);
    const stored = await putReport({ ...where, name: "bucketutil_urls.csv", body, clock: resources.clock });
    return materialization({ metadata: plain({ ...stored, ...counts }) });
  },
});

export const graphStatsReport = defineAsset({
  ...REPORT,
  key: "ingest/graph_stats_report",
  description: "Counts over the release: types, keywords, variables, sizes",
  partitions: sources,
  deps: { release: releaseNabuRun },
  resources: basics,
  async run({ partition, inputs, resources, signal }) {
    const where = {
      store: resources.objectStore,
      bucket: resources.settings.objects.bucket,
      source: partition.key,
      clock: resources.clock,
      signal,
    };
    const stats = await graphStats({ ...where, releaseKey: inputs.release.key });
    const stored = await putReport({ ...where, name: "graph_stats.json", body: reportText(stats) });
    return materialization({ metadata: plain({ ...stored, reports: stats.reports.map((part) => part.report) }) });
  },
});
