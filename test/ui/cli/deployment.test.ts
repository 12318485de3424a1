import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { isEngineError } from "../../../engine/operate.ts";
import { type Deployment, readDeployment } from "../../../ui/cli/compose/deployment.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
}

/** Reads a deployment from files in a folder of its own, whose path is then written as `.`. */
async function read({ files = {}, environment = {}, flags = {} }: Given): Promise<Deployment> {
  await using folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
  const deployment = readDeployment({ cwd: folder.path, environment, flags, envFile: undefined });
  return JSON.parse(JSON.stringify(deployment).replaceAll(folder.path, ".")) as Deployment;
}

const brief = ({ projects }: Deployment) =>
  projects.map(({ name, dataDir, locations }) => [name, dataDir, locations.map((location) => location.name)]);
const told = ({ problems }: Deployment) =>
  problems.map(({ severity, where, message }) => `${severity} ${where}: ${message}`);

test("with nothing said it is the demo, with the built-in code, in ./data", async () => {
  const deployment = await read({});
  assert.equal(deployment.isDemo, true);
  assert.deepEqual(brief(deployment), [["demo", "./data", ["ingest"]]]);
  assert.equal(deployment.projects[0]?.locations[0]?.modules.length, 3);
  assert.deepEqual(told(deployment), []);
});

test("one GLEANERIO_ variable or a workspace is enough for no demo", async () => {
  const named = await read({ environment: { GLEANERIO_MINIO_BUCKET: "own" } });
  assert.equal(named.isDemo, false);
  assert.deepEqual(brief(named), [["eco", "./data", ["ingest"]]]);
  assert.equal(named.projects[0]?.report.settings.objects.kind, "folder");
  assert.equal(named.projects[0]?.report.settings.objects.bucket, "own");
  const empty = await read({ environment: { GLEANERIO_MINIO_BUCKET: "" } });
  assert.equal(empty.isDemo, true);
  const workspace = "projects: [{ name: own, locations: [ingest] }]";
  assert.equal((await read({ files: { "workspace.yaml": workspace } })).isDemo, false);
});

test("flags go over the environment, the environment over .env, .env over defaults", async () => {
  const { settings } = await read({
    files: { ".env": "SHEAF_PORT=1\nSHEAF_HOST=file\nSHEAF_DATA_DIR=file\n" },
    environment: { SHEAF_PORT: "2", SHEAF_HOST: "environment" },
    flags: { SHEAF_PORT: "3" },
  });
  assert.deepEqual([settings.port, settings.host, settings.dataDir], [3, "environment", "./file"]);
  assert.equal(settings.sparqlPublic, false);
});

test("several projects have their own data directories, environments and names", async () => {
  const deployment = await read({
    files: {
      "workspace.yaml": `projects:
  - { name: eco, env: eco.env, locations: [ingest] }
  - { name: iow, dataDir: elsewhere, locations: [ingest] }
`,
      "eco.env": "GLEANERIO_MINIO_BUCKET=eco-bucket\nPROJECT=other\n",
      ".env": "GLEANERIO_MINIO_BUCKET=shared\n",
    },
  });
  assert.deepEqual(brief(deployment), [
    ["eco", "./data/eco", ["ingest"]],
    ["iow", "./elsewhere", ["ingest"]],
  ]);
  const buckets = deployment.projects.map(({ report }) => [report.settings.project, report.settings.objects.bucket]);
  assert.deepEqual(buckets, [
    ["eco", "eco-bucket"],
    ["iow", "shared"],
  ]);
});

test("two projects in one data directory are refused", async () => {
  const deployment = await read({
    files: {
      "workspace.yaml": `projects:
  - { name: eco, dataDir: one, locations: [ingest] }
  - { name: iow, dataDir: one, locations: [ingest] }
`,
    },
  });
  assert.deepEqual(told(deployment), ['error workspace: projects "eco" and "iow" have the same data directory ./one']);
});

test("a project whose environment file is missing has that problem, and the other has none", async () => {
  const deployment = await read({
    files: {
      "workspace.yaml": `projects:
  - { name: eco, env: gone.env, locations: [ingest] }
  - { name: iow, locations: [ingest] }
`,
    },
  });
  const problems = deployment.projects.map((project) => project.problems.map(({ where }) => where));
  assert.deepEqual(problems, [["gone.env"], []]);
});

test("Dagster's workspace selects the built-in locations that there are, and the rest is told", async () => {
  const deployment = await read({
    files: {
      "dagster.yaml": `load_from:
  - grpc_server: { host: a, port: 4000, location_name: ingest }
  - grpc_server: { host: b, port: 4000, location_name: own }
  - python_file: { relative_path: x.py }
`,
    },
    environment: { SHEAF_WORKSPACE: "dagster.yaml", PROJECT: "eco" },
  });
  assert.deepEqual(brief(deployment), [["eco", "./data", ["ingest", "own"]]]);
  assert.match(deployment.projects[0]?.locations[1]?.error?.message ?? "", /no built-in location "own"/);
  assert.deepEqual(told(deployment), [
    "warning dagster.yaml:4: python_file is Dagster's and loads nothing here; write it in TypeScript",
  ]);
});

test("GLEANERIO_WORKSPACE_CONFIG_PATH is followed where it is Sheaf's, and of no use where it is Dagster's", async () => {
  const environment = { GLEANERIO_WORKSPACE_CONFIG_PATH: "old.yaml" };
  const own = "projects: [{ name: own, locations: [ingest] }]";
  assert.deepEqual(brief(await read({ files: { "old.yaml": own }, environment })), [["own", "./data", ["ingest"]]]);
  const dagster = "load_from: [{ grpc_server: { location_name: tasks } }]";
  const unused = await read({ files: { "old.yaml": dagster }, environment });
  assert.deepEqual(brief(unused), [["eco", "./data", ["ingest"]]]);
  assert.deepEqual(
    unused.projects[0]?.report.unused.map(({ name }) => name),
    ["GLEANERIO_WORKSPACE_CONFIG_PATH"],
  );
});

test("a workspace that was named and cannot be read is told at once", async () => {
  await assert.rejects(
    read({ environment: { SHEAF_WORKSPACE: "gone.yaml" } }),
    (error) => isEngineError(error, "config") && /cannot read .*gone\.yaml/.test(error.message),
  );
});

test("a misspelled setting, a weak admin token and a broken line of .env are told", async () => {
  const deployment = await read({
    files: { ".env": "nonsense\n" },
    environment: { SHEAF_PROT: "1", SHEAF_ADMIN_TOKEN: "short", SHEAF_SPARQL_PUBLIC: "write" },
  });
  assert.deepEqual(
    told(deployment).map((line) => line.split(";", 1)[0]),
    [
      'error SHEAF_SPARQL_PUBLIC: "write" is not read',
      "warning SHEAF_PROT: there is no such setting",
      "warning SHEAF_ADMIN_TOKEN: it has 5 characters and can be guessed",
      'error .env:1: no "NAME=value"',
    ],
  );
});
