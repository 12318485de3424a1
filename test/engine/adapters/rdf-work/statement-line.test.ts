import assert from "node:assert/strict";
import { test } from "node:test";
import { blankNode, defaultGraph, literal, namedNode, quad } from "oxigraph";
import {
  blankNodesOf,
  fromNQuads,
  groupOf,
  hasBlankNode,
  splitStatement,
  toLine,
  toNQuads,
} from "../../../../engine/adapters/rdf-work/statement-line.ts";

const texts = [
  "",
  "plain",
  'a "quoted" end"',
  "back\\slash\\",
  '\\"',
  "\n\r\t",
  " <urn:x> <urn:g> .",
  "_:b",
  "é 😀 ' ",
  '"^^<urn:x>',
  "@en",
  "\u0001\u007f",
];
const objects = [
  ...texts.map((text) => literal(text)),
  ...texts.map((text) => literal(text, "en-gb")),
  ...texts.map((text) => literal(text, namedNode("urn:type"))),
  namedNode("urn:o"),
  blankNode("o"),
];
const subjects = [namedNode("urn:s"), blankNode("s")];
const graphs = [namedNode("urn:g"), namedNode("http://é.example/ü?x=1"), blankNode("g"), defaultGraph()];

test("a statement of Oxigraph is taken apart into its terms", () => {
  for (const subject of subjects)
    for (const object of objects)
      for (const graph of graphs) {
        const parts = splitStatement(quad(subject, namedNode("urn:p"), object, graph).toString());
        const expected = [subject, "<urn:p>", object].map(String);
        assert.deepEqual([parts.subject, parts.predicate, parts.object], expected);
        assert.equal(parts.graph, graph.termType === "DefaultGraph" ? "" : graph.toString());
      }
});

test("a statement line becomes N-Quads and comes back, in both kinds", () => {
  for (const subject of subjects)
    for (const object of objects)
      for (const graph of graphs) {
        const parts = splitStatement(quad(subject, namedNode("urn:p"), object, graph).toString());
        const quads = toLine(parts, "quads");
        const graphText = parts.graph === "" ? "" : ` ${parts.graph}`;
        assert.equal(toNQuads(quads, "quads"), `${parts.subject} <urn:p> ${parts.object}${graphText} .`);
        assert.equal(fromNQuads(toNQuads(quads, "quads"), "quads"), quads);
        assert.equal(groupOf(quads), parts.graph.replace(/^<|>$/gu, ""));
        const triples = toLine(parts, "triples");
        assert.equal(toNQuads(triples, "triples"), `${parts.subject} <urn:p> ${parts.object} .`);
        assert.equal(fromNQuads(toNQuads(triples, "triples"), "triples"), triples);
        const expected = {
          subject: subject.termType === "BlankNode" ? "_:s" : null,
          object: object.termType === "BlankNode" ? "_:o" : null,
        };
        assert.deepEqual(blankNodesOf(quads, "quads"), expected);
        assert.deepEqual(blankNodesOf(triples, "triples"), expected);
        const hasBlank = expected.subject !== null || expected.object !== null;
        assert.equal(hasBlankNode(triples, "triples"), hasBlank);
        assert.equal(hasBlankNode(quads, "quads"), hasBlank || graph.termType === "BlankNode");
      }
});

test("groups sort as their IRIs do", () => {
  const iris = ["urn:a", "urn:a!b", "urn:a:b", "urn:ab", "urn:b"];
  const lines = iris.map((graph) =>
    toLine({ subject: "<urn:s>", predicate: "<urn:p>", object: '"x"', graph: `<${graph}>` }, "quads"),
  );
  assert.deepEqual(lines.toSorted().map(groupOf), iris.toSorted());
});
