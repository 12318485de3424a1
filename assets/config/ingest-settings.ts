import { booleanOf } from "./config-map.ts";
import { secret } from "./secret.ts";
import type { Secret } from "./secret.ts";
import { settingTable } from "./setting-table.ts";

/** What the environment says about one project, typed. Defaults stand where nothing was said. */
export interface IngestSettings {
  readonly project: string;
  readonly host: string | null;
  readonly schedHostname: string;
  readonly objects: ObjectSettings;
  readonly configFiles: ConfigFileSettings;
  /** Raw prefix of log keys, `scheduler/logs/`. */
  readonly logPrefix: string;
  readonly graph: GraphSettings;
  readonly containers: ContainerSettings;
  readonly schedule: { readonly cron: string; readonly timeZone: string };
  readonly ecrr: { readonly bucket: string | null; readonly namespace: string | null };
  readonly slack: { readonly channel: string; readonly token: Secret } | null;
  /** The sheet that `report_stats.json` takes titles and descriptions from. */
  readonly csvConfigUrl: string | null;
  /** `GLEANERIO_WORKSPACE_CONFIG_PATH`, where it is no file of Dagster's. */
  readonly workspacePath: string | null;
}

export type ObjectSettings =
  | { readonly kind: "folder"; readonly bucket: string }
  | {
      readonly kind: "s3";
      readonly bucket: string;
      readonly host: string;
      readonly port: number;
      readonly useSsl: boolean;
      readonly accessKey: Secret;
      readonly secretKey: Secret;
    };

export interface ConfigFileSettings {
  /** Ends in `/`. */
  readonly folder: string;
  readonly sourcesKey: string;
  readonly tenantKey: string;
  readonly nabuKey: string;
}

export interface GraphSettings {
  /** Null means the embedded triplestore. No slash at the end. */
  readonly url: string | null;
  /** The server of the summary namespaces; `url` unless set. */
  readonly summaryUrl: string | null;
  readonly namespace: string | null;
  readonly summaryNamespace: string | null;
  /** Whether the task reports over the whole graph are made. */
  readonly summarize: boolean;
  readonly login: { readonly username: string; readonly password: Secret } | null;
}

export interface ContainerSettings {
  /** Null means no Docker: the embedded harvester. */
  readonly dockerUrl: string | null;
  readonly portainerKey: Secret | null;
  readonly network: string;
  /** Names, and name prefixes, of the Docker configs. */
  readonly gleanerConfig: string;
  readonly nabuConfig: string;
  readonly gleanerImage: string;
  readonly nabuImage: string;
  /** Where the configs are mounted. */
  readonly gleanerConfigPath: string;
  readonly nabuConfigPath: string;
  /** No slash at the end, on which gleaner panics. */
  readonly headlessEndpoint: string;
  /** How often a running container's logs are stored. */
  readonly progressIntervalMs: number;
  /** Ended containers and services are left for inspection. */
  readonly keepContainers: boolean;
}

