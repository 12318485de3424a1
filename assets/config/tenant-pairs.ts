import { problemLog } from "./config-problem.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { quoted } from "./partition-name.ts";
import type { TenantConfig, TenantFile } from "./tenant-file.ts";

/** A source whose release is loaded into a tenant's namespaces. */
export interface TenantPair {
  readonly source: string;
  readonly tenant: string;
}

export interface TenantPairs {
  /** In the tenants' order; within a tenant in the order of the active sources. Each pair once. */
  readonly pairs: readonly TenantPair[];
  readonly problems: readonly ConfigProblem[];
}

export interface TenantPairsParams {
  readonly tenants: readonly TenantConfig[];
  readonly activeSources: readonly string[];
  /** All sources of the sources file, so that a message can tell an inactive source from an unknown one. */
  readonly knownSources?: readonly string[] | undefined;
  /** Gives the warnings their file and lines. */
  readonly tenantFile?: Pick<TenantFile, "file" | "lines"> | undefined;
}

/**
 * The pairs that the tenant file and the active sources make. `all` beside named sources gives each pair once
 * (Dagster's assets load them twice); a name that is no active source is a warning, not an error, as either file may
 * be edited first.
 */
export function tenantPairs({ tenants, activeSources, knownSources = [], tenantFile }: TenantPairsParams): TenantPairs {
  const active = [...new Set(activeSources)];
  const isActive = new Set(active);
  const isKnown = new Set(knownSources);
  const problems = problemLog(tenantFile?.file ?? "tenant.yaml");
  const pairs = tenants.flatMap((tenant) => {
    const named = new Set(tenant.sources);
    for (const source of named) {
      if (isActive.has(source)) continue;
      const what = isKnown.has(source) ? "is not active" : "is not among the sources";
      const line = tenantFile?.lines.get(tenant.community)?.sources.get(source) ?? null;
      problems.warning(line, `tenant ${tenant.community}: the source ${quoted(source)} ${what}, so it is not loaded`);
    }
    const loaded = tenant.allSources ? active : active.filter((source) => named.has(source));
    return loaded.map((source) => Object.freeze({ source, tenant: tenant.community }));
  });
  return Object.freeze({ pairs: Object.freeze(pairs), problems: problems.finish() });
}
