import { defineSensor, type Job, type ObjectStore, sha256, type TickOutcome } from "../engine/index.ts";
import { type ConfigProblem, formatProblem } from "../assets/config/config-problem.ts";
import type { IngestSettings } from "../assets/config/ingest-settings.ts";
import { readConfigObject } from "../assets/ingest/config-objects.ts";
import { sourcesConfigUpdatedJob, tenantConfigUpdatedJob } from "../assets/ingest/jobs.ts";
import { type ParseConfigFileParams, parseSources, parseTenants } from "../assets/ingest/parse-config.ts";
import { objectStore, settings, workers } from "../assets/ingest/resources.ts";

/** Between looks at the bucket; a store that tells of changes is looked at when it does. */
const POLL_MS = 10_000;

interface ConfigFileSensor {
  readonly name: string;
  readonly what: string;
  readonly job: Job;
  readonly keyOf: (settings: IngestSettings) => string;
  readonly parse: (params: ParseConfigFileParams) => Promise<{ readonly problems: readonly ConfigProblem[] }>;
}

/** What the sensor saw last: the object's ETag, and its content's hash. */
interface Seen {
  readonly etag: string;
  readonly sha256: string;
}

/**
 * Runs a job when a configuration file's content changes. ETag and content are compared, never times: a file restored
 * from a backup, with an older date, is a change (defect 3). A file that is touched but not changed is none.
 */
function configFileSensor({ name, what, job, keyOf, parse }: ConfigFileSensor) {
  return defineSensor({
    name,
    description: `Watches ${what} in the bucket`,
    minIntervalMs: POLL_MS,
    resources: { settings, objectStore, workers },
    async evaluate({ cursor, resources, signal, log }): Promise<TickOutcome> {
      const { bucket } = resources.settings.objects;
      const key = keyOf(resources.settings);
      const seen = cursor === null ? null : (JSON.parse(cursor) as Seen);
      const details = await resources.objectStore.head({ bucket, key, signal });
      if (details === null) return { reason: `there is no ${key} in the bucket "${bucket}"` };
      if (details.etag === seen?.etag) return { reason: `${key} is as it was` };
      const content = await readConfigObject({ store: resources.objectStore, bucket, key, signal });
      if (content === null) return { reason: `${key} has gone while it was read` };
      const now: Seen = { etag: details.etag, sha256: sha256(content) };
      if (now.sha256 === seen?.sha256)
        return { cursor: JSON.stringify(now), reason: `${key} was written again with the same content` };
      const { problems } = await parse({ workers: resources.workers, text: content, file: key, signal });
      for (const problem of problems) log[problem.severity](formatProblem(problem));
      const reason = `${key} ${seen === null ? "was found" : "has changed"}${firstError(problems)}`;
      return { runs: [{ job, reason }], cursor: JSON.stringify(now), reason };
    },
    async watch({ resources, wake }) {
      const { bucket } = resources.settings.objects;
      const watcher = await watchKey(resources.objectStore, { bucket, key: keyOf(resources.settings), wake });
      return watcher;
    },
  });
}

/** The tick says at once what the run will fail on or leave out; its log has every problem. */
function firstError(problems: readonly ConfigProblem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error");
  const [first] = errors;
  if (first === undefined) return "";
  return `, with ${errors.length === 1 ? "an error" : `${errors.length} errors`}: ${formatProblem(first)}`;
}

async function watchKey(
  store: ObjectStore,
  params: { readonly bucket: string; readonly key: string; readonly wake: () => void },
): Promise<Disposable | null> {
  const { bucket, key, wake } = params;
  return (await store.watch?.({ bucket, prefix: key, onChange: wake })) ?? null;
}

export const s3ConfigSourceSensor = configFileSensor({
  name: "s3_config_source_sensor",
  what: "the sources file",
  job: sourcesConfigUpdatedJob,
  keyOf: (all) => all.configFiles.sourcesKey,
  parse: parseSources,
});

/** The name is the one that operators know, two underscores included. */
export const s3ConfigsTenantSensor = configFileSensor({
  name: "s3_configs_tenant__sensor",
  what: "the tenant file",
  job: tenantConfigUpdatedJob,
  keyOf: (all) => all.configFiles.tenantKey,
  parse: parseTenants,
});
