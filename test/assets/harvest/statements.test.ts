import assert from "node:assert/strict";
import { test } from "node:test";
import { canonize } from "../../../assets/harvest/document/canonical.ts";
import { canonicalText, statementsOf } from "../../../assets/harvest/document/convert.ts";
import { expandJsonLd, JsonLdProblem } from "../../../assets/harvest/document/json-ld.ts";
import { quadLine } from "../../../assets/harvest/document/n-quads.ts";
import { releaseLines } from "../../../assets/harvest/document/release-lines.ts";

const VOCAB = { "@vocab": "https://schema.org/" };
const GRAPH = "urn:gleaner.io:rig:s:data:1";

/** What hashes are made of, as lines without the vocabulary's address. */
async function linesOf(document: unknown): Promise<readonly string[]> {
  const text = await canonicalText(await statementsOf(document));
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replaceAll("https://schema.org/", "s:").replaceAll("http://www.w3.org/2001/XMLSchema#", "x:"));
}

async function released(document: unknown, graph = GRAPH): Promise<readonly string[]> {
  return (await releaseLines(document, graph)).text.split("\n").filter((line) => line !== "");
}

/** The objects that a property gets. */
async function objectsOf(value: unknown): Promise<readonly string[]> {
  const lines = await linesOf({ "@context": VOCAB, "@id": "http://a/", p: value });
  return lines.map((line) => line.replace("<http://a/> <s:p> ", "").replace(/ \.$/, ""));
}

test("numbers are spelt as json-gold spells them, and typed strings keep their text", async () => {
  assert.deepEqual(await objectsOf([1.5]), ['"1.5E0"^^<x:double>']);
  assert.deepEqual(await objectsOf([-0.25]), ['"-2.500000000000000E-01"^^<x:double>']);
  assert.deepEqual(await objectsOf([1e30]), ['"1.0E30"^^<x:double>']);
  assert.deepEqual(await objectsOf([12345678901234567000]), ['"1.234567890123457E19"^^<x:double>']);
  assert.deepEqual(await objectsOf([45.12345678901234]), ['"4.512345678901234E1"^^<x:double>']);
  assert.deepEqual(await objectsOf([-120, 1e3]), ['"-120"^^<x:integer>', '"1000"^^<x:integer>']);
  assert.deepEqual(await objectsOf([true]), ['"true"^^<x:boolean>']);
  const double = "http://www.w3.org/2001/XMLSchema#double";
  assert.deepEqual(await objectsOf({ "@value": "1.50", "@type": double }), ['"1.50"^^<x:double>']);
  assert.deepEqual(await objectsOf({ "@value": 2, "@type": double }), ['"2.0E0"^^<x:double>']);
});

test("strings are literals, with their language where it is a tag", async () => {
  assert.deepEqual(await objectsOf("https://x/"), ['"https://x/"']);
  assert.deepEqual(await objectsOf({ "@value": "chat", "@language": "fr" }), ['"chat"@fr']);
  assert.deepEqual(await objectsOf({ "@value": "chat", "@language": "not_a_tag" }), []);
});

test("relative subjects, predicates and objects give no statement, a relative type does in a hash", async () => {
  assert.deepEqual(await linesOf({ "@id": "rel", "http://p/": "x" }), []);
  assert.deepEqual(await linesOf({ "@id": "http://a/", rel: "x", "http://p/": { "@id": "rel" } }), []);
  assert.deepEqual(await linesOf({ "@id": "http://a/", "@type": "bar" }), [
    "<http://a/> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <bar> .",
  ]);
});

test("a release drops a relative type and keeps the rest of the document", async () => {
  const { text, statements, dropped } = await releaseLines(
    { "@id": "http://a/", "@type": "bar", "http://p/": "x" },
    GRAPH,
  );
  assert.equal(text, `<http://a/> <http://p/> "x" <${GRAPH}> .\n`);
  assert.deepEqual({ statements, dropped }, { statements: 1, dropped: 1 });
});

test("a bad IRI costs the release its statement and no other", async () => {
  const { text, dropped } = await releaseLines(
    {
      "@context": VOCAB,
      "@id": "http://a/",
      name: "x",
      sameAs: [{ "@id": "http://a/sp ace" }, { "@id": "urn:a b" }, { "@id": "http://ok/" }],
    },
    GRAPH,
  );
  assert.equal(dropped, 2);
  assert.deepEqual(text.match(/<http:\/\/ok\/>/g), ["<http://ok/>"]);
  assert.match(text, /"x"/);
});

test("a list with a relative IRI in it loses that item and not its order", async () => {
  const lines = await released({ "@id": "http://a/", "http://p/": { "@list": [1, { "@id": "rel" }, 3] } });
  assert.equal(lines.filter((line) => line.includes("#rest>")).length, 3);
  assert.equal(lines.filter((line) => line.includes("#first>")).length, 2);
});

test("named graphs are released in the document's graph, whatever they are called", async () => {
  for (const name of ["https://x/ng", "relative", "_:b1"]) {
    const lines = await released({
      "@context": VOCAB,
      "@id": name,
      "@graph": [{ "@id": "https://x/1", name: "in a named graph" }],
    });
    assert.deepEqual(lines, [`<https://x/1> <https://schema.org/name> "in a named graph" <${GRAPH}> .`], name);
  }
});

