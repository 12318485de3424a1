import assert from "node:assert/strict";
import { test } from "node:test";
import { formatProblem } from "../../../assets/config/config-problem.ts";
import { parseTenantFile } from "../../../assets/config/tenant-file.ts";
import { tenantPairs } from "../../../assets/config/tenant-pairs.ts";

function parse(text: string) {
  const file = parseTenantFile({ text, file: "t.yaml" });
  return { ...file, told: file.problems.map(formatProblem) };
}

function tenant(community: string, rest = `graph: {main_namespace: ${community}}`): string {
  return `- community: ${community}\n  ${rest}\n  sources: [all]\n`;
}

const GOOD = "- {community: good, graph: {main_namespace: good, summary_namespace: good_sum}, sources: [iris]}\n";

function pairsOf(text: string, activeSources: readonly string[], knownSources?: readonly string[]) {
  const tenantFile = parseTenantFile({ text, file: "t.yaml" });
  const { pairs, problems } = tenantPairs({
    tenants: tenantFile.tenants ?? [],
    activeSources,
    knownSources,
    tenantFile,
  });
  return { pairs: pairs.map(({ source, tenant }) => `${source}|${tenant}`), told: problems.map(formatProblem) };
}

test("a tenant carries what its file says", () => {
  const { tenants, names, told } = parse(`Tenant:
- Community: 12
  HostName: portal
  name: A portal
  description: Of rocks
  url: https://rocks.example
  logo: https://rocks.example/logo.svg
  graph: {main_namespace: rocks, summary_namespace: rocks_sum}
  sources: [all, iris]
`);
  assert.deepEqual(tenants, [
    {
      community: "12",
      hostname: "portal",
      name: "A portal",
      description: "Of rocks",
      url: "https://rocks.example",
      logo: "https://rocks.example/logo.svg",
      mainNamespace: "rocks",
      summaryNamespace: "rocks_sum",
      allSources: true,
      sources: ["iris"],
    },
  ]);
  assert.deepEqual([names, told], [["12"], []]);
  assert.ok(Object.isFrozen(tenants?.[0]));
});

test("a file that moves its lines has the same tenants", () => {
  const text = `tenant:\n${GOOD}`;
  assert.deepEqual(parse(`# moved\n\n${text}`).tenants, parse(text).tenants);
});

const noTenants: Readonly<Record<string, string>> = {
  "": 't.yaml:1: error: the file is empty; expected a "tenant:" list',
  "tenant: null\n":
    't.yaml:1: error: there are no tenants; expected a "tenant:" list with one item ("- community: …") a tenant',
  "tenant: x\n":
    't.yaml:1: error: "tenant" is not a list; expected a "tenant:" list with one item ("- community: …") a tenant',
  "tenant:\n- a: b: c\n":
    't.yaml:2: error: the file cannot be read as YAML: two "key:" on one line; give the second a line of its own, ' +
    "or quote the value",
};

for (const [text, problem] of Object.entries(noTenants)) {
  test(`the tenant file ${JSON.stringify(text)} has one clear error and leaves what was`, () => {
    const { tenants, names, told } = parse(text);
    assert.deepEqual([tenants, names, told], [undefined, [], [problem]]);
  });
}

test("an empty list of tenants is a list, with a warning", () => {
  const { tenants, told } = parse("tenant: []\n");
  assert.deepEqual([tenants, told], [[], ['t.yaml:1: warning: the list of tenants is empty ("tenant: []")']]);
});

test("tenants without a name or with a bad one are left out, and the good one goes on", () => {
  const { names, unsettled, told } = parse(`tenant:\n- text\n- {sources: [all]}\n- {community: a/b}\n${GOOD}`);
  assert.deepEqual([names, unsettled], [["good"], []]);
  assert.deepEqual(told, [
    't.yaml:2: error: this tenant is no mapping: left out; expected "community:", "graph:", "sources:"',
    't.yaml:3: error: this tenant has no "community": left out; expected a name unique in the file',
    't.yaml:4: error: the community "a/b" holds a slash: left out; expected letters, digits, "_", "-" and "."',
  ]);
});

test("of a repeated community the first counts", () => {
  const { tenants, told } = parse(`tenant:\n${tenant("a")}${tenant("a", "graph: {main_namespace: b}")}`);
  assert.deepEqual(
    tenants?.map(({ mainNamespace }) => mainNamespace),
    ["a"],
  );
  assert.match(told.join("\n"), /t\.yaml:5: warning: the community "a" stands at lines 2 and 5: the first counts/);
});

test("a missing summary namespace is the main one's name with _summary, with a warning", () => {
  const { tenants, told } = parse(`tenant:\n${tenant("a")}`);
  assert.equal(tenants?.[0]?.summaryNamespace, "a_summary");
  assert.deepEqual(told, ['t.yaml:3: warning: tenant a: "graph.summary_namespace" is missing: taken as "a_summary"']);
});

const badNamespaces: readonly (readonly [string, string])[] = [
  [
    "name: x",
    't.yaml:2: error: tenant a: "graph.main_namespace" is missing; expected two names under "graph:", ' +
      "for instance a and a_summary: this tenant stays as it was",
  ],
  [
    "graph: {main_namespace: x, summary_namespace: x}",
    't.yaml:3: error: tenant a: "x" is both namespaces; one holds quads and the other triples, so expected two ' +
      "names: this tenant stays as it was",
  ],
  [
    "graph: {main_namespace: x/y, summary_namespace: z}",
    't.yaml:3: error: tenant a: "x/y" cannot name a namespace; expected letters, digits, "_", "-", "." ' +
      "(at most 128): this tenant stays as it was",
  ],
  [
    "graph: {main_namespace: x, summary_namespace: ..}",
    't.yaml:3: error: tenant a: ".." cannot name a namespace; expected letters, digits, "_", "-", "." ' +
      "(at most 128): this tenant stays as it was",
  ],
];

