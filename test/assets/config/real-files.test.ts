import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatProblem } from "../../../assets/config/config-problem.ts";
import type { ConfigProblem } from "../../../assets/config/config-problem.ts";
import { orgNameOf, parseNabuFile } from "../../../assets/config/nabu-file.ts";
import { parseSourcesFile } from "../../../assets/config/sources-file.ts";
import { parseTenantFile } from "../../../assets/config/tenant-file.ts";
import { tenantPairs } from "../../../assets/config/tenant-pairs.ts";

function read(path: string): Uint8Array {
  return readFileSync(new URL(`../../data/configs/${path}`, import.meta.url));
}

function sourcesOf(project: string) {
  return parseSourcesFile({ text: read(`${project}/gleanerconfig.yaml`), file: "gleanerconfig.yaml" });
}

function tenantsOf(path: string) {
  return parseTenantFile({ text: read(path), file: "tenant.yaml" });
}

const lines = (problems: readonly ConfigProblem[]): readonly string[] => problems.map(formatProblem);

/** Sources, active ones, and exactly the problems that are due (domain.md §2). */
const expectations: Readonly<Record<string, { sources: number; active: number; problems: readonly string[] }>> = {
  eco: { sources: 40, active: 26, problems: [] },
  oih: { sources: 28, active: 26, problems: [] },
  ecrr: { sources: 2, active: 1, problems: [] },
  nsdf: {
    sources: 65,
    active: 0,
    problems: [
      'gleanerconfig.yaml:29: warning: 65 of 65 sources have no "active" and count as inactive ' +
        '(arecibo, aws, cyvers, …); write "active: true" for those to be harvested',
    ],
  },
};

for (const [project, expected] of Object.entries(expectations)) {
  test(`the sources file of ${project} has its sources and exactly the problems that are due`, () => {
    const { sources, active, unsettled, problems } = sourcesOf(project);
    assert.deepEqual({ sources: sources?.length, active: active.length, problems: lines(problems) }, expected);
    assert.equal(new Set(active).size, active.length);
    assert.deepEqual(unsettled, []);
  });
}

test("the broken file of eco is reported at its line, once, and gives nothing to go by", () => {
  const { sources, active, problems } = sourcesOf("eco-broken");
  assert.equal(sources, undefined);
  assert.deepEqual(active, []);
  assert.deepEqual(lines(problems), [
    'gleanerconfig.yaml:602: error: the file cannot be read as YAML: two "key:" on one line; give the second a line of ' +
      "its own, or quote the value (2 more problems from there on)",
  ]);
});

test("sources of eco carry what their file says", () => {
  const { sources, harvest } = sourcesOf("eco");
  assert.deepEqual(
    sources?.find(({ name }) => name === "magic"),
    {
      name: "magic",
      url: "https://www2.earthref.org/MagIC/contributions.sitemap.xml",
      sourceType: "sitemap",
      active: true,
      headless: true,
      headlessWaitS: 0,
      delayMs: 0,
      domain: "https://www.earthref.org/MagIC",
      pid: "http://www.re3data.org/repository/r3d100011910",
      properName: "Magnetics Information Consortium (MagIC)",
      logo: "http://mbobak.ncsa.illinois.edu/ext/ec/magic/MagIC.png",
      identifierType: "identifiersha",
      identifierPath: "$.sameAs",
      fixContextOption: 0,
      acceptContentType: "application/ld+json, text/html",
      jsonProfile: "application/ld+json",
      apiPageLimit: 0,
      credentialsFile: "",
      other: {},
    },
  );
  assert.deepEqual(
    sources?.filter(({ sourceType }) => sourceType === "sitegraph").map(({ name }) => name),
    ["aquadocs"],
  );
  assert.deepEqual(
    sources?.filter(({ headlessWaitS }) => headlessWaitS === -1).map(({ name }) => name),
    ["hydroshare", "linkedearth", "osmc", "obis", "depth_test", "geochemistry_custom"],
  );
  assert.equal(sources?.find(({ name }) => name === "edi")?.domain, "http://environmentaldatainitiative.org/");
  assert.deepEqual(harvest, {
    threads: 5,
    delayMs: 0,
    contextStrict: false,
    bucketInYaml: "",
    mill: true,
    runId: "runX",
  });
});

