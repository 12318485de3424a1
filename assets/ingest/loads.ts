import {
  decodeProductKey,
  defineAsset,
  EngineError,
  isEngineError,
  materialization,
  type TripleStore,
} from "../../engine/index.ts";
import type { TenantConfig } from "../config/tenant-file.ts";
import { graphUrnPrefix, releaseKey, summaryKey } from "../harvest/keys.ts";
import { tenantAll, tenantNames } from "./config-assets.ts";
import { plain } from "./harvest-log.ts";
import { createGraphNamespaces, tenantOf } from "./namespaces.ts";
import { readOrgName } from "./org-name.ts";
import { retiredPairs, tenantSources } from "./partitions.ts";
import { releaseNabuRun, releaseSummarize } from "./release.ts";
import { objectStore, settings, summaryTripleStore, tripleStore } from "./resources.ts";

const LOAD_TIMEOUT_MS = 3 * 3_600_000;
const RETRY = { attempts: 3, backoff: "exponential", delayMs: 2000 } as const;

/** What of a namespace belongs to a source, and so what a load of it replaces (defect 4). */
function scopeOf(params: { readonly unit: string; readonly source: string; readonly orgName: string }) {
  return { unit: `${params.unit}/${params.source}`, prefixes: [graphUrnPrefix(params.orgName, params.source)] };
}

export const uploadRelease = defineAsset({
  key: "ingest/upload_release",
  group: "tenant_load",
  description: "Loads the source's release into the tenant's main namespace, in place of what was there of it",
  partitions: tenantSources,
  deps: { release: releaseNabuRun, tenants: tenantAll, names: tenantNames, namespaces: createGraphNamespaces },
  resources: { settings, objectStore, tripleStore },
  pool: "load",
  retry: RETRY,
  timeoutMs: LOAD_TIMEOUT_MS,
  async run({ partition, inputs, resources, signal, log }) {
    const { source, tenant } = partition.parts;
    const namespace = tenantOf(inputs.tenants, tenant).mainNamespace;
    await resources.tripleStore.createNamespace({ namespace, kind: "quads", signal });
    const { bucket } = resources.settings.objects;
    const { body } = await resources.objectStore.get({ bucket, key: releaseKey(source), signal });
    const { orgName } = inputs.release;
    const scope = scopeOf({ unit: "release", source, orgName });
    const loaded = await resources.tripleStore.replace({
      namespace,
      scope,
      format: "application/n-quads",
      body,
      signal,
    });
    log.info(loadedText(`the release of ${source}`, { namespace, ...loaded }));
    // The value of a release from before its documents were counted in it leaves the field out.
    return materialization({
      metadata: plain({ namespace, orgName, releasedDocuments: inputs.release.documents, ...loaded }),
    });
  },
});

export const uploadSummary = defineAsset({
  key: "ingest/upload_summary",
  group: "tenant_load",
  description: "Loads the source's summary into the tenant's summary namespace, in place of what was there of it",
  partitions: tenantSources,
  deps: { summary: releaseSummarize, tenants: tenantAll, names: tenantNames, namespaces: createGraphNamespaces },
  resources: { settings, objectStore, summaryTripleStore },
  pool: "load",
  retry: RETRY,
  timeoutMs: LOAD_TIMEOUT_MS,
  async run({ partition, inputs, resources, signal, log }) {
    const { source, tenant } = partition.parts;
    const namespace = tenantOf(inputs.tenants, tenant).summaryNamespace;
    await resources.summaryTripleStore.createNamespace({ namespace, kind: "triples", signal });
    const { bucket } = resources.settings.objects;
    const { body } = await resources.objectStore.get({ bucket, key: summaryKey(source), signal });
    const scope = scopeOf({ unit: "summary", source, orgName: await readOrgName({ ...resources, signal, log }) });
    const loaded = await resources.summaryTripleStore.replace({
      namespace,
      scope,
      format: "text/turtle",
      body,
      signal,
    });
    log.info(loadedText(`the summary of ${source}`, { namespace, ...loaded }));
    return materialization({ metadata: plain({ namespace, ...loaded }) });
  },
});

type Loaded = Awaited<ReturnType<TripleStore["replace"]>> & { readonly namespace: string };

function loadedText(what: string, outcome: Loaded): string {
  const { namespace, statements, replaced, goneGraphCount } = outcome;
  const gone = goneGraphCount === 0 ? "" : `; ${goneGraphCount} graphs are gone`;
  return `loaded ${what} into ${namespace}: ${statements} statements in place of ${replaced}${gone}`;
}

/** Not under ingest/: its partitions are the pairs that are no more. */
export const prunedPair = defineAsset({
  key: "prune/tenant_source",
  group: "tenant_load",
  description: "Drops the graphs of a pair that is no more from the tenant's namespaces, and lists them (defect 7)",
  partitions: retiredPairs,
  deps: { tenants: tenantAll },
  resources: { settings, objectStore, tripleStore, summaryTripleStore },
  pool: "load",
  retry: RETRY,
  timeoutMs: LOAD_TIMEOUT_MS,
  async run({ partition, inputs, resources, signal, log }) {
    const [source, name] = decodeProductKey(partition.key) ?? [];
    if (source === undefined || name === undefined) {
      throw new EngineError("invalid_request", `${partition.key} is no pair; expected source|tenant`);
    }
    const tenant = findTenant(inputs.tenants, name);
    if (tenant === null) {
      return materialization({
        metadata: { source, tenant: name, note: "the tenant is gone; its namespaces were left as they are" },
      });
    }
    const orgName = await readOrgName({ ...resources, signal, log });
    const main = await removeFrom(resources.tripleStore, {
      namespace: tenant.mainNamespace,
      scope: scopeOf({ unit: "release", source, orgName }),
      signal,
    });
    const summary = await removeFrom(resources.summaryTripleStore, {
      namespace: tenant.summaryNamespace,
      scope: scopeOf({ unit: "summary", source, orgName }),
      signal,
    });
    log.info(`removed ${main.graphCount} graphs of ${source} from ${tenant.mainNamespace}`, {
      graphs: main.graphs.slice(0, 100),
    });
    log.info(`removed ${summary.graphCount} summaries of ${source} from ${tenant.summaryNamespace}`);
    const shown = { ...main, graphs: main.graphs.slice(0, 100) };
    return materialization({
      value: plain({ main, summary }),
      metadata: plain({ source, tenant: name, removed: shown, removedSummaries: summary.graphCount }),
    });
  },
});

function findTenant(value: unknown, name: string): TenantConfig | null {
  try {
    return tenantOf(value, name);
  } catch (error) {
    if (isEngineError(error, "config")) return null;
    throw error;
  }
}

/** A namespace that is gone holds nothing to remove. */
async function removeFrom(store: TripleStore, params: Parameters<TripleStore["remove"]>[0]) {
  try {
    return await store.remove(params);
  } catch (error) {
    if (isEngineError(error, "namespace_not_found")) return { statements: 0, graphs: [], graphCount: 0 };
    throw error;
  }
}
