import assert from "node:assert/strict";
import { test } from "node:test";
import { loadReportGraph } from "../../../assets/reports/load-report-graph.ts";
import type { LoadReportGraphParams } from "../../../assets/reports/load-report-graph.ts";
import { EngineError } from "../../../engine/index.ts";
import { queryableTriples } from "../../rigs/oxigraph-triples.ts";
import { BUCKET, listing, summonedRig } from "../../rigs/summoned.ts";

const source = { name: "iris", url: "https://iris.example/sitemap.xml", sourceType: "sitemap" };

function quads(urns: readonly string[]): string {
  return urns.map((urn) => `<https://x.example/s> <https://schema.org/name> "n" <${urn}> .\n`).join("");
}

const data = (id: string, org = "eco", name = "iris"): string => `urn:gleaner.io:${org}:${name}:data:${id}`;

async function rig(ids: readonly string[]) {
  const { clock, store, summon } = await summonedRig();
  for (const id of ids) await summon("iris", `${id}.jsonld`, { url: `https://iris.example/${id}` });
  const tripleStore = queryableTriples();
  const report = (params: Partial<LoadReportGraphParams> = {}) =>
    loadReportGraph({
      store,
      bucket: BUCKET,
      source,
      sitemapUrls: listing(ids.map((id) => `https://iris.example/${id}`)),
      clock,
      tripleStore,
      orgName: "eco",
      namedNamespace: null,
      tenants: [{ community: "dev", mainNamespace: "dev_main" }],
      ...params,
    });
  return { report, tripleStore, summon };
}

test("documents that the graph lacks are listed, and the S3 part is there too", async () => {
  const { report, tripleStore } = await rig(["a", "b", "c"]);
  tripleStore.fill("dev_main", "quads", quads([data("a"), data("c")]));
  const { report: found, tenants } = await report();
  assert.equal(found.sitemap_count, 3);
  assert.equal(found.summoned_count, 3);
  assert.deepEqual(Object.entries(found).slice(-5), [
    ["summon_list_s3_sha_time", 0],
    ["graph_sha_urn_time", 0],
    ["graph_urn_count", 2],
    ["missing_summon_graph_count", 1],
    ["missing_summon_graph", ["b"]],
  ]);
  assert.equal(found.graph, "/sparql/dev_main");
  assert.deepEqual(tenants, [{ tenant: "dev", namespace: "dev_main", graphUrnCount: 2, missingSummonGraphCount: 1 }]);
});

test("only data graphs of exactly this source and organization count", async () => {
  const { report, tripleStore } = await rig(["a"]);
  const others = [
    data("a", "eco", "iris2"),
    data("a", "oih", "iris"),
    "urn:gleaner.io:eco:iris:prov:a",
    "urn:gleaner.io:eco:iris:datacatalog:a",
    "urn:gleaner.io:eco:obis:data:iris",
  ];
  tripleStore.fill("dev_main", "quads", quads(others));
  const { report: found } = await report();
  assert.deepEqual([found.graph_urn_count, found.missing_summon_graph], [0, ["a"]]);
});

test("missing in any of the tenants' namespaces counts as missing, with counts for each", async () => {
  const { report, tripleStore } = await rig(["a", "b", "c"]);
  tripleStore.fill("dev_main", "quads", quads([data("a"), data("b")]));
  tripleStore.fill("all_main", "quads", quads([data("b"), data("c"), data("gone")]));
  const { report: found, tenants } = await report({
    tenants: [
      { community: "dev", mainNamespace: "dev_main" },
      { community: "all", mainNamespace: "all_main" },
    ],
    graphEndpoint: (namespace) => `https://g.example/namespace/${namespace}/sparql`,
  });
  assert.deepEqual([found.graph_urn_count, found.missing_summon_graph], [1, ["a", "c"]]);
  assert.equal(found.graph, "https://g.example/namespace/dev_main/sparql https://g.example/namespace/all_main/sparql");
  assert.deepEqual(tenants, [
    { tenant: "dev", namespace: "dev_main", graphUrnCount: 2, missingSummonGraphCount: 1 },
    { tenant: "all", namespace: "all_main", graphUrnCount: 3, missingSummonGraphCount: 1 },
  ]);
});

