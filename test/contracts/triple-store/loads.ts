import assert from "node:assert/strict";
import { test } from "node:test";
import { chunked, documents, failure, namespaceRig, prefixOf, type OpenTripleStore } from "./support.ts";

export function registerLoads(open: OpenTripleStore): void {
  test("a first load is all that the namespace then holds", async () => {
    await using rig = await namespaceRig(open, "quads");
    const outcome = await rig.load("iris", documents("iris", [1, 2, 3]));
    assert.deepEqual(outcome, { statements: 6, replaced: 0, goneGraphs: [], goneGraphCount: 0 });
    assert.equal(await rig.count(), 6);
  });

  test("a statement that a body repeats counts once", async () => {
    await using rig = await namespaceRig(open, "quads");
    const outcome = await rig.load("iris", documents("iris", [1, 2]) + documents("iris", [2, 1]));
    assert.equal(outcome.statements, 4);
    assert.equal(await rig.count(), 4);
  });

  test("a load replaces what its scope held, and names the graphs that are gone", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1, 2, 3, 4]));
    await rig.load("ocean", documents("ocean", [1]));
    const outcome = await rig.load("iris", documents("iris", [2, 5], "new name"));
    assert.deepEqual(outcome, {
      statements: 4,
      replaced: 8,
      goneGraphs: [1, 3, 4].map((id) => `${prefixOf("iris")}${id}`),
      goneGraphCount: 3,
    });
    assert.equal(await rig.count(), 6);
    const names = await rig.select("SELECT ?n { ?s <https://schema.org/name> ?n } ORDER BY ?n");
    assert.deepEqual(
      names.map(({ n }) => n),
      ["name 1", "new name 2", "new name 5"],
    );
    const graphs = await rig.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g");
    assert.equal(graphs.length, 3);
  });

  test("a graph of which something is left is not gone, whatever went", async () => {
    await using rig = await namespaceRig(open, "quads");
    const graph = `<${prefixOf("iris")}1>`;
    const line = (predicate: string): string => `<urn:s> <urn:${predicate}> "x" ${graph} .\n`;
    for (const [before, after] of [
      ["abc", "ab"],
      ["abc", "bc"],
      ["abc", "d"],
    ] as const) {
      await rig.load("iris", before.split("").map(line).join(""));
      const outcome = await rig.load("iris", after.split("").map(line).join(""));
      assert.equal(outcome.replaced, 3);
      assert.deepEqual(outcome.goneGraphs, []);
      assert.equal(await rig.count(), after.length);
    }
  });

  test("a source whose name begins with another's is left alone", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris2", documents("iris2", [1]));
    await rig.load("iris", documents("iris", [1]));
    await rig.load("iris", documents("iris", [2]));
    await rig.remove("iris");
    assert.equal(await rig.count(), 2);
  });

  test("the same body loaded again changes nothing, blank nodes among it", async () => {
    await using rig = await namespaceRig(open, "quads");
    const graph = `<${prefixOf("iris")}1>`;
    const body =
      `<https://example.org/1> <urn:creator> _:a ${graph} .\n` +
      `_:a <urn:name> "A" ${graph} .\n_:a <urn:knows> _:b ${graph} .\n_:b <urn:name> "B" ${graph} .\n`;
    for (let round = 0; round < 3; round++) {
      const outcome = await rig.load("iris", body + documents("iris", [2]));
      assert.equal(outcome.statements, 6);
      assert.equal(outcome.replaced, round === 0 ? 0 : 6);
      assert.equal(outcome.goneGraphCount, 0);
      assert.equal(await rig.count(), 6);
    }
    const found = await rig.select("SELECT ?n { ?s <urn:creator>/<urn:knows>/<urn:name> ?n FILTER(isIRI(?s)) }");
    assert.deepEqual(found, [{ n: "B" }]);
  });

  test("blank nodes of two units with the same label stay two", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", `_:b <urn:left> "l" <${prefixOf("iris")}1> .\n`);
    await rig.load("ocean", `_:b <urn:right> "r" <${prefixOf("ocean")}1> .\n`);
    assert.deepEqual(await rig.select("SELECT * { ?b <urn:left> ?l . ?b <urn:right> ?r }"), []);
    assert.equal(await rig.count(), 2);
  });

  test("one bad line refuses the whole load and names the line", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1, 2]));
    const bad = `${documents("iris", [7])}<https://example.org/x> <urn:p> unquoted <${prefixOf("iris")}8> .\n`;
    const error = await failure("rdf_syntax", rig.load("iris", bad + documents("iris", [9])));
    assert.equal(error.details?.["line"], 3);
    assert.equal(await rig.count(), 4);
    assert.deepEqual(await rig.select(`SELECT * { GRAPH <${prefixOf("iris")}7> { ?s ?p ?o } }`), []);
  });

  test("relative IRIs, bytes that are no UTF-8, and a cut line are refused", async () => {
    await using rig = await namespaceRig(open, "quads");
    const graph = `<${prefixOf("iris")}1>`;
    const bad = [
      Buffer.from(`<rel> <urn:p> "x" ${graph} .\n`),
      Buffer.concat([Buffer.from('<urn:s> <urn:p> "'), Buffer.from([0xff, 0xfe]), Buffer.from(`" ${graph} .\n`)]),
      Buffer.from(`<urn:s> <urn:p> "x" ${graph} .\n<urn:s> <urn:p> "y`),
      Buffer.from(`<urn:s> <urn:p> <urn:with space> ${graph} .\n`),
    ];
    for (const body of bad)
      await failure(
        "rdf_syntax",
        rig.load(
          "iris",
          (async function* () {
            yield body;
          })(),
        ),
      );
    assert.equal(await rig.count(), 0);
  });

  test("a statement outside of the scope refuses the whole load", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    const inside = documents("iris", [2]);
    for (const outside of [
      documents("iris2", [1]),
      '<urn:s> <urn:p> "in no graph" .\n',
      '<urn:s> <urn:p> "in a blank graph" _:g .\n',
    ]) {
      const error = await failure("load_scope", rig.load("iris", inside + outside));
      assert.match(error.message, /outside/u);
    }
    await failure("load_scope", rig.load("iris", `<${prefixOf("iris")}1> <urn:p> "x" .`, "text/turtle"));
    assert.equal(await rig.count(), 2);
  });

  test("a prefix without its colon, an injected one, and a scope of none are refused", async () => {
    await using rig = await namespaceRig(open, "quads");
    const { store, namespace } = rig;
    for (const prefixes of [
      [],
      ["urn:test:iris"],
      [""],
      [":"],
      ['urn:x:") . } DROP ALL #:'],
      ["urn:a b:"],
      ["urn:>:"],
    ]) {
      const scope = { unit: "release/iris", prefixes };
      const body = chunked("");
      await failure("invalid_request", store.replace({ namespace, scope, format: "application/n-quads", body }));
      await failure("invalid_request", store.remove({ namespace, scope }));
    }
  });

  test("an empty body empties the scope", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1, 2]));
    await rig.load("ocean", documents("ocean", [1]));
    const outcome = await rig.load("iris", "");
    assert.equal(outcome.statements, 0);
    assert.equal(outcome.replaced, 4);
    assert.equal(outcome.goneGraphCount, 2);
    assert.equal(await rig.count(), 2);
  });

  test("removing a scope says what went, and leaves the rest", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", `${documents("iris", [2, 1])}_:b <urn:p> "x" <${prefixOf("iris")}3> .\n`);
    await rig.load("ocean", documents("ocean", [1]));
    const graphs = [1, 2, 3].map((id) => `${prefixOf("iris")}${id}`);
    assert.deepEqual(await rig.remove("iris"), { statements: 5, graphs, graphCount: 3 });
    assert.equal(await rig.count(), 2);
    assert.deepEqual(await rig.remove("iris"), { statements: 0, graphs: [], graphCount: 0 });
    assert.deepEqual(await rig.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"), [
      { g: `${prefixOf("ocean")}1` },
    ]);
  });

  test("literals come back as they went in", async () => {
    await using rig = await namespaceRig(open, "quads");
    const values = [
      "plain",
      'quote " back \\ slash',
      "line\nfeed\r\ttab",
      "é ü 漢字 😀 \u2028",
      "\\u0041 \\U0001F600",
      " <urn:x> . ",
    ];
    const graph = `<${prefixOf("iris")}1>`;
    const body = values
      .map((value, index) => `<urn:s:${index}> <urn:p> ${JSON.stringify(value)} ${graph} .\n`)
      .join("");
    for (let round = 0; round < 2; round++) {
      const outcome = await rig.load("iris", `${body}<urn:é:s> <urn:q> "x"@en ${graph} .\n`);
      assert.equal(outcome.statements, values.length + 1);
      const rows = await rig.select("SELECT ?o { ?s <urn:p> ?o } ORDER BY ?s");
      assert.deepEqual(
        rows.map(({ o }) => o),
        values,
      );
      assert.deepEqual(await rig.select("SELECT ?s (LANG(?o) AS ?l) { ?s <urn:q> ?o }"), [{ s: "urn:é:s", l: "en" }]);
    }
    await rig.load("iris", "");
    assert.equal(await rig.count(), 0);
  });

  test("a body that breaks off changes nothing", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    const broken = (async function* () {
      yield Buffer.from(documents("iris", [2]));
      throw new Error("the connection broke");
    })();
    await assert.rejects(rig.load("iris", broken), /the connection broke/u);
    assert.equal(await rig.count(), 2);
    assert.deepEqual(await rig.select(`SELECT * { GRAPH <${prefixOf("iris")}2> { ?s ?p ?o } }`), []);
  });

  test("a load that is aborted while its body comes changes nothing", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", [1]));
    const abort = new AbortController();
    const silent = (async function* () {
      yield Buffer.from(documents("iris", [2]));
      abort.abort(new Error("no longer wanted"));
      await new Promise(() => undefined);
    })();
    const load = rig.store.replace({
      namespace: rig.namespace,
      scope: { unit: "release/iris", prefixes: [prefixOf("iris")] },
      format: "application/n-quads",
      body: silent,
      signal: abort.signal,
    });
    await assert.rejects(load, /no longer wanted/u);
    assert.equal(await rig.count(), 2);
  });

  test("a change in the middle of many documents is found, with a reader in between", async () => {
    await using rig = await namespaceRig(open, "quads");
    const ids = Array.from({ length: 1_500 }, (_, index) => index);
    await rig.load("iris", documents("iris", ids));
    assert.equal(await rig.count(), 3_000);
    const kept = ids.filter((id) => id % 10 !== 3);
    const outcome = await rig.load("iris", documents("iris", kept) + documents("iris", ["extra"]));
    assert.equal(outcome.goneGraphCount, 150);
    assert.equal(outcome.statements, 2_702);
    assert.equal(await rig.count(), 2_702);
    assert.equal((await rig.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")).length, 1_351);
  });

  test("loads of two units at a time both arrive", async () => {
    await using rig = await namespaceRig(open, "quads");
    const units = ["a", "b", "c"];
    await Promise.all(units.map((unit) => rig.load(unit, documents(unit, [1, 2]))));
    assert.equal(await rig.count(), 12);
  });

  test("a unit of several prefixes owns them all, and no more", async () => {
    await using rig = await namespaceRig(open, "quads");
    const { store, namespace } = rig;
    await rig.load("left", documents("left", [1]));
    await rig.load("right", documents("right", [1]));
    await rig.load("other", documents("other", [1]));
    const scope = { unit: "release/both", prefixes: [prefixOf("left"), prefixOf("right")] };
    const body = chunked(documents("right", [2]));
    const outcome = await store.replace({ namespace, scope, format: "application/n-quads", body });
    assert.deepEqual(outcome.goneGraphs, [`${prefixOf("left")}1`, `${prefixOf("right")}1`]);
    assert.equal(await rig.count(), 4);
  });

  test("a scope within another takes its part out of the wider one", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.load("iris", documents("iris", ["x", "deep:1", "deep:2"]));
    const outcome = await rig.load("iris:deep", documents("iris:deep", [2, 3]));
    assert.equal(outcome.replaced, 4);
    assert.deepEqual(outcome.goneGraphs, [`${prefixOf("iris:deep")}1`]);
    assert.equal(await rig.count(), 6);
    assert.equal((await rig.load("iris", documents("iris", ["y"]))).replaced, 6);
    assert.equal(await rig.count(), 2);
  });
}
