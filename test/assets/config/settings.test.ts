import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import { readSettings } from "../../../assets/config/settings.ts";
import { settingTable } from "../../../assets/config/setting-table.ts";
import { parseEnvFile } from "../../../engine/index.ts";

function told(environment: Record<string, string>): readonly string[] {
  return readSettings(environment).problems.map(({ severity, name, message }) => `${severity} ${name}: ${message}`);
}

const s3 = {
  GLEANERIO_MINIO_ADDRESS: "minio.example",
  GLEANERIO_MINIO_BUCKET: "gleaner",
  GLEANERIO_MINIO_ACCESS_KEY: "ak",
  GLEANERIO_MINIO_SECRET_KEY: "sk",
};

const deployed: Readonly<Record<string, string>> = parseEnvFile(
  readFileSync(new URL("../../data/configs/envFile.env", import.meta.url), "utf8"),
);

test("an empty environment gives the embedded defaults and no problem", () => {
  const { settings, problems, unused } = readSettings({});
  assert.deepEqual([problems, unused], [[], []]);
  assert.deepEqual(settings, {
    project: "eco",
    host: null,
    schedHostname: "sched",
    objects: { kind: "folder", bucket: "gleaner" },
    configFiles: {
      folder: "scheduler/configs/",
      sourcesKey: "scheduler/configs/gleanerconfig.yaml",
      tenantKey: "scheduler/configs/tenant.yaml",
      nabuKey: "scheduler/configs/nabuconfig.yaml",
    },
    logPrefix: "scheduler/logs/",
    graph: {
      url: null,
      summaryUrl: null,
      namespace: null,
      summaryNamespace: null,
      summarize: false,
      login: null,
    },
    containers: {
      dockerUrl: null,
      portainerKey: null,
      network: "headless_gleanerio",
      gleanerConfig: "gleaner-eco",
      nabuConfig: "nabu-eco",
      gleanerImage: "nsfearthcube/gleaner:dev_ec",
      nabuImage: "nsfearthcube/nabu:dev_eco",
      gleanerConfigPath: "/gleaner/gleanerconfig.yaml",
      nabuConfigPath: "/nabu/nabuconfig.yaml",
      headlessEndpoint: "http://headless:9222",
      progressIntervalMs: 300_000,
      keepContainers: false,
    },
    schedule: { cron: "@weekly", timeZone: "America/Los_Angeles" },
    ecrr: { bucket: null, namespace: null },
    slack: null,
    csvConfigUrl: null,
    workspacePath: null,
  });
});

test("every variable of a deployed .env is known", () => {
  const known = new Set(settingTable.map(({ name }) => name));
  const strangers = Object.keys(deployed).filter((name) => !known.has(name) && !name.startsWith("DAGSTER_"));
  assert.deepEqual(strangers, []);
});

test("the variables that a deployed .env shows in comments are known too", () => {
  const names = settingTable.map(({ name }) => name);
  for (const name of ["PROJECT", "GLEANERIO_DEFAULT_SCHEDULE", "GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE"]) {
    assert.ok(names.includes(name));
  }
  assert.ok(names.includes("GLEANERIO_GRAPH_SUMMARY_ENDPOINT"));
});

test("a deployed .env is read, {HOST} replaced, and what only Dagster uses is named", () => {
  const { settings, unused } = readSettings({ ...deployed, ...s3, GLEANERIO_PORTAINER_APIKEY: "key" });
  assert.deepEqual(told({ ...deployed, ...s3, GLEANERIO_PORTAINER_APIKEY: "key" }), []);
  assert.equal(settings.containers.dockerUrl, "https://portainer.localhost:443/api/endpoints/9/docker/");
  assert.deepEqual(settings.graph, {
    url: "https://graph.geocodes-aws.earthcube.org/blazegraph",
    summaryUrl: "https://graph.geocodes-aws.earthcube.org/blazegraph",
    namespace: "earthcube",
    summaryNamespace: "earthcube_summary",
    summarize: true,
    login: null,
  });
  assert.deepEqual(settings.ecrr, { bucket: "ecrr", namespace: "ecrr" });
  assert.match(settings.csvConfigUrl ?? "", /single=true&output=csv$/);
  assert.deepEqual(
    unused.map(({ name }) => name),
    [
      "GLEANERIO_WORKSPACE_CONFIG_PATH",
      "GLEANERIO_DOCKER_WORKSPACE_CONFIG",
      "GLEANERIO_DOCKER_DAGSTER_CONFIG",
      "GLEANERIO_DAGSTER_CONFIG_PATH",
      "CONTAINER_CODE_TAG",
      "CONTAINER_DAGSTER_TAG",
      "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION",
      "DAGSTER_HOME",
      "SLACK_CHANNEL",
    ],
  );
});

