import assert from "node:assert/strict";
import test from "node:test";
import { parseWorkspace } from "../../../engine/runtime/workspace-file.ts";

const parse = (text: string) => parseWorkspace({ text, file: "workspace.yaml" });
const told = (text: string) =>
  parse(text).problems.map(({ severity, line, message }) => `${line} ${severity} ${message}`);

test("projects come with their environment, data directory and locations", () => {
  const workspace = parse(`
projects:
  - name: eco
    env: eco.env
    dataDir: data/eco
    locations: [ingest, ./assets/own.ts]
  - name: iow
    locations:
      - ingest
`);
  assert.deepEqual(workspace, {
    form: "sheaf",
    projects: [
      {
        name: "eco",
        env: "eco.env",
        dataDir: "data/eco",
        locations: [
          { name: "ingest", line: 6 },
          { name: "./assets/own.ts", line: 6 },
        ],
        limits: [],
        retention: {},
      },
      { name: "iow", env: null, dataDir: null, locations: [{ name: "ingest", line: 9 }], limits: [], retention: {} },
    ],
    problems: [],
  });
});

test("of Dagster's form the names of locations are taken, and the rest is reported", () => {
  const workspace = parse(`
load_from:
  - grpc_server:
      host: dagster-code-tasks
      port: 4000
      location_name: "tasks"
  - grpc_server: { host: dagster-code-ingest, port: 4000, location_name: ingest }
  - python_module: workflows.own
`);
  assert.equal(workspace.form, "dagster");
  assert.deepEqual(workspace.projects, [
    {
      name: null,
      env: null,
      dataDir: null,
      locations: [
        { name: "tasks", line: 6 },
        { name: "ingest", line: 7 },
      ],
      limits: [],
      retention: {},
    },
  ]);
  assert.deepEqual(
    workspace.problems.map(({ severity, line, message }) => [severity, line, message]),
    [["warning", 8, "python_module is Dagster's and loads nothing here; write it in TypeScript"]],
  );
});

test("the same name twice names both places", () => {
  assert.deepEqual(told("projects:\n  - { name: eco, locations: [ingest] }\n  - { name: eco, locations: [ingest] }"), [
    '3 error project "eco" stands here and on line 2; rename or remove one',
  ]);
  assert.deepEqual(told("projects:\n  - name: eco\n    locations:\n      - ingest\n      - ingest"), [
    '5 error location "ingest" stands here and on line 4; rename or remove one',
  ]);
  const twice = "load_from:\n  - grpc_server: { location_name: a }\n  - grpc_server: { location_name: a }";
  assert.deepEqual(told(twice), ['3 error location "a" stands here and on line 2; rename or remove one']);
});

test("what a workspace cannot be is refused at its line", () => {
  assert.match(told("")[0] ?? "", /^1 error the file is empty/);
  assert.match(told("projects: []")[0] ?? "", /^1 error no projects/);
  assert.match(told("a: [")[0] ?? "", /^1 error /);
  const wrong = "projects:\n  - name: a/b\n    port: 3\n    locations: [ingest]\n  - locations: []";
  assert.deepEqual(
    told(wrong).map((line) => line.split(";", 1)[0]),
    [
      '3 error "port" is not known here',
      '2 error "a/b" is no project\'s name',
      "5 error a project needs a name",
      "5 error a project needs locations: [module path or built-in name]",
    ],
  );
});

test("a project's limits are those that the API knows, by its words", () => {
  const workspace = parse(`
projects:
  - name: eco
    locations: [ingest]
    limits:
      runs: 20
      tag: { ingest: { docker: 2, graph: 4 } }
      tag_value: { source: 1 }
      pool: { harvest: 0 }
`);
  assert.deepEqual(workspace.problems, []);
  assert.deepEqual(workspace.projects[0]?.limits, [
    { kind: "runs", maximum: 20 },
    { kind: "tag", key: "ingest", value: "docker", maximum: 2 },
    { kind: "tag", key: "ingest", value: "graph", maximum: 4 },
    { kind: "tag_value", key: "source", maximum: 1 },
    { kind: "pool", key: "harvest", maximum: 0 },
  ]);
});

test("a limit that is none is refused at its line", () => {
  const problems = told(`
projects:
  - name: eco
    locations: [ingest]
    limits:
      runs: many
      pools: { harvest: 1 }
      pool: 3
      tag:
        ingest: { docker: -1 }
`);
  assert.deepEqual(
    problems.map((problem) => problem.split(";")[0]),
    [
      "6 error a limit is a whole number from 0",
      '7 error "pools" is not known here',
      "8 error this is no mapping",
      "10 error a limit is a whole number from 0",
    ],
  );
});