/** Builds the settings from values that have passed their tests; what is not given has its default. */
export function ingestSettings(given: ReadonlyMap<string, string>): IngestSettings {
  const fallbacks = new Map(settingTable.map((row) => [row.name, row.fallback]));
  const maybe = (name: string): string | null => given.get(name) ?? fallbacks.get(name) ?? null;
  const text = (name: string): string => maybe(name) ?? "";
  const flag = (name: string): boolean => booleanOf(text(name)) ?? false;
  const hidden = (name: string): Secret | null => (given.has(name) ? secret(text(name)) : null);
  const project = text("PROJECT");
  const folder = `${text("GLEANERIO_CONFIG_PATH").replace(/^\/+|\/+$/g, "")}/`.replace(/^\/$/, "");
  const slackToken = hidden("SLACK_TOKEN");
  return Object.freeze({
    project,
    host: maybe("HOST"),
    schedHostname: text("SCHED_HOSTNAME"),
    objects: objectsOf(given),
    configFiles: Object.freeze({
      folder,
      sourcesKey: `${folder}${text("GLEANERIO_SOURCES_FILENAME")}`,
      tenantKey: `${folder}${text("GLEANERIO_TENANT_FILENAME")}`,
      nabuKey: `${folder}nabuconfig.yaml`,
    }),
    logPrefix: text("GLEANERIO_LOG_PREFIX").replace(/^\/+/, ""),
    graph: graphOf(maybe, {
      summarize: flag("GLEANERIO_GRAPH_SUMMARIZE"),
      password: hidden("GLEANERIO_GRAPH_PASSWORD"),
    }),
    containers: Object.freeze({
      dockerUrl: maybe("GLEANERIO_DOCKER_URL"),
      portainerKey: hidden("GLEANERIO_PORTAINER_APIKEY"),
      network: text("GLEANERIO_DOCKER_HEADLESS_NETWORK"),
      // The pattern that the scheduler's `.env` suggests.
      gleanerConfig: maybe("GLEANERIO_DOCKER_GLEANER_CONFIG") ?? `gleaner-${project}`,
      nabuConfig: maybe("GLEANERIO_DOCKER_NABU_CONFIG") ?? `nabu-${project}`,
      gleanerImage: text("GLEANERIO_GLEANER_IMAGE"),
      nabuImage: text("GLEANERIO_NABU_IMAGE"),
      gleanerConfigPath: text("GLEANERIO_GLEANER_CONFIG_PATH"),
      nabuConfigPath: text("GLEANERIO_NABU_CONFIG_PATH"),
      headlessEndpoint: text("GLEANERIO_HEADLESS_ENDPOINT").replace(/\/+$/, ""),
      progressIntervalMs: Number(text("GLEANERIO_DOCKER_CONTAINER_WAIT_TIMEOUT")) * 1_000,
      keepContainers: flag("DEBUG_CONTAINER"),
    }),
    schedule: Object.freeze({
      cron: text("GLEANERIO_DEFAULT_SCHEDULE"),
      timeZone: text("GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE"),
    }),
    ecrr: Object.freeze({ bucket: maybe("ECRR_MINIO_BUCKET"), namespace: maybe("ECRR_GRAPH_NAMESPACE") }),
    slack: slackToken === null ? null : Object.freeze({ channel: text("SLACK_CHANNEL"), token: slackToken }),
    csvConfigUrl: maybe("GLEANERIO_CSV_CONFIG_URL"),
    workspacePath: maybe("GLEANERIO_WORKSPACE_CONFIG_PATH"),
  });
}

/** `GLEANERIO_MINIO_ADDRESS` may carry the port (`host:9000`), as it may today where the port's variable is empty. */
function objectsOf(given: ReadonlyMap<string, string>): ObjectSettings {
  const bucket = given.get("GLEANERIO_MINIO_BUCKET") ?? "gleaner";
  const address = given.get("GLEANERIO_MINIO_ADDRESS");
  if (address === undefined) return Object.freeze({ kind: "folder", bucket });
  const [, host = address, portInAddress] = /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
  // Today's code takes an unset variable as true.
  const useSsl = booleanOf(given.get("GLEANERIO_MINIO_USE_SSL") ?? "true") ?? true;
  return Object.freeze({
    kind: "s3",
    bucket,
    host,
    port: Number(given.get("GLEANERIO_MINIO_PORT") ?? portInAddress ?? (useSsl ? 443 : 80)),
    useSsl,
    accessKey: secret(given.get("GLEANERIO_MINIO_ACCESS_KEY") ?? ""),
    secretKey: secret(given.get("GLEANERIO_MINIO_SECRET_KEY") ?? ""),
  });
}

type Lookup = (name: string) => string | null;

function graphOf(
  maybe: Lookup,
  { summarize, password }: { summarize: boolean; password: Secret | null },
): GraphSettings {
  const base = (name: string): string | null => maybe(name)?.replace(/\/+$/, "") ?? null;
  const url = base("GLEANERIO_GRAPH_URL");
  const namespace = maybe("GLEANERIO_GRAPH_NAMESPACE");
  const username = maybe("GLEANERIO_GRAPH_USERNAME");
  return Object.freeze({
    url,
    summaryUrl: url === null ? null : (base("GLEANERIO_GRAPH_SUMMARY_ENDPOINT") ?? url),
    namespace,
    // The scheduler's templates take it so.
    summaryNamespace:
      maybe("GLEANERIO_GRAPH_SUMMARY_NAMESPACE") ?? (namespace === null ? null : `${namespace}_summary`),
    summarize,
    login: username === null || password === null ? null : Object.freeze({ username, password }),
  });
}
