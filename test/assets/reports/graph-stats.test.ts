import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createGraphCounter, MAX_DISTINCT_VALUES, MAX_DOCUMENT_FACTS } from "../../../assets/reports/graph-counts.ts";
import { graphStats, MAX_ROWS } from "../../../assets/reports/graph-stats.ts";
import type { GraphStats } from "../../../assets/reports/graph-stats.ts";
import { EngineError } from "../../../engine/index.ts";
import type { ObjectStore } from "../../../engine/index.ts";
import { queryableTriples } from "../../rigs/oxigraph-triples.ts";
import { BUCKET, summonedRig } from "../../rigs/summoned.ts";

async function statsOf(release: string | null, source = "iris"): Promise<GraphStats> {
  const { clock, store } = await summonedRig();
  if (release !== null) {
    await store.put({ bucket: BUCKET, key: `graphs/latest/${source}_release.nq`, body: release });
  }
  return graphStats({ store, bucket: BUCKET, source, clock });
}

function dataOf(stats: GraphStats, report: string): readonly unknown[] {
  return stats.reports.find((part) => part.report === report)?.data ?? ["no such part"];
}

const SCHEMA = "https://schema.org/";
const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

interface Statement {
  readonly subject?: string;
  readonly predicate: string;
  readonly object: string;
  readonly graph?: string;
}

/** Statements in graphs `urn:gleaner.io:eco:<graph>`. */
function release(statements: readonly Statement[]): string {
  return statements
    .map(({ subject = "s:", predicate, object, graph = "iris:data:a" }) => {
      return `<${subject}> <${predicate}> ${object} <urn:gleaner.io:eco:${graph}> .\n`;
    })
    .join("");
}

const named = (object: string, graph?: string): Statement => {
  const statement = { predicate: `${SCHEMA}name`, object: `"${object}"` };
  return graph === undefined ? statement : { ...statement, graph };
};

test("an empty release has zero triples and datasets, and no rows", async () => {
  assert.deepEqual(await statsOf(""), {
    version: 0,
    repo: "iris",
    date: "2026-03-01",
    reports: [
      { report: "triple_count", processing_time: 0, length: 1, data: [{ tripelcount: 0 }] },
      { report: "dataset_count", processing_time: 0, length: 1, data: [{ datasetcount: 0 }] },
      { report: "type_count", processing_time: 0, length: 0, data: [] },
      { report: "kw_count", processing_time: 0, length: 0, data: [] },
      { report: "variablename_count", processing_time: 0, length: 0, data: [] },
      { report: "version_count", processing_time: 0, length: 0, data: [] },
      { report: "graph_sizes_count", processing_time: 0, length: 0, data: [] },
    ],
  });
});

test("without a release every part says so in errpr", async () => {
  const stats = await statsOf(null);
  assert.equal(stats.reports.length, 7);
  for (const part of stats.reports) {
    const { report, ...rest } = part;
    const errpr = "there is no release at graphs/latest/iris_release.nq";
    assert.deepEqual(rest, { errpr, processing_time: 0, data: [] }, report);
  }
});

/** The queries of earthcube-utilities, with the graphs of one source instead of those whose IRI contains its name. */
function queriesOf(prefix: string): Readonly<Record<string, string>> {
  const ofSource = `FILTER(STRSTARTS(STR(?g), "${prefix}"))`;
  return {
    triple_count: `SELECT (COUNT(*) AS ?tripelcount) { GRAPH ?g { ?s ?p ?o } ${ofSource} }`,
    dataset_count: `SELECT (COUNT(?g) AS ?datasetcount) { GRAPH ?g { ?s a <${SCHEMA}Dataset> } ${ofSource} }`,
    type_count: `SELECT ?type (COUNT(DISTINCT ?s) AS ?scount) { GRAPH ?g { ?s a ?type } ${ofSource} } GROUP BY ?type`,
    kw_count: `SELECT ?keyword (COUNT(DISTINCT ?s) AS ?scount) { GRAPH ?g { ?s <${SCHEMA}keywords> ?keyword }
      ${ofSource} } GROUP BY ?keyword`,
    variablename_count: `SELECT ?variableName (COUNT(DISTINCT ?s) AS ?scount) {
      GRAPH ?g { ?s <${SCHEMA}variableMeasured> ?v . ?v <${SCHEMA}name> ?variableName } ${ofSource} }
      GROUP BY ?variableName`,
    version_count: `SELECT ?g (COUNT(DISTINCT ?s) AS ?versionscount) { GRAPH ?g { ?s <${SCHEMA}version> ?v } ${ofSource} }
      GROUP BY ?g HAVING(COUNT(DISTINCT ?s) > 1)`,
    graph_sizes_count: `SELECT ?triple_per_jsonld (COUNT(?triple_per_jsonld) AS ?count) {
      SELECT ?g (COUNT(?s) AS ?triple_per_jsonld) { GRAPH ?g { ?s ?p ?o } ${ofSource} } GROUP BY ?g
    } GROUP BY ?triple_per_jsonld`,
  };
}