test("keys that gleaner does not know are kept for selections", () => {
  const { sources, harvest } = sourcesOf("oih");
  assert.deepEqual(sources?.[0]?.other, {
    catalogue: "https://aquadocs.org/discover",
    backend: "OAI",
    dateadded: "2021-02-26",
  });
  assert.equal(harvest.bucketInYaml, "oih");
});

test("the tenant files have their tenants and no problems", () => {
  const found = ["eco/tenant.yaml", "tenants/tenant.yaml", "tenants/tenant_dev.yaml", "tenants/tenant_prod.yaml"].map(
    (path) => {
      const { names, problems } = tenantsOf(path);
      return [path, names, lines(problems)];
    },
  );
  assert.deepEqual(found, [
    ["eco/tenant.yaml", ["dev", "geocodesall"], []],
    ["tenants/tenant.yaml", ["dev", "geocodesall"], []],
    ["tenants/tenant_dev.yaml", ["dev", "geocodesall"], []],
    ["tenants/tenant_prod.yaml", ["production", "geocodesall", "deepoceans"], []],
  ]);
});

test("the tenant file that spells its key tennant is read, with a warning", () => {
  const { names, problems } = tenantsOf("tenants/tennant.yaml");
  assert.deepEqual(names, ["dev", "geocodesall"]);
  assert.deepEqual(lines(problems), [
    'tenant.yaml:5: warning: "tennant" is read as "tenant"; Dagster\'s assets know only that',
  ]);
});

test("eco's tenants and sources make 28 pairs without a warning", () => {
  const { active, sources } = sourcesOf("eco");
  const tenantFile = tenantsOf("eco/tenant.yaml");
  const knownSources = sources?.map(({ name }) => name);
  const { pairs, problems } = tenantPairs({
    tenants: tenantFile.tenants ?? [],
    activeSources: active,
    knownSources,
    tenantFile,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(
    pairs.filter(({ tenant }) => tenant === "dev").map(({ source }) => source),
    ["geocodes_demo_datasets", "iris"],
  );
  assert.deepEqual(
    pairs.filter(({ tenant }) => tenant === "geocodesall").map(({ source }) => source),
    active,
  );
});

test("tenants of production whose sources eco has switched off are told so", () => {
  const { active, sources } = sourcesOf("eco");
  const tenantFile = tenantsOf("tenants/tenant_prod.yaml");
  const { pairs, problems } = tenantPairs({
    tenants: tenantFile.tenants ?? [],
    activeSources: active,
    knownSources: sources?.map(({ name }) => name),
    tenantFile,
  });
  assert.equal(pairs.length, 26);
  assert.deepEqual(lines(problems), [
    'tenant.yaml:14: warning: tenant production: the source "bcodmo" is not active, so it is not loaded',
    'tenant.yaml:15: warning: tenant production: the source "r2r" is not active, so it is not loaded',
    'tenant.yaml:39: warning: tenant deepoceans: the source "bcodmo" is not active, so it is not loaded',
    'tenant.yaml:40: warning: tenant deepoceans: the source "r2r" is not active, so it is not loaded',
  ]);
});

test("the nabu files name their organizations", () => {
  assert.deepEqual(parseNabuFile({ text: read("eco/nabuconfig.yaml"), file: "n" }), { orgName: "eco", problems: [] });
  const candidates = [
    { file: "scheduler/configs/nabuconfig.yaml", text: null },
    { file: "Docker config nabu-ecrr", text: read("ecrr/nabuconfig.yaml") },
  ];
  assert.deepEqual(orgNameOf({ candidates, project: "eco" }), {
    orgName: "ecrr",
    file: "Docker config nabu-ecrr",
    problems: [],
  });
});
