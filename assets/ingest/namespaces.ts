import { defineAsset, EngineError, materialization, skip } from "../../engine/index.ts";
import type { TenantConfig } from "../config/tenant-file.ts";
import { tenantAll, type TenantsValue } from "./config-assets.ts";
import { tenants } from "./partitions.ts";
import { settings, summaryTripleStore, tripleStore } from "./resources.ts";

/** The tenant of that name. Throws `config` where the tenant file does not have it any more. */
export function tenantOf(value: unknown, name: string): TenantConfig {
  const tenant = (value as TenantsValue).tenants.find((one) => one.community === name);
  if (tenant === undefined) {
    throw new EngineError("config", `the tenant "${name}" is not in the tenant file any more`, {
      details: { tenant: name },
    });
  }
  return tenant;
}

export const createGraphNamespaces = defineAsset({
  key: "ingest/create_graph_namespaces",
  group: "tenant_create",
  description: "Creates the tenant's namespaces: quads for the graph, triples for the summaries",
  partitions: tenants,
  deps: { tenants: tenantAll },
  resources: { tripleStore, summaryTripleStore },
  retry: { attempts: 3, backoff: "exponential", delayMs: 2000 },
  async run({ partition, inputs, resources, signal }) {
    const { mainNamespace, summaryNamespace } = tenantOf(inputs.tenants, partition.key);
    const main = await resources.tripleStore.createNamespace({ namespace: mainNamespace, kind: "quads", signal });
    const summary = await resources.summaryTripleStore.createNamespace({
      namespace: summaryNamespace,
      kind: "triples",
      signal,
    });
    const namespaces = { main: mainNamespace, summary: summaryNamespace };
    return materialization({ value: namespaces, metadata: { [mainNamespace]: main, [summaryNamespace]: summary } });
  },
});

export const createTenantContainers = defineAsset({
  key: "ingest/create_tenant_containers",
  group: "tenant_create",
  description: "Starts the tenant's portal container",
  partitions: tenants,
  deps: { tenants: tenantAll, namespaces: createGraphNamespaces },
  resources: { settings },
  run({ partition, resources }) {
    const { dockerUrl } = resources.settings.containers;
    return skip(
      dockerUrl === null
        ? `needs Docker: set GLEANERIO_DOCKER_URL to have the portal of ${partition.key} started`
        : `this version of Sheaf does not drive Docker; start the portal of ${partition.key} by hand`,
    );
  },
});
