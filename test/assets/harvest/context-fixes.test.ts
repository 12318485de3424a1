import assert from "node:assert/strict";
import { test } from "node:test";
import { fixDocument } from "../../../assets/harvest/document/context-fixes.ts";
import type { FixContextOption } from "../../../assets/harvest/document-types.ts";

function fixed(text: string, fixContextOption: FixContextOption = 1, contextStrict = false): string {
  return fixDocument(text, { fixContextOption, contextStrict });
}

/** The context of a document after the fix-ups. */
function contextOf(context: unknown, option: FixContextOption = 1, more: object = {}): unknown {
  const text = fixed(JSON.stringify({ "@context": context, ...more }), option);
  return (JSON.parse(text) as Readonly<Record<string, unknown>>)["@context"];
}

test("a context that names schema.org becomes a vocabulary, whatever the spelling", () => {
  for (const context of [
    "https://schema.org/",
    "https://schema.org",
    "http://schema.org/",
    "http://schema.org",
    "http://www.schema.org/",
    "https://www.schema.org",
    "https://schema.org/docs/jsonldcontext.jsonld",
    "http://schema.org/version/latest/schemaorg-current-http.jsonld",
  ]) {
    assert.deepEqual(contextOf(context), { "@vocab": "https://schema.org/" }, context);
  }
});

test("options 2 and 4 spell schema.org with http, 0, 1 and 3 with https", () => {
  for (const option of [0, 1, 3] as const) {
    assert.deepEqual(contextOf("http://schema.org", option), { "@vocab": "https://schema.org/" });
  }
  for (const option of [2, 4] as const) {
    assert.deepEqual(contextOf("https://schema.org", option), { "@vocab": "http://schema.org/" });
    assert.deepEqual(contextOf({ schema: "https://www.schema.org/" }, option), { schema: "http://schema.org/" });
  }
});

test("strict and option 0 together touch nothing, each alone does not hinder", () => {
  const text = '{"@context": "http://schema.org", "@type": "Dataset", "@id": "x"}';
  assert.equal(fixed(text, 0, true), text);
  assert.notEqual(fixed(text, 0, false), text);
  assert.notEqual(fixed(text, 1, true), text);
});

test("an edit leaves every other byte of the text", () => {
  const text = '\n\t{ "name" : "a \\u00e9 \\/ b",\r\n "@context" :  "http://schema.org" ,"n":1.50 }\n';
  assert.equal(
    fixed(text),
    '\n\t{ "name" : "a \\u00e9 \\/ b",\r\n "@context" :  {"@vocab":"https://schema.org/"} ,"n":1.50 }\n',
  );
});

test("a document that needs nothing is the same text", () => {
  const text = '{ "@context": { "@vocab": "https://schema.org/", "x": "http://x/" }, "@id": "http://y/" }';
  assert.equal(fixed(text), text);
});

test("in a context object the namespace is spelt anew and other terms stay; no vocabulary is added", () => {
  assert.deepEqual(
    contextOf({ schema: "http://schema.org/", rdf: "http://rdf/#", Dataset: "http://schema.org/Dataset" }),
    {
      schema: "https://schema.org/",
      rdf: "http://rdf/#",
      Dataset: "http://schema.org/Dataset",
    },
  );
  assert.equal(fixed('{"@type":"Dataset","name":"no context"}'), '{"@type":"Dataset","name":"no context"}');
});

test("strings of a context object are written as gleaner's editor writes them", () => {
  assert.equal(
    fixed('{"@context":{"@vocab":"http:\\/\\/schema.org\\/","x":"http:\\/\\/x.org\\/é"}}'),
    '{"@context":{"@vocab":"https://schema.org/","x":"http://x.org/é"}}',
  );
});

test("a term definition that is an object stays an object", () => {
  const definition = { "@id": "schema:sameAs", "@type": "@id" };
  assert.deepEqual(contextOf({ "@vocab": "http://schema.org/", sameAs: definition, "@version": 1.1, gone: null }), {
    "@vocab": "https://schema.org/",
    sameAs: definition,
    "@version": 1.1,
    gone: null,
  });
});