/** Values as text, since a SPARQL answer holds nothing else; rows in an order of their own. */
function comparable(rows: readonly unknown[]): readonly string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row as object).map(([key, value]) => [key, String(value)])))
    .toSorted();
}

const realReleases: readonly (readonly [string, string])[] = [
  ["iris", "urn:ec-geocodes:iris:"],
  ["depth_test", "urn:gleaner.io:eco:depth_test:"],
  ["ocean", "urn:gleaner.io:"],
];

for (const [source, prefix] of realReleases) {
  test(`the counts of ${source}'s real release are those of the SPARQL queries that they stand for`, async () => {
    const text = readFileSync(new URL(`../../data/reports/${source}_release.nq`, import.meta.url), "utf8");
    const stats = await statsOf(text, source);
    const triples = queryableTriples();
    triples.fill("ns", "quads", text);
    assert.notDeepEqual(dataOf(stats, "triple_count"), [{ tripelcount: 0 }]);
    for (const [report, query] of Object.entries(queriesOf(prefix))) {
      const { body } = await triples.query({ namespace: "ns", query });
      const answer = JSON.parse(body.toString("utf8")) as {
        results: { bindings: Record<string, { value: string }>[] };
      };
      const rows = answer.results.bindings.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, value])),
      );
      assert.deepEqual(comparable(dataOf(stats, report)), comparable(rows), report);
    }
    assert.equal(stats.invalid_lines, undefined);
  });
}

test("graphs of a source whose name begins or ends with this one's do not count", async () => {
  const text = release([
    named("1"),
    named("2", "iris2:data:b"),
    named("3", "2iris:data:c"),
    named("4", "obis:data:iris"),
    named("5", "obis:iris:x"),
  ]);
  assert.deepEqual(dataOf(await statsOf(text), "triple_count"), [{ tripelcount: 1 }]);
});

test("an organization named like the source does not make its graphs the source's", async () => {
  const text = `<s:> <p:> <o:> <urn:gleaner.io:iris:obis:data:a> .\n`;
  assert.deepEqual(dataOf(await statsOf(text), "triple_count"), [{ tripelcount: 0 }]);
});

test("graph names of older releases count too", async () => {
  const graphs = [
    "urn:ec-geocodes:iris:1",
    "urn:gleaner:summoned:iris:2",
    "urn:gleaner:summoned:obis:3",
    "urn:b:obis:4",
  ];
  const text = graphs.map((graph) => `<s:> <p:> <o:> <${graph}> .\n`).join("");
  assert.deepEqual(dataOf(await statsOf(text), "triple_count"), [{ tripelcount: 2 }]);
});

test("a subject counts once for a type, in however many documents it stands", async () => {
  const typed = (graph: string, subject: string): Statement => {
    return { subject, predicate: TYPE, object: `<${SCHEMA}Dataset>`, graph };
  };
  const stats = await statsOf(
    release([typed("iris:data:a", "x:1"), typed("iris:data:b", "x:1"), typed("iris:data:b", "x:2")]),
  );
  assert.deepEqual(dataOf(stats, "type_count"), [{ type: `${SCHEMA}Dataset`, scount: 2 }]);
  assert.deepEqual(dataOf(stats, "dataset_count"), [{ datasetcount: 3 }]);
});

