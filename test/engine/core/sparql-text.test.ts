import assert from "node:assert/strict";
import { test } from "node:test";
import { isEngineError } from "../../../engine/core/errors.ts";
import {
  hasBalancedBraces,
  iri,
  isIri,
  queryForm,
  refuseOutsideAccess,
  sparqlString,
  usesKeyword,
} from "../../../engine/core/sparql-text.ts";

test("a string literal holds its text and nothing gets out of it", () => {
  assert.equal(sparqlString("plain é 😀"), '"plain é 😀"');
  assert.equal(sparqlString('a"b\\c\nd\re\tf\bg\fh'), '"a\\"b\\\\c\\nd\\re\\tf\\bg\\fh"');
  assert.equal(sparqlString('") . } ; DROP ALL #'), '"\\") . } ; DROP ALL #"');
  assert.equal(sparqlString("\\u0022"), '"\\\\u0022"');
  assert.equal(sparqlString("lone \ud83d half"), '"lone \ufffd half"');
});

test("an IRI is bracketed, and what is none is refused", () => {
  assert.equal(iri("urn:gleaner.io:eco:iris:data:1"), "<urn:gleaner.io:eco:iris:data:1>");
  assert.equal(iri("http://é.example/ü?q=1#x"), "<http://é.example/ü?q=1#x>");
  for (const text of [
    "",
    "relative",
    "urn:a b",
    "urn:>",
    "urn:<",
    'urn:"',
    "urn:{",
    "urn:\\u003e",
    "urn:\n",
    "urn:\u0000",
    "urn:^",
    "urn:`",
    "urn:|",
    ":a",
    "1a:b",
    "urn:\ud83d",
  ]) {
    assert.equal(isIri(text), false, JSON.stringify(text));
    assert.throws(
      () => iri(text),
      (error) => isEngineError(error, "invalid_request"),
    );
  }
});

test("the form of a query is its first keyword after the prologue", () => {
  for (const [query, form] of [
    ["SELECT * {}", "select"],
    ["  ask{}", "ask"],
    ["# ASK\nBASE <urn:select:> PREFIX ask: <urn:ask>\nConstruct WHERE {}", "construct"],
    ["PREFIX select: <urn:x> DESCRIBE select:x", "describe"],
    ["INSERT DATA {}", null],
    ["PREFIX a: <urn:a>", null],
    ["", null],
  ] as const) {
    assert.equal(queryForm(query), form, query);
  }
});

test("a keyword is found wherever it is one", () => {
  for (const text of [
    "{ SERVICE <x:y> {} }",
    "{?s ?p true.SERVICE<x:y>{}}",
    "{?s ?p 1.0e5SERVICE ?x {}}",
    "{?a<?b)service<x:y>{}",
    "\\u0053ERVICE",
    "\\U00000053ervice",
    "'a'SERVICE",
    '"""a"b"""SERVICE',
    "}SERVICE{",
    "?x SERVICE",
  ]) {
    assert.equal(usesKeyword(text, ["service"]), true, text);
  }
});

test("a keyword is not found in strings, comments, IRIs, variables, tags and prefixed names", () => {
  for (const text of [
    '"SERVICE"',
    "'SERVICE'",
    '"a\\"SERVICE"',
    '"""\nSERVICE "" \n"""',
    "'''SERVICE'''",
    "# SERVICE\n",
    "<urn:SERVICE>",
    "?SERVICE",
    "$service",
    "service:x",
    ":service",
    "ex:a.service",
    '"x"@service',
    "_:service",
    "SERVICES",
    "_SERVICE",
    "ex:%20service",
  ]) {
    assert.equal(usesKeyword(text, ["service"]), false, text);
  }
});

test("SERVICE and LOAD are refused by name", () => {
  for (const text of ["SELECT * { SERVICE ?x {} }", "LOAD <urn:x>"]) {
    assert.throws(
      () => refuseOutsideAccess(text),
      (error) => isEngineError(error, "sparql_syntax"),
    );
  }
  refuseOutsideAccess('SELECT ?load { ?load ?p "LOAD" } # SERVICE');
});

test("braces are counted outside of strings and comments", () => {
  for (const [text, expected] of [
    ["", true],
    ["{ { } }", true],
    ['{ "}" # }\n }', true],
    ["{", false],
    ["} {", false],
    ['{ "}"', false],
  ] as const) {
    assert.equal(hasBalancedBraces(text), expected, text);
  }
});

test("a megabyte of hostile text is looked through at once", () => {
  for (const piece of [
    '"',
    "'''",
    "<",
    "<a",
    "\\u",
    "a:",
    "a.",
    "a-",
    "_",
    "?",
    "{",
    "#",
    "1e",
    "1.",
    "@a-",
    ":.",
    '\\"',
    '\\"""\n',
    "\\'''\n",
    '"a',
  ]) {
    const startedAt = performance.now();
    usesKeyword(piece.repeat(200_000), ["service"]);
    assert.ok(performance.now() - startedAt < 5_000, piece);
  }
});