test("an array of contexts keeps its own terms; schema.org in it is inlined with the prefixes that are used", () => {
  assert.deepEqual(contextOf(["https://schema.org/", { dcat: "http://dcat/#" }], 1, { "rdf:type": "x", name: "y" }), [
    {
      "@vocab": "https://schema.org/",
      rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
      schema: "https://schema.org/",
    },
    { dcat: "http://dcat/#" },
  ]);
});

test("an array's context from elsewhere goes, and schema.org is the vocabulary where nothing else names one", () => {
  assert.deepEqual(contextOf(["https://w3id.org/ro/crate/1.1/context", { x: "http://x/" }]), [
    { "@vocab": "https://schema.org/", schema: "https://schema.org/" },
    { x: "http://x/" },
  ]);
  assert.deepEqual(contextOf(["https://w3id.org/ro/crate/1.1/context", { "@vocab": "http://v/" }, null, 5]), [
    { "@vocab": "http://v/" },
    null,
    5,
  ]);
});

test("a single context from elsewhere becomes the vocabulary, as gleaner has it", () => {
  assert.deepEqual(contextOf("https://w3id.org/x"), { "@vocab": "https://w3id.org/x" });
});

test("the relative id of a Dataset becomes a file IRI", () => {
  const idOf = (document: object): unknown =>
    (JSON.parse(fixed(JSON.stringify(document))) as Readonly<Record<string, unknown>>)["@id"];
  assert.equal(idOf({ "@type": "Dataset", "@id": "dataset/77" }), "file://dataset/77");
  assert.equal(idOf({ "@type": "Dataset", "@id": "#x" }), "file://#x");
  assert.equal(idOf({ "@type": "Dataset", "@id": "" }), "file://");
  for (const id of ["http://x/", "urn:x", "_:b0", "a b:c", "%zz"])
    assert.equal(idOf({ "@type": "Dataset", "@id": id }), id);
  assert.equal(idOf({ "@type": ["Dataset"], "@id": "x" }), "x");
  assert.equal(idOf({ "@type": "Person", "@id": "x" }), "x");
  assert.equal(idOf({ "@context": { "@base": "http://b/" }, "@type": "Dataset", "@id": "x" }), "x");
  assert.equal(idOf({ "@type": "Dataset", "@id": 5 }), 5);
});

test("relative ids of the items of an ItemList become file IRIs, each in its place", () => {
  const list = [
    { item: { "@id": "a" } },
    { name: "none" },
    { item: { "@id": "http://b/" } },
    { item: { "@id": "c" } },
    7,
  ];
  const text = fixed(JSON.stringify({ "@type": "ItemList", itemListElement: list }));
  assert.deepEqual((JSON.parse(text) as { itemListElement: unknown }).itemListElement, [
    { item: { "@id": "file://a" } },
    { name: "none" },
    { item: { "@id": "http://b/" } },
    { item: { "@id": "file://c" } },
    7,
  ]);
});

test("of repeated members the one that counts is edited", () => {
  assert.equal(
    fixed('{"@context":"http://x/","@context":"http://schema.org"}'),
    '{"@context":"http://x/","@context":{"@vocab":"https://schema.org/"}}',
  );
});

test("odd but valid JSON is edited in the right place", () => {
  const text =
    '{"a":"}{][\\"@context\\"","b":[{"@context":"http://schema.org"},"]"],"@context" \n:\t"http://schema.org"}';
  assert.equal(fixed(text), text.replace(':\t"http://schema.org"', ':\t{"@vocab":"https://schema.org/"}'));
  assert.equal(fixed('{"@context":[]}'), '{"@context":[]}');
  assert.equal(fixed('{"@context":{}}'), '{"@context":{}}');
  assert.equal(fixed('{"@context":null}'), '{"@context":null}');
  assert.equal(fixed("{}"), "{}");
});
