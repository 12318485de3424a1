import assert from "node:assert/strict";
import { test } from "node:test";
import {
  documents,
  failure,
  namespaceRig,
  prefixOf,
  type OpenTripleStore,
  type TripleStoreDifferences,
} from "./support.ts";

export function registerUpdates(open: OpenTripleStore, differences: TripleStoreDifferences): void {
  test("an update inserts and deletes, and the next query sees it", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1, 2]));
    await rig.update('INSERT DATA { GRAPH <urn:notes:1> { <urn:s> <urn:p> "a", "b" } }');
    assert.equal(await rig.count(), 6);
    await rig.update(
      `DELETE { GRAPH ?g { ?s ?p "a" } } WHERE { GRAPH ?g { ?s ?p "a" } } ; DROP GRAPH <${prefixOf("iris")}2>`,
    );
    assert.equal(await rig.count(), 3);
  });

  test("an update that fails half way changes nothing", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    await failure("sparql_syntax", rig.update("INSERT DATA { <urn:s> <urn:p> 1 } ; DELETE DATA { <urn:s> ?p 1 }"));
    await failure("sparql_syntax", rig.update("SELECT * {}"));
    await failure("sparql_syntax", rig.update("INSERT DATA {"));
    assert.equal(await rig.count(), 2);
  });

  test("an update that never ends is ended and leaves nothing", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load(
      "iris",
      documents(
        "iris",
        Array.from({ length: 200 }, (_, index) => index),
      ),
    );
    const update =
      "INSERT { GRAPH <urn:g> { <urn:s> <urn:p> ?n } } WHERE { { SELECT (COUNT(*) AS ?n) " +
      "{ GRAPH ?g1 { ?a ?b ?c } GRAPH ?g2 { ?d ?e ?f } GRAPH ?g3 { ?g ?h ?i } GRAPH ?g4 { ?j ?k ?l } } } }";
    await failure("query_limit", rig.store.update({ namespace: rig.namespace, update, timeoutMs: 1_500 }));
    assert.equal(await rig.count(), 400);
  });

  test("what an update put into a scope goes with its next load, what it put elsewhere stays", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    await rig.update(
      `INSERT DATA { GRAPH <${prefixOf("iris")}note> { <urn:s> <urn:p> "in" } GRAPH <urn:notes:1> { <urn:s> <urn:p> "out" } }`,
    );
    const outcome = await rig.load("iris", documents("iris", [1]));
    assert.equal(outcome.replaced, 3);
    assert.deepEqual(outcome.goneGraphs, [`${prefixOf("iris")}note`]);
    assert.deepEqual(await rig.select("SELECT ?o { ?s <urn:p> ?o }"), [{ o: "out" }]);
  });

  test("a unit that is loaded first after an update takes what the update had put into its scope", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.update(
      `INSERT DATA { GRAPH <${prefixOf("iris")}1> { <urn:s> <urn:p> "in" } GRAPH <urn:notes:1> { <urn:s> <urn:p> "out" } }`,
    );
    const outcome = await rig.load("iris", documents("iris", [1]));
    assert.equal(outcome.replaced, 1);
    assert.equal(outcome.goneGraphCount, 0);
    assert.equal(await rig.count(), 3);
    assert.equal((await rig.remove("iris")).statements, 2);
    assert.equal(await rig.count(), 1);
  });

  test("the WHERE of an update sees what its adapter says", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    await rig.update("INSERT { GRAPH <urn:copy> { ?s <urn:seen> true } } WHERE { ?s <https://schema.org/name> ?o }");
    assert.equal(await rig.count(), differences.updatesSeeUnion ? 3 : 2);
  });

  test("a number is kept by its value, whatever its spelling, and so is its neighbour", async () => {
    await using rig = await namespaceRig(open, "quads");
    const line = (lexical: string): string =>
      `<urn:s> <urn:p> "${lexical}"^^<${XSD}integer> <${prefixOf("iris")}1> .\n`;
    const values = async (): Promise<string[]> =>
      (await rig.select(`SELECT (<${XSD}integer>(?o) + 1 AS ?n) { ?s ?p ?o } ORDER BY ?n`)).map(({ n }) => n ?? "");
    for (let round = 0; round < 2; round++) {
      await rig.load("iris", line("007") + line("7") + line("8"));
      assert.deepEqual(await values(), ["8", "9"]);
      await rig.load("iris", line("7"));
      assert.deepEqual(await values(), ["8"]);
    }
  });
}

const XSD = "http://www.w3.org/2001/XMLSchema#";