test("the bucket alone means a folder with that bucket", () => {
  const { settings, problems } = readSettings({ GLEANERIO_MINIO_BUCKET: "mine" });
  assert.deepEqual([settings.objects, problems], [{ kind: "folder", bucket: "mine" }, []]);
});

test("an S3 server has host, port and TLS from the variables, the address, or defaults", () => {
  const objects = (extra: Record<string, string>) => {
    const { objects: found } = readSettings({ ...s3, ...extra }).settings;
    assert.equal(found.kind, "s3");
    return found.kind === "s3" ? [found.host, found.port, found.useSsl] : [];
  };
  assert.deepEqual(objects({}), ["minio.example", 443, true]);
  assert.deepEqual(objects({ GLEANERIO_MINIO_USE_SSL: "False" }), ["minio.example", 80, false]);
  assert.deepEqual(objects({ GLEANERIO_MINIO_PORT: "9000" }), ["minio.example", 9000, true]);
  assert.deepEqual(objects({ GLEANERIO_MINIO_ADDRESS: "127.0.0.1:9001" }), ["127.0.0.1", 9001, true]);
  assert.deepEqual(objects({ GLEANERIO_MINIO_ADDRESS: "h:9001", GLEANERIO_MINIO_PORT: "9002" }), ["h", 9002, true]);
});

test("quotes are stripped, empty counts as unset, and space around a value goes", () => {
  const { settings } = readSettings({
    PROJECT: '"iow"',
    SLACK_CHANNEL: "'#a#b'",
    SLACK_TOKEN: " t ",
    GLEANERIO_GRAPH_NAMESPACE: '""',
    GLEANERIO_LOG_PREFIX: "",
  });
  assert.equal(settings.project, "iow");
  assert.equal(settings.slack?.channel, "#a#b");
  assert.equal(settings.slack?.token.reveal(), "t");
  assert.equal(settings.graph.namespace, null);
  assert.equal(settings.logPrefix, "scheduler/logs/");
  assert.equal(settings.containers.gleanerConfig, "gleaner-iow");
});

