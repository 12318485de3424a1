import { defineMultiAsset, type JsonObject, materialization } from "../../engine/index.ts";
import { formatProblem } from "../config/config-problem.ts";
import type { TenantConfig } from "../config/tenant-file.ts";
import { checkSitemap } from "../harvest/check-sitemap.ts";
import type { Fetcher } from "../harvest/fetcher.ts";
import { forEachLimited } from "../harvest/flow/stages.ts";
import type { HarvestConfig, SourceConfig } from "../harvest/source-config.ts";
import { missingConfig, problemMetadata, readConfigObject, unusableConfig } from "./config-objects.ts";
import { parseSources, parseTenants } from "./parse-config.ts";
import { clock, fetcher, objectStore, settings, workers } from "./resources.ts";

/** What `ingest/sources_all` keeps: everything that later steps need of the sources file. */
export interface SourcesValue {
  readonly sources: readonly SourceConfig[];
  readonly active: readonly string[];
  /** Named, but it cannot be read whether they are active: neither add nor retire them. */
  readonly unsettled: readonly string[];
  readonly harvest: HarvestConfig;
}

export interface TenantsValue {
  readonly tenants: readonly TenantConfig[];
  readonly unsettled: readonly string[];
}

/** Sitemaps are looked at beside the reading, for a warning only; it must not hold up the sources that are well. */
const SITEMAP_CHECKS_MS = 10_000;
const SITEMAP_CHECKS_AT_ONCE = 16;

export const sourcesAssets = defineMultiAsset({
  assets: {
    all: { key: "ingest/sources_all", group: "configs", description: "The sources of gleanerconfig.yaml" },
    active: { key: "ingest/sources_names_active", group: "configs", description: "The names of the active sources" },
    invalid: {
      key: "ingest/sources_names_invalid_sitemap",
      group: "configs",
      description: "Active sources whose sitemap does not answer; a warning that retires nothing",
    },
  },
  resources: { settings, objectStore, fetcher, workers, clock },
  async run({ resources, signal, log }) {
    const { bucket } = resources.settings.objects;
    const key = resources.settings.configFiles.sourcesKey;
    const text = await readConfigObject({ store: resources.objectStore, bucket, key, signal });
    if (text === null) throw missingConfig({ bucket, key });
    const file = await parseSources({ workers: resources.workers, text, file: key, signal });
    for (const problem of file.problems) log[problem.severity](formatProblem(problem));
    if (file.sources === undefined) throw unusableConfig(file.problems);
    const { sources, active, unsettled, harvest } = file;
    const value: SourcesValue = { sources, active, unsettled, harvest };
    const checks = await checkSitemaps(sources, { ...resources, signal });
    return {
      all: materialization({
        value: value as unknown as JsonObject,
        metadata: { sources: sources.length, active: active.length, ...problemMetadata(file.problems) },
      }),
      active: materialization({ value: active, metadata: { count: active.length } }),
      invalid: materialization({
        value: checks.invalid.map((one) => one.name),
        metadata: {
          count: checks.invalid.length,
          notChecked: checks.notChecked,
          reasons: checks.invalid.map((one) => one.message),
        },
      }),
    };
  },
});

interface CheckParams {
  readonly fetcher: Fetcher;
  readonly clock: { sleep(ms: number, signal?: AbortSignal): Promise<void> };
  readonly signal: AbortSignal;
}

async function checkSitemaps(all: readonly SourceConfig[], params: CheckParams) {
  const invalid: { name: string; message: string }[] = [];
  let checked = 0;
  const sources = all.filter((source) => source.active);
  const enough = new AbortController();
  const signal = AbortSignal.any([params.signal, enough.signal]);
  const timer = params.clock.sleep(SITEMAP_CHECKS_MS, signal).then(
    () => enough.abort(),
    () => {},
  );
  try {
    await forEachLimited(sources, {
      limit: SITEMAP_CHECKS_AT_ONCE,
      work: async (source) => {
        const check = await checkSitemap({ source, fetcher: params.fetcher, signal });
        checked++;
        if (!check.ok) invalid.push({ name: source.name, message: `${source.name}: ${check.message}` });
      },
    });
  } catch (error) {
    params.signal.throwIfAborted();
    if (!enough.signal.aborted) throw error;
  }
  enough.abort();
  await timer;
  invalid.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { invalid, notChecked: sources.length - checked };
}

export const tenantAssets = defineMultiAsset({
  assets: {
    all: { key: "ingest/tenant_all", group: "configs", description: "The communities of tenant.yaml" },
    names: { key: "ingest/tenant_names", group: "configs", description: "The communities' names" },
  },
  resources: { settings, objectStore, workers },
  async run({ resources, signal, log }) {
    const { bucket } = resources.settings.objects;
    const key = resources.settings.configFiles.tenantKey;
    const text = await readConfigObject({ store: resources.objectStore, bucket, key, signal });
    if (text === null) throw missingConfig({ bucket, key });
    const file = await parseTenants({ workers: resources.workers, text, file: key, signal });
    for (const problem of file.problems) log[problem.severity](formatProblem(problem));
    if (file.tenants === undefined) throw unusableConfig(file.problems);
    const value: TenantsValue = { tenants: file.tenants, unsettled: file.unsettled };
    return {
      all: materialization({
        value: value as unknown as JsonObject,
        metadata: { tenants: file.tenants.length, ...problemMetadata(file.problems) },
      }),
      names: materialization({ value: file.names, metadata: { count: file.names.length } }),
    };
  },
});

export const sourcesAll = sourcesAssets.all;
export const sourcesNamesActive = sourcesAssets.active;
export const tenantAll = tenantAssets.all;
export const tenantNames = tenantAssets.names;