test("rows come by falling count, then by value, and empty values are left out", async () => {
  const keyword = (subject: string, text: string): Statement => {
    return { subject, predicate: `${SCHEMA}keywords`, object: `"${text}"` };
  };
  const text = release([keyword("x:1", "b"), keyword("x:1", "a"), keyword("x:1", ""), keyword("x:2", "c\\u00FC")]);
  const stats = await statsOf(text + release([keyword("x:3", "c\\u00FC")]));
  assert.deepEqual(dataOf(stats, "kw_count"), [
    { keyword: "cü", scount: 2 },
    { keyword: "a", scount: 1 },
    { keyword: "b", scount: 1 },
  ]);
});

test("lines that are no statements are counted, and the others go on", async () => {
  const text = `${release([named("1")])}broken\n\n# note\n<s:> <p:> .\n${release([named("2")])}`;
  const stats = await statsOf(text);
  assert.equal(stats.invalid_lines, 2);
  assert.deepEqual(dataOf(stats, "triple_count"), [{ tripelcount: 2 }]);
});

test("rows over the limit are cut off, and said to be", async () => {
  const many = Array.from({ length: MAX_ROWS + 5 }, (_, index): Statement => {
    return { predicate: `${SCHEMA}keywords`, object: `"${index}"` };
  });
  const part = (await statsOf(release(many))).reports.find(({ report }) => report === "kw_count");
  assert.ok(part !== undefined && "length" in part);
  assert.deepEqual([part.length, part.data.length, part.rows_left_out], [MAX_ROWS, MAX_ROWS, 5]);
});

test("distinct values over the limit are left out, and counted as such", () => {
  const counter = createGraphCounter();
  for (let index = 0; index < MAX_DISTINCT_VALUES + 3; index += 1) {
    counter.add({
      subject: "s:",
      predicate: `${SCHEMA}keywords`,
      object: `${index}`,
      objectIsLiteral: true,
      graph: "g:",
    });
  }
  const { keywords, leftOut, triples } = counter.finish();
  assert.deepEqual([keywords.length, leftOut, triples], [MAX_DISTINCT_VALUES, 3, MAX_DISTINCT_VALUES + 3]);
});

test("facts of one document over the limit are left out, and the next document has its own", () => {
  const counter = createGraphCounter();
  const version = (index: number, graph: string) =>
    counter.add({
      subject: `s:${index}`,
      predicate: `${SCHEMA}version`,
      object: "1",
      objectIsLiteral: true,
      graph,
    });
  for (let index = 0; index < MAX_DOCUMENT_FACTS + 2; index += 1) version(index, "g:1");
  for (let index = 0; index < 3; index += 1) version(index, "g:2");
  const { versions, leftOut } = counter.finish();
  assert.deepEqual(versions, [
    { value: "g:1", count: MAX_DOCUMENT_FACTS },
    { value: "g:2", count: 3 },
  ]);
  assert.equal(leftOut, 2);
});

test("a store that fails while the release is read fails the report", async () => {
  const { clock, store } = await summonedRig();
  await store.put({ bucket: BUCKET, key: "graphs/latest/iris_release.nq", body: release([named("1")]) });
  const failing: ObjectStore = {
    ...store,
    async get(ref) {
      const { details, body } = await store.get(ref);
      body.destroy(new EngineError("store_unavailable", "cut off", { retryable: true }));
      return { details, body };
    },
  };
  await assert.rejects(graphStats({ store: failing, bucket: BUCKET, source: "iris", clock }), {
    code: "store_unavailable",
  });
});

test("an aborted count ends with the signal's reason, even where the store goes on reading", async () => {
  const { clock, store } = await summonedRig();
  const text = release(Array<Statement>(5_000).fill(named("1")));
  await store.put({ bucket: BUCKET, key: "graphs/latest/iris_release.nq", body: text });
  const abort = new AbortController();
  const deaf: ObjectStore = {
    ...store,
    get: async ({ bucket, key }) => {
      const reading = await store.get({ bucket, key });
      abort.abort(new EngineError("canceled", "stop"));
      return reading;
    },
  };
  const counting = graphStats({ store: deaf, bucket: BUCKET, source: "iris", clock, signal: abort.signal });
  await assert.rejects(counting, { code: "canceled" });
});