test("the named namespace is asked where it exists, and nothing else", async () => {
  const { report, tripleStore } = await rig(["a"]);
  tripleStore.fill("earthcube", "quads", quads([data("a")]));
  tripleStore.fill("dev_main", "quads", "");
  const { report: found, tenants } = await report({ namedNamespace: "earthcube" });
  assert.deepEqual([found.graph, found.missing_summon_graph], ["/sparql/earthcube", []]);
  assert.deepEqual(tenants, [{ tenant: null, namespace: "earthcube", graphUrnCount: 1, missingSummonGraphCount: 0 }]);
});

test("a named namespace that does not exist leaves the tenants' to be asked", async () => {
  const { report, tripleStore } = await rig(["a"]);
  tripleStore.fill("dev_main", "quads", quads([data("a")]));
  const { report: found } = await report({ namedNamespace: "earthcube" });
  assert.deepEqual([found.graph, found.graph_urn_count, found.graph_error], ["/sparql/dev_main", 1, undefined]);
});

test("a namespace that is missing, and one of triples, are told and hold nothing", async () => {
  const { report, tripleStore } = await rig(["a"]);
  tripleStore.fill("dev_main", "triples", "");
  const { report: found, tenants } = await report({
    tenants: [
      { community: "dev", mainNamespace: "dev_main" },
      { community: "all", mainNamespace: "none" },
    ],
  });
  assert.equal(
    found.graph_error,
    "the namespace dev_main holds triples, so it has no graphs to ask for; there is no namespace none",
  );
  assert.deepEqual([found.graph_urn_count, found.missing_summon_graph], [0, ["a"]]);
  assert.deepEqual(
    tenants.map(({ missingSummonGraphCount }) => missingSummonGraphCount),
    [1, 1],
  );
});

test("a source of no tenant has no graph, and the report says why", async () => {
  const { report } = await rig(["a"]);
  const { report: found, tenants } = await report({ tenants: [] });
  assert.deepEqual(
    [found.graph, found.graph_urn_count, found.missing_summon_graph_count, found.missing_summon_graph, tenants],
    [null, null, null, [], []],
  );
  assert.equal(found.graph_error, "no namespace to ask: the source belongs to no tenant");
});

test("a source with no objects misses nothing in the graph", async () => {
  const { report, tripleStore } = await rig([]);
  tripleStore.fill("dev_main", "quads", quads([data("old")]));
  const { report: found } = await report();
  assert.deepEqual([found.graph_urn_count, found.missing_summon_graph], [1, []]);
});

test("a dead sitemap does not keep the graph from being asked", async () => {
  const { report, tripleStore } = await rig(["a"]);
  tripleStore.fill("dev_main", "quads", quads([data("a")]));
  const { report: found } = await report({ sitemapUrls: listing([], new Error("answered 500")) });
  assert.deepEqual([found.sitemap_error, found.sitemap_count, found.graph_urn_count], ["answered 500", null, 1]);
});

test("tenants that share a namespace have it asked once", async () => {
  const { report, tripleStore } = await rig(["a"]);
  tripleStore.fill("dev_main", "quads", quads([data("a")]));
  const { tenants } = await report({
    tenants: [
      { community: "dev", mainNamespace: "dev_main" },
      { community: "all", mainNamespace: "dev_main" },
    ],
  });
  assert.equal(tripleStore.queries.length, 1);
  assert.equal(tenants.length, 2);
});

test("ids that a URN has to encode are found again", async () => {
  const { report, tripleStore, summon } = await rig([]);
  await summon("iris", "a:b ü.jsonld", { url: "https://iris.example/x" });
  tripleStore.fill("dev_main", "quads", quads([data("a%3Ab%20%C3%BC")]));
  assert.deepEqual((await report()).report.missing_summon_graph, []);
});

test("a triplestore that does not answer fails the report", async () => {
  const { report, tripleStore } = await rig(["a"]);
  tripleStore.fill("dev_main", "quads", "");
  const down = {
    ...tripleStore,
    query: () => Promise.reject(new EngineError("triplestore_unavailable", "down", { retryable: true })),
  };
  await assert.rejects(report({ tripleStore: down }), { code: "triplestore_unavailable" });
});