test("reverse properties, included nodes and collections give their statements", async () => {
  const lines = await linesOf({
    "@context": { ...VOCAB, madeBy: { "@reverse": "https://schema.org/creator" } },
    "@id": "http://a/",
    madeBy: { "@id": "http://b/" },
    "@included": [{ "@id": "http://c/", name: "c" }],
    "http://e/": { "@list": [] },
  });
  assert.deepEqual(lines, [
    "<http://a/> <http://e/> <http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .",
    "<http://b/> <s:creator> <http://a/> .",
    '<http://c/> <s:name> "c" .',
  ]);
});

test("repeated statements come once", async () => {
  const document = { "@context": VOCAB, "@id": "http://a/", name: ["x", "x"], "@graph": [] };
  assert.deepEqual(await released([document, document]), [`<http://a/> <https://schema.org/name> "x" <${GRAPH}> .`]);
});

test("repeated values come once in what hashes are made of", async () => {
  assert.deepEqual(await objectsOf(["x", "x", 1, 1]), ['"1"^^<x:integer>', '"x"']);
});

test("the order of values and nodes does not reach the release", async () => {
  const nodes = ["b", "a", "c"].map((name) => ({
    "@id": `https://x/${name}`,
    name: [name, "z", "y"],
    knows: { name },
  }));
  const backwards = nodes.map((node) => ({ ...node, name: node.name.toReversed() })).toReversed();
  const one = await released({ "@context": VOCAB, "@graph": nodes });
  assert.deepEqual(one, await released({ "@context": VOCAB, "@graph": backwards }));
  assert.deepEqual(one, one.toSorted());
});

test("blank nodes of a release are IRIs that depend on the statements and the graph alone", async () => {
  const person = { "@type": "Person", name: "A", affiliation: { name: "X" } };
  const one = await released({ "@context": VOCAB, "@id": "http://a/", creator: person, name: "n" });
  const two = await released({
    name: "n",
    creator: { affiliation: { "@id": "_:zz", name: "X" }, name: "A", "@type": "Person" },
    "@id": "http://a/",
    "@context": VOCAB,
  });
  assert.deepEqual(one, two);
  assert.ok(one.some((line) => /^<https:\/\/gleaner\.io\/xid\/genid\/[0-9a-f]{32}> /.test(line)));
  assert.equal(one.join("").includes("_:"), false);
  const elsewhere = await released({ "@context": VOCAB, "@id": "http://a/", creator: person, name: "n" }, `${GRAPH}2`);
  const skolems = (lines: readonly string[]): Set<string> => new Set(lines.join("").match(/genid\/[0-9a-f]+/g));
  assert.equal(skolems(one).isDisjointFrom(skolems(elsewhere)), true);
});

test("twins among blank nodes stay two", async () => {
  const lines = await released({ "@context": VOCAB, creator: [{ name: "A" }, { name: "A" }] });
  assert.equal(lines.filter((line) => line.includes('"A"')).length, 2);
});

test("literals are escaped as N-Quads ask, and what is no text becomes U+FFFD", async () => {
  const [line] = await released({ "@context": VOCAB, "@id": "http://a/", name: '\t\b\f\r\n"\\\u0000\u007f\ud800 é😀' });
  assert.equal(
    line,
    `<http://a/> <https://schema.org/name> "\\t\\b\\f\\r\\n\\"\\\\\\u0000\\u007F\uFFFD é😀" <${GRAPH}> .`,
  );
});

test("statements are sorted by code points in what hashes are made of", async () => {
  assert.deepEqual(await objectsOf(["\uffee", "\u{1f600}", "a"]), ['"a"', '"\uffee"', '"\u{1f600}"']);
});

test("keys and ids that are names of JavaScript's own reach nothing", async () => {
  const text = `{"@context":{"@vocab":"https://schema.org/","__proto__":"http://x/"},"@id":"__proto__","__proto__":{"polluted":1},"constructor":{"@id":"constructor","prototype":"x"},"@graph":[{"@id":"__proto__","@type":"toString","hasOwnProperty":{"@id":"_:__proto__"}}]}`;
  await statementsOf(JSON.parse(text));
  const probe: Readonly<Record<string, unknown>> = {};
  for (const key of ["polluted", "@id", "@type", "prototype"]) assert.equal(probe[key], undefined, key);
  assert.equal(Object.hasOwn(Object, "@id"), false);
});

test("what is no JSON-LD is a problem with a sentence", async () => {
  const wrong = [
    { "@id": 5 },
    { "@type": 5 },
    { "@context": 5 },
    { "@context": { "@vocab": 5 } },
    { "@graph": { "@value": {} } },
  ];
  for (const document of wrong) {
    await assert.rejects(
      expandJsonLd(document),
      (error) => error instanceof JsonLdProblem && error.message.length > 10,
    );
  }
});

test("canonical labels do not depend on the labels that came in", async () => {
  const document = (label: string): object => ({ "@context": VOCAB, "@id": `_:${label}`, knows: { name: "x" } });
  const texts = await Promise.all(
    ["c14n1", "b0", "zz"].map(async (label) => (await canonize((await statementsOf(document(label))).quads)).text),
  );
  assert.equal(new Set(texts).size, 1);
});

test("a line has four terms where there is a graph, three where there is none", async () => {
  const {
    quads: [quad],
  } = await statementsOf({ "@id": "http://a/", "http://p/": "x" });
  assert.ok(quad);
  assert.equal(quadLine(quad), '<http://a/> <http://p/> "x" .\n');
  assert.equal(
    quadLine({ ...quad, graph: { termType: "NamedNode", value: "g:" } }),
    '<http://a/> <http://p/> "x" <g:> .\n',
  );
});
