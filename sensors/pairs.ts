import { encodeProductKey, type PartitionChange, type RecordReader } from "../engine/index.ts";
import { tenantPairs } from "../assets/config/tenant-pairs.ts";
import type { SourcesValue, TenantsValue } from "../assets/ingest/config-assets.ts";
import { sourcesAll, tenantAll } from "../assets/ingest/config-assets.ts";
import { retiredPairs, tenantSources } from "../assets/ingest/partitions.ts";

/** The newest good configuration, as far as there is one. */
export interface Configuration {
  readonly sources: SourcesValue | null;
  readonly tenants: TenantsValue | null;
}

export async function readConfiguration(record: RecordReader): Promise<Configuration> {
  return {
    sources: ((await record.latestValue(sourcesAll)) ?? null) as unknown as SourcesValue | null,
    tenants: ((await record.latestValue(tenantAll)) ?? null) as unknown as TenantsValue | null,
  };
}

export interface PairParams {
  readonly record: RecordReader;
  readonly configuration: Configuration;
  /** The sources and tenants that are active once the tick's own changes are in. */
  readonly activeSources: readonly string[];
  readonly activeTenants: readonly string[];
}

/** What has to change for the pairs to be those that the tenant file and the active sources make. */
export function pairChanges(params: PairParams): {
  readonly changes: readonly PartitionChange[];
  readonly warnings: readonly string[];
} {
  const { record, configuration, activeSources } = params;
  if (configuration.sources === null || configuration.tenants === null) return { changes: [], warnings: [] };
  const active = new Set(params.activeTenants);
  const { pairs, problems } = tenantPairs({
    tenants: configuration.tenants.tenants.filter((tenant) => active.has(tenant.community)),
    activeSources,
    knownSources: configuration.sources.sources.map((source) => source.name),
  });
  const unsettled = new Set(configuration.tenants.unsettled);
  const wanted = new Set(pairs.map((pair) => encodeProductKey([pair.source, pair.tenant])));
  const now = record.activeKeys(tenantSources);
  const has = new Set(now);
  const add = [...wanted].filter((key) => !has.has(key));
  const retire = now.filter((key) => !wanted.has(key) && !isUnsettled(key, unsettled));
  const pruned = new Set(record.activeKeys(retiredPairs));
  return {
    changes: [
      { set: tenantSources, add, retire },
      { set: retiredPairs, add: retire, retire: add.filter((key) => pruned.has(key)) },
    ],
    warnings: problems.map((problem) => problem.message),
  };
}

/** A pair of a tenant that cannot be read just now stays. */
function isUnsettled(key: string, tenants: ReadonlySet<string>): boolean {
  return [...tenants].some((tenant) => key.endsWith(`|${encodeProductKey([tenant])}`));
}
