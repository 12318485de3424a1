import { dynamicPartitions, productPartitions } from "../../engine/index.ts";

/** Active, named sources of the last valid sources file. */
export const sources = dynamicPartitions("sources", {
  dimension: "source",
  description: "The active sources of gleanerconfig.yaml",
});

/** Communities of the last valid tenant file. */
export const tenants = dynamicPartitions("tenants", {
  dimension: "tenant",
  description: "The communities of tenant.yaml",
});

/** The pairs that the tenant file and the active sources make: what is loaded where. */
export const tenantSources = productPartitions(
  "tenant_sources",
  { source: sources, tenant: tenants },
  { description: "Which source is loaded for which tenant" },
);

/** Pairs that are no more, by the key they had: what has to leave the tenants' namespaces. */
export const retiredPairs = dynamicPartitions("retired_tenant_sources", {
  dimension: "pair",
  description: "Pairs of source and tenant that were taken apart",
});
