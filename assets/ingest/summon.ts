import {
  defineAsset,
  EngineError,
  type JsonObject,
  materialization,
  sha256,
  canonicalJson,
} from "../../engine/index.ts";
import { checkSitemap } from "../harvest/check-sitemap.ts";
import type { HarvestConfig, SourceConfig } from "../harvest/source-config.ts";
import { summonSource } from "../harvest/summon.ts";
import { type SourcesValue, sourcesAll, sourcesNamesActive } from "./config-assets.ts";
import { harvestLog, plain } from "./harvest-log.ts";
import { sources } from "./partitions.ts";
import { clock, fetcher, ids, objectStore, settings, workers } from "./resources.ts";

/** What a source's later steps need of the configuration, so that they depend on their own source alone. */
export interface CheckedSource {
  readonly source: SourceConfig;
  readonly harvest: HarvestConfig;
}

const SUMMON_TIMEOUT_MS = 24 * 3_600_000;
const RETRY = { attempts: 3, backoff: "exponential", delayMs: 5000 } as const;

export const validateSitemapUrl = defineAsset({
  key: "ingest/validate_sitemap_url",
  group: "load",
  description: "Fails early where the source's sitemap does not answer",
  partitions: sources,
  deps: { names: sourcesNamesActive, all: sourcesAll },
  resources: { fetcher },
  timeoutMs: 5 * 60_000,
  async run({ partition, inputs, resources, signal, log }) {
    const checked = checkedSource(inputs.all as unknown as SourcesValue, partition.key);
    const check = await checkSitemap({ source: checked.source, fetcher: resources.fetcher, signal });
    if (!check.ok) {
      throw new EngineError("harvest", check.message, {
        retryable: check.retryable,
        details: { source: partition.key, url: checked.source.url, status: check.status, reason: check.reason },
      });
    }
    for (const warning of check.warnings) log.warning(warning);
    const value = plain(checked);
    return materialization({
      value,
      dataVersion: sha256(canonicalJson(value)),
      metadata: { url: checked.source.url, pages: check.count, atLeast: check.atLeast, said: check.message },
    });
  },
});

function checkedSource(all: SourcesValue, name: string): CheckedSource {
  const source = all.sources.find((one) => one.name === name);
  if (source === undefined) {
    throw new EngineError("config", `the source "${name}" is not in the sources file any more`, {
      details: { source: name },
    });
  }
  return { source, harvest: all.harvest };
}

export const gleanerioRun = defineAsset({
  key: "ingest/gleanerio_run",
  group: "load",
  description: "Summons the source: its pages' JSON-LD into the bucket",
  partitions: sources,
  deps: { sitemap: validateSitemapUrl },
  resources: { settings, objectStore, fetcher, workers, clock, ids },
  pool: "harvest",
  retry: RETRY,
  timeoutMs: SUMMON_TIMEOUT_MS,
  async run({ inputs, resources, signal, log, report }) {
    const { source, harvest } = inputs.sitemap as unknown as CheckedSource;
    const { bucket } = resources.settings.objects;
    const summoned = await summonSource({
      ...resources,
      source,
      harvest,
      bucket,
      store: resources.objectStore,
      signal,
      prune: true,
      onProgress: (progress) => report(plain(progress)),
      log: harvestLog(log),
    });
    const { dataVersion, ...facts } = summoned;
    return materialization({ value: summonedValue(facts), metadata: plain(shortened(facts)), dataVersion });
  },
});

type Summoned = Omit<Awaited<ReturnType<typeof summonSource>>, "dataVersion">;

function summonedValue(facts: Summoned): JsonObject {
  return plain(facts);
}

const MAX_SHOWN_FAILURES = 10;

/** Metadata is for reading: the first failures, and how many there are. The value holds the whole report. */
function shortened(facts: Summoned): object {
  const { failures, problems, duplicates, gone, ...counts } = facts;
  return {
    ...counts,
    firstFailures: failures.slice(0, MAX_SHOWN_FAILURES),
    problems: problems.count,
    duplicates: duplicates.count,
    gone: gone.count,
  };
}