for (const [rest, problem] of badNamespaces) {
  test(`a tenant with ${rest} is unsettled, and the good one goes on`, () => {
    const { names, unsettled, told } = parse(`tenant:\n${tenant("a", rest)}${GOOD}`);
    assert.deepEqual([names, unsettled, told], [["good"], ["a"], [problem]]);
  });
}

test("two tenants that share a namespace are told so, and both go on", () => {
  const shared = "- {community: b, graph: {main_namespace: good, summary_namespace: b_sum}, sources: [all]}\n";
  const { names, told } = parse(`tenant:\n${GOOD}${shared}`);
  assert.deepEqual(names, ["good", "b"]);
  assert.deepEqual(told, [
    't.yaml:3: warning: tenant b shares the namespace "good" with tenant good (line 2): each sees what the other loads',
  ]);
});

test("a main namespace that is another tenant's summary namespace keeps the second tenant out", () => {
  const crossed = "- {community: b, graph: {main_namespace: good_sum, summary_namespace: b_sum}, sources: [all]}\n";
  const { names, unsettled, told } = parse(`tenant:\n${GOOD}${crossed}`);
  assert.deepEqual([names, unsettled], [["good"], ["b"]]);
  assert.deepEqual(told, [
    "t.yaml:3: error: tenant b: its main namespace is the summary namespace of tenant good (line 2): " +
      "this tenant stays as it was",
  ]);
});

test("sources that are null, or no list, or no names, have one warning each", () => {
  const graph = "graph: {main_namespace: a, summary_namespace: b}";
  const nothing = 'tenant a: "sources" is missing or empty, so nothing is loaded for it';
  const list = "expected a list of source names, or [all]";
  assert.deepEqual(parse(`tenant:\n- community: a\n  ${graph}\n  sources: null\n`).told, [
    `t.yaml:4: warning: ${nothing}; ${list}`,
  ]);
  assert.deepEqual(parse(`tenant:\n- community: a\n  ${graph}\n`).told, [`t.yaml:2: warning: ${nothing}; ${list}`]);
  const one = parse(`tenant:\n- community: a\n  ${graph}\n  sources: iris\n`);
  assert.deepEqual(one.tenants?.[0]?.sources, ["iris"]);
  assert.deepEqual(one.told, ['t.yaml:4: warning: "sources" takes a list: taken as a list of one']);
  const odd = parse(`tenant:\n- community: a\n  ${graph}\n  sources:\n  - [x]\n  -\n  - 007\n`);
  assert.deepEqual(odd.tenants?.[0]?.sources, ["007"]);
  assert.deepEqual(odd.told, [
    't.yaml:5: warning: "sources" holds an item that is no name: left out',
    't.yaml:6: warning: "sources" holds an item that is no name: left out',
  ]);
});

test("a source listed twice counts once, with a warning", () => {
  const { tenants, told } = parse(`tenant:\n${GOOD.replace("[iris]", "[iris, r2r, iris]")}`);
  assert.deepEqual(tenants?.[0]?.sources, ["iris", "r2r"]);
  assert.deepEqual(told, ['t.yaml:2: warning: tenant good: "iris" stands at line 2 already']);
});

test("all beside named sources makes each pair once, without a warning", () => {
  const { pairs, told } = pairsOf(`tenant:\n${GOOD.replace("[iris]", "[r2r, all, iris]")}`, ["iris", "r2r", "edi"]);
  assert.deepEqual([pairs, told], [["iris|good", "r2r|good", "edi|good"], []]);
});

test("a source that is unknown, and one that is not active, are warnings at their lines", () => {
  const text = `tenant:\n- community: a
  graph: {main_namespace: x, summary_namespace: y}
  sources:
  - irsi
  - r2r
  - edi
`;
  const { pairs, told } = pairsOf(text, ["edi", "iris"], ["edi", "iris", "r2r"]);
  assert.deepEqual(pairs, ["edi|a"]);
  assert.deepEqual(told, [
    't.yaml:5: warning: tenant a: the source "irsi" is not among the sources, so it is not loaded',
    't.yaml:6: warning: tenant a: the source "r2r" is not active, so it is not loaded',
  ]);
});

test("an unknown source beside all is still told", () => {
  const { pairs, told } = pairsOf(`tenant:\n${GOOD.replace("[iris]", "[all, irsi]")}`, ["iris"]);
  assert.deepEqual(pairs, ["iris|good"]);
  assert.deepEqual(told, [
    't.yaml:2: warning: tenant good: the source "irsi" is not among the sources, so it is not loaded',
  ]);
});

test("a tenant without sources, and tenants without active sources, make no pairs", () => {
  assert.deepEqual(pairsOf(`tenant:\n${GOOD.replace("[iris]", "[]")}`, ["iris"]).pairs, []);
  assert.deepEqual(pairsOf(`tenant:\n${GOOD.replace("[iris]", "[all]")}`, []).pairs, []);
});

test("a source whose name another one begins with makes only its own pair", () => {
  assert.deepEqual(pairsOf(`tenant:\n${GOOD}`, ["iris", "iris2", "ir"]).pairs, ["iris|good"]);
});