test("all malformed and missing values are reported at once, by name, with what is expected", () => {
  const problems = told({
    PROJECT: "a b",
    GLEANERIO_MINIO_ADDRESS: "http://minio:9000",
    GLEANERIO_MINIO_PORT: "70000",
    GLEANERIO_MINIO_USE_SSL: "maybe",
    GLEANERIO_MINIO_BUCKET: "Not A Bucket",
    GLEANERIO_SOURCES_FILENAME: "a/b.yaml",
    GLEANERIO_CONFIG_PATH: "../x",
    GLEANERIO_GRAPH_URL: "https://g.example/blazegraph/namespace/test/sparql",
    GLEANERIO_DOCKER_URL: "docker",
    GLEANERIO_DOCKER_CONTAINER_WAIT_TIMEOUT: "5m",
    GLEANERIO_DEFAULT_SCHEDULE: "weekly",
    GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE: "Mars/Base",
    GLEANERIO_HEADLESS_ENDPOINT: "https://{HOST}/",
    GLEANERIO_GRAPH_USERNAME: "me",
    SLACK_TOKEN: "x",
  });
  assert.deepEqual(problems, [
    'error GLEANERIO_CONFIG_PATH: "../x" is not a folder in the bucket, such as "scheduler/configs/"',
    'error GLEANERIO_DEFAULT_SCHEDULE: "weekly" is not five fields (minute hour day month weekday), or @hourly, ' +
      "@daily, @weekly, @monthly, @yearly",
    'error GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE: "Mars/Base" is not a time zone such as America/Los_Angeles',
    'error GLEANERIO_DOCKER_CONTAINER_WAIT_TIMEOUT: "5m" is not whole seconds, 1 to 86400',
    'error GLEANERIO_DOCKER_URL: "docker" is not unix:///var/run/docker.sock, tcp://host:2375, or http(s)://… ' +
      "(Portainer: …/api/endpoints/N/docker/)",
    "error GLEANERIO_GRAPH_PASSWORD: it is missing; GLEANERIO_GRAPH_USERNAME is set, so it is expected too",
    'error GLEANERIO_GRAPH_URL: "https://g.example/blazegraph/namespace/test/sparql" is not the triplestore\'s base ' +
      "address, without /namespace/… and without a login (GLEANERIO_GRAPH_USERNAME)",
    "error GLEANERIO_HEADLESS_ENDPOINT: it holds {HOST}, but HOST is not set",
    'error GLEANERIO_MINIO_ADDRESS: "http://minio:9000" is not a host, or host:port, without http://',
    'error GLEANERIO_MINIO_BUCKET: "Not A Bucket" is not a bucket\'s name: 3 to 63 lower-case letters, digits, dots ' +
      "and hyphens",
    'error GLEANERIO_MINIO_PORT: "70000" is not a port number, 1 to 65535',
    'error GLEANERIO_MINIO_USE_SSL: "maybe" is not true or false',
    'error GLEANERIO_SOURCES_FILENAME: "a/b.yaml" is not a file\'s name, without a folder',
    'error PROJECT: "a b" is not a name of letters, digits, "_", "-" and "."',
    "error SLACK_CHANNEL: it is missing; SLACK_TOKEN is set, so it is expected too",
  ]);
});

test("an S3 address without bucket and keys, and Portainer without its key, are told", () => {
  assert.deepEqual(
    readSettings({
      GLEANERIO_MINIO_ADDRESS: "m",
      GLEANERIO_DOCKER_URL: "https://p/api/endpoints/2/docker/",
    }).problems.map(({ name, message }) => `${name} ${message.split(";")[0]}`),
    [
      "GLEANERIO_MINIO_ACCESS_KEY it is missing",
      "GLEANERIO_MINIO_BUCKET it is missing",
      "GLEANERIO_MINIO_SECRET_KEY it is missing",
      "GLEANERIO_PORTAINER_APIKEY it is missing",
    ],
  );
  assert.deepEqual(told({ GLEANERIO_DOCKER_URL: "unix:///var/run/docker.sock" }), []);
});

test("every schedule that the old documents show is accepted", () => {
  const crons = ["0 3 * * *", "0 3,5 * * *", "0 3 * * 0", "0 3 5 * *", "0 3 5,19 * *", "0 3 1/4 * *", "@weekly"];
  for (const cron of crons) {
    assert.equal(readSettings({ GLEANERIO_DEFAULT_SCHEDULE: cron }).settings.schedule.cron, cron);
    assert.deepEqual(told({ GLEANERIO_DEFAULT_SCHEDULE: cron }), []);
  }
});

test("a graph server's login, summary endpoint and slashes are honoured", () => {
  const { graph } = readSettings({
    GLEANERIO_GRAPH_URL: "https://g.example/blazegraph/",
    GLEANERIO_GRAPH_SUMMARY_ENDPOINT: "https://s.example/blazegraph",
    GLEANERIO_GRAPH_NAMESPACE: "earth",
    GLEANERIO_GRAPH_USERNAME: "me",
    GLEANERIO_GRAPH_PASSWORD: "pw",
  }).settings;
  assert.equal(graph.url, "https://g.example/blazegraph");
  assert.equal(graph.summaryUrl, "https://s.example/blazegraph");
  assert.equal(graph.summaryNamespace, "earth_summary");
  assert.deepEqual([graph.login?.username, graph.login?.password.reveal()], ["me", "pw"]);
});

