import assert from "node:assert/strict";
import { test } from "node:test";
import { documents, failure, namespaceRig, prefixOf, type OpenTripleStore } from "./support.ts";

const endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }";

export function registerQueries(open: OpenTripleStore): void {
  test("answers come as the caller asks, and as a stated default otherwise", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    const select = "SELECT ?o { ?s <https://schema.org/name> ?o }";
    const construct = "CONSTRUCT { ?s <urn:is> ?o } WHERE { ?s <https://schema.org/name> ?o }";
    const cases: readonly (readonly [string, string | undefined, string, RegExp])[] = [
      [select, undefined, "application/sparql-results+json", /"value"\s*:\s*"name 1"/u],
      [select, "application/json", "application/sparql-results+json", /"bindings"/u],
      [select, "application/sparql-results+xml", "application/sparql-results+xml", /<literal>name 1<\/literal>/u],
      [select, "text/csv", "text/csv; charset=utf-8", /^o\r?\nname 1\r?\n$/u],
      [select, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8", /^\?o\r?\n.*name 1/u],
      [select, "text/html, text/csv;q=0.4, */*;q=0.1", "text/csv; charset=utf-8", /name 1/u],
      ["ASK { ?s ?p ?o }", undefined, "application/sparql-results+json", /"boolean"\s*:\s*true/u],
      ["ASK { ?s <urn:none> ?o }", "application/sparql-results+xml", "application/sparql-results+xml", /false/u],
      [construct, undefined, "application/n-triples", /^<https:\/\/example\.org\/iris\/1> <urn:is> "name 1" \.\n$/u],
      [construct, "text/turtle", "text/turtle; charset=utf-8", /"name 1"/u],
      [construct, "application/n-quads", "application/n-quads", /<urn:is> "name 1"/u],
      [construct, "application/trig", "application/trig", /"name 1"/u],
      [construct, "application/ld+json", "application/ld+json", /"urn:is"/u],
      [construct, "application/rdf+xml", "application/rdf+xml", /name 1/u],
      ["DESCRIBE <https://example.org/iris/1>", undefined, "application/n-triples", /"name 1"/u],
      [
        `PREFIX s: <https://schema.org/>\n# SELECT\nASK { ?x s:name "name 1" }`,
        undefined,
        "application/sparql-results+json",
        /true/u,
      ],
    ];
    for (const [query, accept, contentType, body] of cases) {
      const answer = await rig.store.query({ namespace: rig.namespace, query, accept });
      assert.equal(answer.contentType, contentType, `${query} as ${accept}`);
      assert.match(answer.body.toString(), body, `${query} as ${accept}`);
    }
    await failure("invalid_request", rig.ask(select, { accept: "image/png" }));
    await failure("invalid_request", rig.ask(construct, { accept: "text/csv" }));
  });

  test("a query without GRAPH sees the union of all graphs", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", `<urn:s> <urn:p> <urn:o> <${prefixOf("iris")}1> .\n`);
    await rig.load("ocean", `<urn:o> <urn:q> "joined" <${prefixOf("ocean")}1> .\n`);
    assert.deepEqual(await rig.select("SELECT ?x { ?s <urn:p>/<urn:q> ?x }"), [{ x: "joined" }]);
    assert.deepEqual(await rig.select("SELECT ?x { GRAPH ?g { ?s <urn:p>/<urn:q> ?x } }"), []);
  });

  test("FROM and the protocol's graphs choose what a query sees", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1, 2, 3]));
    const [one, two] = [1, 2].map((id) => `${prefixOf("iris")}${id}`) as [string, string];
    const all = "{ ?s ?p ?o }";
    const named = "{ GRAPH ?g { ?s ?p ?o } }";
    const count = async (query: string, options = {}): Promise<number> =>
      (await rig.select(`SELECT ?s ?p ?o ${query}`, options)).length;
    assert.equal(await count(`FROM <${one}> ${all}`), 2);
    assert.equal(await count(`FROM <${one}> FROM <${two}> ${all}`), 4);
    assert.equal(await count(`FROM <${one}> ${named}`), 0);
    assert.equal(await count(`FROM NAMED <${one}> ${named}`), 2);
    assert.equal(await count(`FROM NAMED <${one}> ${all}`), 0);
    assert.equal(await count(all, { defaultGraphs: [one, two] }), 4);
    assert.equal(await count(named, { defaultGraphs: [one] }), 0);
    assert.equal(await count(named, { namedGraphs: [two] }), 2);
    assert.equal(await count(all, { namedGraphs: [two] }), 0);
    assert.equal(await count(all, { defaultGraphs: [one], namedGraphs: [two] }), 2);
    await failure("invalid_request", rig.ask(`SELECT * ${all}`, { defaultGraphs: ["not an iri"] }));
  });

  test("what is no query is refused with a reason", async () => {
    await using rig = await namespaceRig(open, "quads");
    for (const query of [
      "",
      "SELECT",
      "SELECT * {",
      "SELECT * { ?s ?p }",
      "INSERT DATA { <urn:s> <urn:p> 1 }",
      "CLEAR ALL",
      "DROP ALL; SELECT * {}",
      "\u0000",
    ]) {
      const error = await failure("sparql_syntax", rig.ask(query));
      assert.match(error.message, /\w/u);
      assert.doesNotMatch(error.message, /\bat (?:java|com|org)\./u);
    }
  });

  test("SERVICE and LOAD are refused in every disguise", async () => {
    await using rig = await namespaceRig(open, "quads");
    const outside = "<http://127.0.0.1:1/sparql> { ?s ?p ?o }";
    for (const query of [
      `SELECT * { SERVICE ${outside} }`,
      `SELECT * { service silent ${outside} }`,
      `SELECT * { \\u0053ERVICE ${outside} }`,
      `SELECT * { { SELECT * { FILTER(1<2)SERVICE${outside} } } }`,
      `SELECT * { # nothing\nSeRvIcE ${outside} }`,
      `SELECT * { ?s ?p true.SERVICE ${outside} }`,
      `SELECT * { ?s ?p 1e5 . SERVICE ?where { ?s ?p ?o } }`,
    ]) {
      const error = await failure("sparql_syntax", rig.ask(query));
      assert.match(error.message, /SERVICE is refused/u, query);
    }
    for (const update of [
      "LOAD <http://127.0.0.1:1/x.nq>",
      "LOAD SILENT <file:///etc/passwd>",
      "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 1 } } ; \\u004cOAD <http://127.0.0.1:1/x>",
      `INSERT { GRAPH <urn:g> { ?s ?p ?o } } WHERE { SERVICE ${outside} }`,
    ]) {
      assert.match((await failure("sparql_syntax", rig.update(update))).message, /is refused/u, update);
    }
    assert.equal(await rig.count(), 0);
  });

  test("the words SERVICE and LOAD are fine where they are no keywords", async () => {
    await using rig = await namespaceRig(open, "quads");
    const answer = await rig.ask(
      'PREFIX service: <urn:load:> SELECT ?load { BIND("SERVICE" AS ?load) FILTER NOT EXISTS { ?service service:load <urn:SERVICE> } # LOAD\n }',
    );
    assert.match(answer, /"SERVICE"/u);
  });

  test("a query that never ends is ended, and others go on", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load(
      "iris",
      documents(
        "iris",
        Array.from({ length: 200 }, (_, index) => index),
      ),
    );
    const [error, counts] = await Promise.all([
      failure("query_limit", rig.ask(endless, { timeoutMs: 1_500 })),
      Promise.all([rig.count(), rig.count()]),
    ]);
    assert.match(error.message, /1500 ms/u);
    assert.deepEqual(counts, [400, 400]);
    assert.equal(await rig.count(), 400);
    await rig.load("iris", documents("iris", [1]));
    assert.equal(await rig.count(), 2);
  });

  test("an answer over its size is refused, and the next query is answered", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load(
      "iris",
      documents(
        "iris",
        Array.from({ length: 100 }, (_, index) => index),
      ),
    );
    const error = await failure("query_limit", rig.ask("SELECT * { ?s ?p ?o }", { maxBytes: 2_000 }));
    assert.match(error.message, /2000/u);
    assert.equal(await rig.count(), 200);
  });

  test("a caller that leaves is let go at once", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load(
      "iris",
      documents(
        "iris",
        Array.from({ length: 200 }, (_, index) => index),
      ),
    );
    const abort = new AbortController();
    const query = rig.ask(endless, { signal: abort.signal });
    abort.abort(new Error("the reader left"));
    await assert.rejects(query, /the reader left/u);
    await assert.rejects(rig.ask("ASK {}", { signal: abort.signal }), /the reader left/u);
    assert.equal(await rig.count(), 400);
  });
}
