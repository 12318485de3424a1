import assert from "node:assert/strict";
import { test } from "node:test";
import { documents, failure, namespaceRig, prefixOf, type OpenTripleStore } from "./support.ts";

const head = "@prefix schema: <https://schema.org/> .\n";

function summary(unit: string, ids: readonly number[]): string {
  const rows = ids.map(
    (id) =>
      `<${prefixOf(unit)}${id}> a schema:Dataset ; schema:name "Data ${id}" ;\n` +
      `  schema:publisher [ schema:name "P" ; schema:parent [ schema:name "Q ${id}" ] ] .\n`,
  );
  return head + rows.join("");
}

export function registerTriples(open: OpenTripleStore): void {
  test("Turtle is loaded into a triples namespace, with what hangs from its subjects", async () => {
    await using rig = await namespaceRig(open, "triples");
    const outcome = await rig.load("iris", summary("iris", [1, 2]), "text/turtle");
    assert.deepEqual(outcome, { statements: 12, replaced: 0, goneGraphs: [], goneGraphCount: 0 });
    assert.equal(await rig.count(), 12);
  });

  test("a summary that is loaded again leaves no blank node behind", async () => {
    await using rig = await namespaceRig(open, "triples");
    await rig.load("ocean", summary("ocean", [1]), "text/turtle");
    await rig.load("iris", summary("iris", [1, 2]), "text/turtle");
    const outcome = await rig.load("iris", summary("iris", [2, 3]), "text/turtle");
    assert.equal(outcome.replaced, 12);
    assert.deepEqual(outcome.goneGraphs, [`${prefixOf("iris")}1`]);
    assert.equal(await rig.count(), 18);
    const names = await rig.select(
      "SELECT ?n { ?s <https://schema.org/publisher>/<https://schema.org/parent>/<https://schema.org/name> ?n } ORDER BY ?n",
    );
    assert.deepEqual(
      names.map(({ n }) => n),
      ["Q 1", "Q 2", "Q 3"],
    );
  });

  test("a summary without blank nodes is replaced subject by subject", async () => {
    await using rig = await namespaceRig(open, "triples");
    const plain = (ids: readonly number[]): string =>
      head + ids.map((id) => `<${prefixOf("iris")}${id}> schema:name "Data ${id}", "Other" .\n`).join("");
    await rig.load("iris", plain([1, 2, 3]), "text/turtle");
    assert.equal(await rig.count(), 6);
    const outcome = await rig.load("iris", plain([3, 4]), "text/turtle");
    assert.deepEqual(outcome, {
      statements: 4,
      replaced: 6,
      goneGraphs: [1, 2].map((id) => `${prefixOf("iris")}${id}`),
      goneGraphCount: 2,
    });
    assert.equal(await rig.count(), 4);
  });

  test("removing takes the subjects and what hangs from them", async () => {
    await using rig = await namespaceRig(open, "triples");
    await rig.load("iris", summary("iris", [1, 2]), "text/turtle");
    await rig.load("iris2", summary("iris2", [1]), "text/turtle");
    const graphs = [1, 2].map((id) => `${prefixOf("iris")}${id}`);
    assert.deepEqual(await rig.remove("iris"), { statements: 12, graphs, graphCount: 2 });
    assert.equal(await rig.count(), 6);
  });

  test("the graph of a quad is dropped", async () => {
    await using rig = await namespaceRig(open, "triples");
    const subject = `<${prefixOf("iris")}1>`;
    const body = `${subject} <urn:p> "x" <urn:g:1> .\n${subject} <urn:p> "x" <urn:g:2> .\n${subject} <urn:p> "y" .\n`;
    assert.equal((await rig.load("iris", body)).statements, 2);
    assert.equal(await rig.count(), 2);
  });

  test("a subject outside of the scope refuses the load, and so does a blank node that hangs from none", async () => {
    await using rig = await namespaceRig(open, "triples");
    const inside = `<${prefixOf("iris")}1> <urn:p> _:a .\n_:a <urn:p> "x" .\n`;
    await failure("load_scope", rig.load("iris", documents("iris", [1])));
    await failure("load_scope", rig.load("iris", `${inside}_:stray <urn:p> _:a .\n`));
    await failure("load_scope", rig.load("iris", `${inside}_:c <urn:p> _:d .\n_:d <urn:p> _:c .\n`));
    assert.equal(await rig.count(), 0);
    assert.equal((await rig.load("iris", inside)).statements, 2);
  });

  test("a bad line of Turtle is named", async () => {
    await using rig = await namespaceRig(open, "triples");
    const error = await failure(
      "rdf_syntax",
      rig.load("iris", `${summary("iris", [1])}<urn:a> oops .\n`, "text/turtle"),
    );
    assert.equal(error.details?.["line"], 4);
    assert.equal(await rig.count(), 0);
  });

  test("GRAPH is refused in a triples namespace", async () => {
    await using rig = await namespaceRig(open, "triples");
    await failure("sparql_syntax", rig.ask("SELECT * { GRAPH ?g { ?s ?p ?o } }"));
    await failure("sparql_syntax", rig.update("INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 1 } }"));
    assert.equal(await rig.count(), 0);
  });

  test("what an update put into the scope goes with the next load, the rest stays", async () => {
    await using rig = await namespaceRig(open, "triples");
    await rig.load("iris", summary("iris", [1]), "text/turtle");
    await rig.update(
      `INSERT DATA { <${prefixOf("iris")}9> <urn:p> [ <urn:q> "hangs" ] . <urn:else> <urn:p> [ <urn:q> "stays" ] }`,
    );
    assert.equal(await rig.count(), 10);
    const outcome = await rig.load("iris", summary("iris", [1]), "text/turtle");
    assert.equal(outcome.replaced, 8);
    assert.deepEqual(outcome.goneGraphs, [`${prefixOf("iris")}9`]);
    assert.equal(await rig.count(), 8);
    assert.deepEqual(await rig.select("SELECT ?q { <urn:else> <urn:p>/<urn:q> ?q }"), [{ q: "stays" }]);
  });
}
