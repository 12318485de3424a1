/** The built-in location `ingest`: harvesting sources and loading tenants. */
export * from "./checks.ts";
export * from "./config-assets.ts";
export * from "./jobs.ts";
export * from "./loads.ts";
export * from "./namespaces.ts";
export * from "./org-names.ts";
export * from "./partitions.ts";
export * from "./release.ts";
export * from "./reports.ts";
export * from "./resources.ts";
export * from "./summon.ts";
