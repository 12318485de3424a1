import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem } from "../../../assets/config/config-problem.ts";
import { orgNameOf } from "../../../assets/config/nabu-file.ts";

function ask(...texts: readonly (string | null)[]) {
  const candidates = texts.map((text, index) => ({ file: `n${index}.yaml`, text }));
  const { orgName, file, problems } = orgNameOf({ candidates, project: "eco" });
  return [orgName, file, problems.map(formatProblem)];
}

test("the first file that exists names the organization", () => {
  assert.deepEqual(ask("implementation_network:\n orgname: a\n", "implementation_network: {orgname: b}"), [
    "a",
    "n0.yaml",
    [],
  ]);
  assert.deepEqual(ask(null, "Implementation_Network: {OrgName: 12}"), ["12", "n1.yaml", []]);
});

test("without any file the organization is the project, with a warning", () => {
  const warning = 'n0.yaml: warning: there is no nabu configuration: orgname is "eco" (PROJECT)';
  assert.deepEqual(ask(null, null), ["eco", null, [warning]]);
});

test("a file without orgname does not let the next one speak", () => {
  const warning =
    'n0.yaml: warning: "implementation_network.orgname" is missing (nabu\'s image then writes urn:gleaner.io::…): ' +
    'taken as "eco", which is PROJECT';
  assert.deepEqual(ask("minio: {}\n", "implementation_network: {orgname: b}"), ["eco", null, [warning]]);
  assert.deepEqual(ask("implementation_network: {orgname: }\n"), ["eco", null, [warning]]);
});

test("a file that cannot be read gives no name, rather than another one", () => {
  const error =
    'n0.yaml:1: error: the file cannot be read as YAML: two "key:" on one line; give the second a line of its own, ' +
    "or quote the value";
  assert.deepEqual(ask("a: b: c", "implementation_network: {orgname: b}"), [undefined, "n0.yaml", [error]]);
});

test("a name that would break the graphs' URNs is refused", () => {
  for (const name of ["a:b", "a b", "ü", "x".repeat(64)]) {
    const [orgName, , problems] = ask(`x: 1\nimplementation_network:\n  orgname: "${name}"\n`);
    assert.equal(orgName, undefined);
    assert.match(String(problems), /^n0\.yaml:3: error: the orgname ".*" cannot be used; expected letters, digits/);
  }
});
