import { defineSensor, type RunRequest, type TickOutcome } from "../engine/index.ts";
import { sourcesNamesActive, tenantNames } from "../assets/ingest/config-assets.ts";
import { summonAndReleaseJob, tenantNamespacesJob } from "../assets/ingest/jobs.ts";
import { createGraphNamespaces } from "../assets/ingest/namespaces.ts";
import { sources, tenants } from "../assets/ingest/partitions.ts";
import { gleanerioRun } from "../assets/ingest/summon.ts";
import { pairChanges, readConfiguration } from "./pairs.ts";

interface Difference {
  readonly add: readonly string[];
  readonly retire: readonly string[];
  /** Active once the change is in. */
  readonly after: readonly string[];
}

function difference(params: {
  wanted: readonly string[];
  now: readonly string[];
  unsettled: readonly string[];
}): Difference {
  const wanted = new Set(params.wanted);
  const keep = new Set(params.unsettled);
  const has = new Set(params.now);
  const add = params.wanted.filter((key) => !has.has(key));
  const retire = params.now.filter((key) => !wanted.has(key) && !keep.has(key));
  const gone = new Set(retire);
  return { add, retire, after: [...params.now.filter((key) => !gone.has(key)), ...add] };
}

function describe(what: string, { add, retire }: Difference): string {
  const parts = [
    ...(add.length > 0 ? [`new: ${add.join(", ")}`] : []),
    ...(retire.length > 0 ? [`gone: ${retire.join(", ")}`] : []),
  ];
  return parts.length === 0 ? `the ${what} are as they were` : `${what} ${parts.join("; ")}`;
}

export const sourcesSensor = defineSensor({
  name: "sources_sensor",
  description: "Adds and retires source partitions, and summons each new source",
  on: [sourcesNamesActive],
  async evaluate({ record, materializations, log }): Promise<TickOutcome> {
    const configuration = await readConfiguration(record);
    if (configuration.sources === null) return { reason: "the sources file was never read" };
    const change = difference({
      wanted: configuration.sources.active,
      now: record.activeKeys(sources),
      unsettled: configuration.sources.unsettled,
    });
    const pairs = pairChanges({
      record,
      configuration,
      activeSources: change.after,
      activeTenants: record.activeKeys(tenants),
    });
    for (const warning of pairs.warnings) log.warning(warning);
    const readIn = materializations.at(-1)?.runId ?? "";
    return {
      partitions: [{ set: sources, add: change.add, retire: change.retire }, ...pairs.changes],
      runs: change.after.flatMap(
        (source) => firstSummon(source, { record, added: change.add.includes(source), readIn }) ?? [],
      ),
      reason: describe("sources", change),
    };
  },
});

interface FirstSummonParams {
  readonly record: { isMaterialized(asset: typeof gleanerioRun, partition: string): boolean };
  readonly added: boolean;
  readonly readIn: string;
}

/**
 * A source that was never summoned is asked for until a summon succeeds (defect 2: its key does not block another try
 * after a failure); one that comes back is summoned once for its return.
 */
function firstSummon(source: string, { record, added, readIn }: FirstSummonParams): RunRequest | null {
  const summoned = record.isMaterialized(gleanerioRun, source);
  if (summoned && !added) return null;
  return {
    job: summonAndReleaseJob,
    partition: source,
    runKey: summoned ? `back/${source}/${readIn}` : `first/${source}`,
    keyPolicy: summoned ? "once" : "until-success",
    reason: summoned ? `the source ${source} is active again` : `the source ${source} was never summoned`,
  };
}

export const tenantNamesSensor = defineSensor({
  name: "tenant_names_sensor",
  description: "Adds and retires tenant partitions, and creates each new tenant's namespaces",
  on: [tenantNames],
  async evaluate({ record, materializations, log }): Promise<TickOutcome> {
    const configuration = await readConfiguration(record);
    if (configuration.tenants === null) return { reason: "the tenant file was never read" };
    const change = difference({
      wanted: configuration.tenants.tenants.map((tenant) => tenant.community),
      now: record.activeKeys(tenants),
      unsettled: configuration.tenants.unsettled,
    });
    const pairs = pairChanges({
      record,
      configuration,
      activeSources: record.activeKeys(sources),
      activeTenants: change.after,
    });
    for (const warning of pairs.warnings) log.warning(warning);
    const readIn = materializations.at(-1)?.runId ?? "";
    const missing = change.after.filter(
      (tenant) => change.add.includes(tenant) || !record.isMaterialized(createGraphNamespaces, tenant),
    );
    return {
      partitions: [{ set: tenants, add: change.add, retire: change.retire }, ...pairs.changes],
      runs: missing.map((tenant) => ({
        job: tenantNamespacesJob,
        partition: tenant,
        runKey: `namespaces/${tenant}/${readIn}`,
        reason: `the tenant ${tenant} is new`,
      })),
      reason: describe("tenants", change),
    };
  },
});
