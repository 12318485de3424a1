import assert from "node:assert/strict";
import { test } from "node:test";
import { isEngineError } from "../../../engine/core/errors.ts";
import {
  canOverlap,
  checkLoadScope,
  checkNamespaceName,
  isCovered,
  isInScope,
} from "../../../engine/core/load-scope.ts";

test("a namespace's name is a folder's name and a segment of a URL", () => {
  for (const name of ["a", "eco_summary", "v1.2-x", "...", ".a", "A".repeat(128)]) checkNamespaceName(name);
  for (const name of ["", ".", "..", "a/b", "a\\b", "a b", "a\n", "é", "a\0", "a".repeat(129)]) {
    assert.throws(
      () => checkNamespaceName(name),
      (error) => isEngineError(error, "invalid_request"),
    );
  }
});

test("a prefix is the beginning of an IRI and ends in a colon", () => {
  checkLoadScope({ unit: "release/iris", prefixes: ["urn:gleaner.io:eco:iris:", "urn:x:"] });
  for (const prefixes of [[], ["urn:x"], ["urn:x "], [":"], ["urn:x>:"], Array.from({ length: 17 }, () => "urn:x:")]) {
    assert.throws(
      () => checkLoadScope({ unit: "u", prefixes }),
      (error) => isEngineError(error, "invalid_request"),
    );
  }
  for (const unit of ["", "u".repeat(513)]) {
    assert.throws(
      () => checkLoadScope({ unit, prefixes: ["urn:x:"] }),
      (error) => isEngineError(error, "invalid_request"),
    );
  }
});

test("prefixes cover and overlap as the IRIs below them do", () => {
  assert.equal(isInScope("urn:a:1", ["urn:b:", "urn:a:"]), true);
  assert.equal(isInScope("urn:ab:1", ["urn:a:"]), false);
  assert.equal(isCovered(["urn:a:b:", "urn:a:"], ["urn:a:"]), true);
  assert.equal(isCovered(["urn:a:"], ["urn:a:b:"]), false);
  assert.equal(isCovered([""], ["urn:a:"]), false);
  assert.equal(canOverlap(["urn:a:"], ["urn:a:b:"]), true);
  assert.equal(canOverlap(["urn:a:b:"], ["urn:a:"]), true);
  assert.equal(canOverlap(["urn:a:"], ["urn:ab:"]), false);
  assert.equal(canOverlap([""], ["urn:ab:"]), true);
});