test("folders and prefixes lose what would break the keys", () => {
  const { settings } = readSettings({
    GLEANERIO_CONFIG_PATH: "/my/configs",
    GLEANERIO_LOG_PREFIX: "/logs/x_",
    GLEANERIO_HEADLESS_ENDPOINT: "http://headless:9222/",
  });
  assert.equal(settings.configFiles.sourcesKey, "my/configs/gleanerconfig.yaml");
  assert.equal(settings.logPrefix, "logs/x_");
  assert.equal(settings.containers.headlessEndpoint, "http://headless:9222");
});

test("each effective value has its origin", () => {
  const { effective } = readSettings({ PROJECT: "iow", HOST: "h" }, { origins: { PROJECT: ".env" } });
  const by = new Map(effective.map(({ name, value, source }) => [name, `${value} ${source}`]));
  assert.equal(by.get("PROJECT"), "iow .env");
  assert.equal(by.get("HOST"), "h environment");
  assert.equal(by.get("GLEANERIO_DOCKER_NABU_CONFIG"), "nabu-iow default");
  assert.equal(by.get("GLEANERIO_LOG_PREFIX"), "scheduler/logs/ default");
  assert.equal(by.get("GLEANERIO_GRAPH_URL"), "null default");
});

test("a misspelt variable, and one without effect, are named as unused", () => {
  const { unused, problems } = readSettings({
    GLEANERIO_MINIO_BUKET: "x",
    GLEANERIO_MINIO_PORT: "80",
    GLEANERIO_EMPTY: "",
    PATH: "/bin",
    DAGSTER_POSTGRES_USER: "x",
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(unused, [
    { name: "GLEANERIO_MINIO_BUKET", reason: "there is no such setting; check its spelling" },
    { name: "DAGSTER_POSTGRES_USER", reason: "only Dagster's stack uses it" },
    { name: "GLEANERIO_MINIO_PORT", reason: "GLEANERIO_MINIO_ADDRESS is not set, so objects are kept in a folder" },
  ]);
});

test("a workspace that is no file of Dagster's is handed on", () => {
  const environment = { GLEANERIO_WORKSPACE_CONFIG_PATH: "/etc/sheaf/workspace.yaml" };
  const own = readSettings(environment, { workspaceIsDagster: () => false });
  assert.deepEqual([own.settings.workspacePath, own.unused], ["/etc/sheaf/workspace.yaml", []]);
  assert.equal(readSettings(environment).settings.workspacePath, null);
});

test("credentials show nowhere but in reveal", () => {
  const report = readSettings({
    ...s3,
    GLEANERIO_MINIO_ACCESS_KEY: "hunter2",
    GLEANERIO_MINIO_SECRET_KEY: "hunter2 {HOST}",
    GLEANERIO_PORTAINER_APIKEY: "hunter2",
    GLEANERIO_GRAPH_URL: "https://me:hunter2@g.example/blazegraph",
    GLEANERIO_CSV_CONFIG_URL: "ftp://me:hunter2@x.example/",
    GLEANERIO_DOCKER_URL: "tcp://me:hunter2@docker.example:2375",
    GLEANERIO_HEADLESS_ENDPOINT: "http//me:hunter2@x",
    SLACK_TOKEN: "hunter2",
    GLEANERIO_GRAPH_PASSWORD: "hunter2",
  });
  const { settings, ...rest } = report;
  assert.deepEqual(
    rest.problems.map(({ name }) => name),
    [
      "GLEANERIO_CSV_CONFIG_URL",
      "GLEANERIO_GRAPH_URL",
      "GLEANERIO_GRAPH_USERNAME",
      "GLEANERIO_HEADLESS_ENDPOINT",
      "GLEANERIO_MINIO_SECRET_KEY",
      "SLACK_CHANNEL",
    ],
  );
  assert.match(JSON.stringify(rest.effective), /tcp:\/\/\*\*\*@docker\.example/);
  assert.doesNotMatch(JSON.stringify(rest), /hunter2/);
  const credentials = [settings.objects, settings.containers.portainerKey, settings.slack, settings.graph.login];
  assert.doesNotMatch(`${inspect(credentials, { depth: 5 })} ${JSON.stringify(credentials)}`, /hunter2/);
  assert.equal(String(settings.slack?.token), "***");
});
