import assert from "node:assert/strict";
import { test } from "node:test";
import { isEngineError } from "../../../engine/core/errors.ts";
import { chooseAnswerType, contentTypeOf } from "../../../engine/core/sparql-formats.ts";

test("without a wish the first type is chosen", () => {
  for (const accept of [undefined, "", "*/*", "text/html, */*;q=0.1"]) {
    assert.equal(chooseAnswerType("select", accept), "application/sparql-results+json");
    assert.equal(chooseAnswerType("construct", accept), "application/n-triples");
  }
});

test("the highest quality wins, then the order of the store", () => {
  for (const [accept, type] of [
    ["text/csv", "text/csv"],
    ["text/csv;q=0.2, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"],
    ["text/csv, text/tab-separated-values", "text/csv"],
    ["text/*", "text/csv"],
    ["application/json", "application/sparql-results+json"],
    ["application/*;q=0.5, text/csv;q=0.4", "application/sparql-results+json"],
    ["*/*, application/sparql-results+json;q=0", "application/sparql-results+xml"],
    ["TEXT/CSV ; Q=1", "text/csv"],
  ] as const) {
    assert.equal(chooseAnswerType("select", accept), type, accept);
  }
});

test("a wish that cannot be met is refused with what can", () => {
  for (const [form, accept] of [
    ["select", "image/png"],
    ["ask", "text/csv"],
    ["construct", "application/sparql-results+json"],
    ["select", "text/csv;q=0"],
    ["select", ";;,,"],
  ] as const) {
    assert.throws(
      () => chooseAnswerType(form, accept),
      (error) => isEngineError(error, "invalid_request") && Array.isArray(error.details?.["offered"]),
    );
  }
});

test("text is labelled UTF-8", () => {
  assert.equal(contentTypeOf("text/turtle"), "text/turtle; charset=utf-8");
  assert.equal(contentTypeOf("application/n-quads"), "application/n-quads");
});
