import { booleanOf } from "./config-map.ts";

/** An environment variable that today's deployments know (domain.md §6). */
export interface Setting {
  readonly name: string;
  /** What an unset variable stands for; null where that depends on others or means "none". */
  readonly fallback: string | null;
  readonly secret: boolean;
  /** Said where a value does not pass `test`. */
  readonly expected: string;
  readonly test: (text: string) => boolean;
  /** Why Sheaf has no use for it; null where it has. */
  readonly unused: string | null;
}

interface Form {
  readonly expected: string;
  readonly test: (text: string) => boolean;
}

const MAX_WAIT_S = 86_400;

const anyText: Form = { expected: "text", test: () => true };
const trueOrFalse: Form = { expected: "true or false", test: (text) => booleanOf(text) !== null };
const port: Form = { expected: "a port number, 1 to 65535", test: (text) => isWhole(text, 65_535) };
const seconds: Form = { expected: `whole seconds, 1 to ${MAX_WAIT_S}`, test: (text) => isWhole(text, MAX_WAIT_S) };
const webAddress: Form = { expected: "an address such as https://host/path", test: isWebAddress };
const name: Form = {
  expected: 'a name of letters, digits, "_", "-" and "."',
  test: (text) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text),
};
const bucket: Form = {
  expected: "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens",
  test: (text) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text),
};
const host: Form = {
  expected: "a host, or host:port, without http://",
  test: (text) => /^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(text),
};
const fileName: Form = {
  expected: "a file's name, without a folder",
  test: (text) => !text.includes("/") && text !== "." && text !== "..",
};
const folder: Form = {
  expected: 'a folder in the bucket, such as "scheduler/configs/"',
  test: (text) => text.split("/").every((part) => part !== "." && part !== ".."),
};
const dockerAddress: Form = {
  expected: "unix:///var/run/docker.sock, tcp://host:2375, or http(s)://… (Portainer: …/api/endpoints/N/docker/)",
  test: (text) => text.startsWith("/") || /^(?:unix:\/\/\/|tcp:\/\/)./.test(text) || isWebAddress(text),
};
const graphAddress: Form = {
  expected: "the triplestore's base address, without /namespace/… and without a login (GLEANERIO_GRAPH_USERNAME)",
  test: (text) => isWebAddress(text) && !text.includes("/namespace/") && !text.includes("@"),
};
const cron: Form = {
  expected: "five fields (minute hour day month weekday), or @hourly, @daily, @weekly, @monthly, @yearly",
  test: (text) =>
    /^@(?:hourly|daily|midnight|weekly|monthly|yearly|annually)$/.test(text) || /^(?:\S+\s+){4}\S+$/.test(text),
};
const timeZone: Form = { expected: "a time zone such as America/Los_Angeles", test: isTimeZone };

function isWhole(text: string, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= max;
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function setting(named: string, form: Form, fallback: string | null = null): Setting {
  return Object.freeze({ name: named, fallback, secret: false, unused: null, ...form });
}

function credential(named: string): Setting {
  return Object.freeze({ name: named, fallback: null, secret: true, unused: null, ...anyText });
}

function unused(named: string, reason: string): Setting {
  return Object.freeze({ name: named, fallback: null, secret: false, unused: reason, ...anyText });
}

const dagsterOnly = "only Dagster's stack uses it";

export const settingTable: readonly Setting[] = Object.freeze([
  setting("PROJECT", name, "eco"),
  setting("HOST", host),
  setting("SCHED_HOSTNAME", name, "sched"),
  setting("DEBUG_CONTAINER", trueOrFalse, "false"),
  setting("GLEANERIO_MINIO_ADDRESS", host),
  setting("GLEANERIO_MINIO_PORT", port),
  setting("GLEANERIO_MINIO_USE_SSL", trueOrFalse, "true"),
  setting("GLEANERIO_MINIO_BUCKET", bucket, "gleaner"),
  credential("GLEANERIO_MINIO_ACCESS_KEY"),
  credential("GLEANERIO_MINIO_SECRET_KEY"),
  setting("GLEANERIO_CONFIG_PATH", folder, "scheduler/configs/"),
  setting("GLEANERIO_SOURCES_FILENAME", fileName, "gleanerconfig.yaml"),
  setting("GLEANERIO_TENANT_FILENAME", fileName, "tenant.yaml"),
  setting("GLEANERIO_LOG_PREFIX", folder, "scheduler/logs/"),
  setting("GLEANERIO_GRAPH_URL", graphAddress),
  setting("GLEANERIO_GRAPH_NAMESPACE", name),
  setting("GLEANERIO_GRAPH_SUMMARY_ENDPOINT", graphAddress),
  setting("GLEANERIO_GRAPH_SUMMARY_NAMESPACE", name),
  setting("GLEANERIO_GRAPH_SUMMARIZE", trueOrFalse, "false"),
  setting("GLEANERIO_GRAPH_USERNAME", anyText),
  credential("GLEANERIO_GRAPH_PASSWORD"),
  setting("GLEANERIO_DOCKER_URL", dockerAddress),
  credential("GLEANERIO_PORTAINER_APIKEY"),
  setting("GLEANERIO_DOCKER_HEADLESS_NETWORK", name, "headless_gleanerio"),
  setting("GLEANERIO_DOCKER_GLEANER_CONFIG", name),
  setting("GLEANERIO_DOCKER_NABU_CONFIG", name),
  setting("GLEANERIO_DOCKER_CONTAINER_WAIT_TIMEOUT", seconds, "300"),
  setting("GLEANERIO_GLEANER_IMAGE", anyText, "nsfearthcube/gleaner:dev_ec"),
  setting("GLEANERIO_NABU_IMAGE", anyText, "nsfearthcube/nabu:dev_eco"),
  setting("GLEANERIO_GLEANER_CONFIG_PATH", anyText, "/gleaner/gleanerconfig.yaml"),
  setting("GLEANERIO_NABU_CONFIG_PATH", anyText, "/nabu/nabuconfig.yaml"),
  setting("GLEANERIO_HEADLESS_ENDPOINT", webAddress, "http://headless:9222"),
  setting("GLEANERIO_DEFAULT_SCHEDULE", cron, "@weekly"),
  setting("GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE", timeZone, "America/Los_Angeles"),
  setting("GLEANERIO_CSV_CONFIG_URL", webAddress),
  setting("ECRR_GRAPH_NAMESPACE", name),
  setting("ECRR_MINIO_BUCKET", bucket),
  setting("SLACK_CHANNEL", anyText),
  credential("SLACK_TOKEN"),
  unused("GLEANERIO_WORKSPACE_CONFIG_PATH", "it points at Dagster's workspace; Sheaf's is SHEAF_WORKSPACE"),
  unused("GLEANERIO_DOCKER_WORKSPACE_CONFIG", dagsterOnly),
  unused("GLEANERIO_DOCKER_DAGSTER_CONFIG", dagsterOnly),
  unused("GLEANERIO_DAGSTER_CONFIG_PATH", dagsterOnly),
  unused("CONTAINER_CODE_TAG", dagsterOnly),
  unused("CONTAINER_DAGSTER_TAG", dagsterOnly),
  unused("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", dagsterOnly),
]);

/** Why a variable of a name that the table does not have is of no use; null where it is none of ours. */
export function strayReason(named: string): string | null {
  if (named.startsWith("DAGSTER_")) return dagsterOnly;
  return /^(?:GLEANERIO|ECRR)_/.test(named) ? "there is no such setting; check its spelling" : null;
}
