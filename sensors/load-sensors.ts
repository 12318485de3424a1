import { decodeProductKey, defineSensor, type RunRequest, type TickOutcome } from "../engine/index.ts";
import { tenantPruneJob, tenantReleaseJob } from "../assets/ingest/jobs.ts";
import { retiredPairs, sources, tenants, tenantSources } from "../assets/ingest/partitions.ts";
import { uploadSummary } from "../assets/ingest/loads.ts";
import { releaseSummarize } from "../assets/ingest/release.ts";
import { pairChanges, readConfiguration } from "./pairs.ts";

export const tenantSourcesSensor = defineSensor({
  name: "tenant_sources_sensor",
  description: "Loads a pair that appears without summoning again, and prunes one that went (defects 7 and 19)",
  on: [sources, tenants, tenantSources, retiredPairs],
  async evaluate({ cursor, record, log }): Promise<TickOutcome> {
    const since = cursor === null ? 0 : Number(cursor);
    const active = new Set(record.activeKeys(tenantSources));
    const pairs = record.allKeys(tenantSources).filter((pair) => pair.changedAtMs >= since);
    const gone = record.allKeys(retiredPairs).filter((pair) => pair.state === "active" && pair.changedAtMs >= since);
    const changes = pairChanges({
      record,
      configuration: await readConfiguration(record),
      activeSources: record.activeKeys(sources),
      activeTenants: record.activeKeys(tenants),
    });
    for (const warning of changes.warnings) log.warning(warning);
    const loads = pairs.flatMap((pair) => {
      const released = record.isMaterialized(releaseSummarize, sourceOf(pair.key));
      const loadedAtMs = record.materializedAtMs(uploadSummary, pair.key);
      return loadOf(pair, { released, loaded: loadedAtMs !== null && loadedAtMs >= pair.changedAtMs }) ?? [];
    });
    const prunes = gone.flatMap((pair): RunRequest | never[] =>
      active.has(pair.key)
        ? []
        : {
            job: tenantPruneJob,
            partition: pair.key,
            runKey: `prune/${pair.key}/${pair.changedAtMs}`,
            keyPolicy: "until-success",
            reason: `${pair.key} is no pair any more`,
          },
    );
    const newest = Math.max(since, ...pairs.map((pair) => pair.changedAtMs), ...gone.map((pair) => pair.changedAtMs));
    return {
      partitions: changes.changes,
      runs: [...loads, ...prunes],
      cursor: String(newest),
      reason: `${loads.length} pairs to load, ${prunes.length} to prune`,
    };
  },
});

interface PairKey {
  readonly key: string;
  readonly state: "active" | "retired";
  readonly changedAtMs: number;
}

/** A pair whose source has no release yet is loaded when the release is made, and may have been by now. */
function loadOf(pair: PairKey, { released, loaded }: { released: boolean; loaded: boolean }): RunRequest | null {
  if (pair.state === "retired" || !released || loaded) return null;
  return {
    job: tenantReleaseJob,
    set: tenantSources,
    partition: pair.key,
    runKey: `pair/${pair.key}/${pair.changedAtMs}`,
    keyPolicy: "until-success",
    reason: `${pair.key} is a new pair, and the source has a release`,
  };
}

function sourceOf(pair: string): string {
  return decodeProductKey(pair)?.[0] ?? "";
}

/** Registered under the name that operators know. */
export const releaseFileSensor = defineSensor({
  name: "release_file_sensor_v2",
  description: "Loads a source for each of its tenants when its release and summary were made",
  on: [releaseSummarize],
  evaluate({ record, materializations }): TickOutcome {
    const loaded = new Set(record.activeKeys(tenantSources).map(sourceOf));
    const newest = new Map<string, string>();
    for (const made of materializations) if (made.partition !== null) newest.set(made.partition, made.runId);
    const wanted = [...newest].filter(([source]) => loaded.has(source));
    const idle = [...newest.keys()].filter((source) => !loaded.has(source));
    return {
      runs: wanted.map(([source, runId]) => ({
        job: tenantReleaseJob,
        partition: source,
        runKey: `release/${source}/${runId}`,
        reason: `the source ${source} was released in run ${runId}`,
      })),
      reason:
        idle.length === 0
          ? `released: ${[...newest.keys()].join(", ")}`
          : `no tenant has ${idle.join(", ")}; nothing to load`,
    };
  },
});
