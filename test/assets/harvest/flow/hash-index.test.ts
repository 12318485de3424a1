import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashIndex } from "../../../../assets/harvest/flow/hash-index.ts";

test("texts are numbered in the order of adding and known again, through many growths", () => {
  const index = createHashIndex();
  const texts = Array.from({ length: 20_000 }, (_, n) => `https://x.example/${n}`);
  assert.deepEqual(
    texts.map((text) => index.add(text)),
    texts.map((_, n) => n),
  );
  assert.deepEqual(
    texts.map((text) => index.add(text)),
    texts.map((_, n) => n),
  );
  assert.equal(index.size, 20_000);
  assert.ok(texts.every((text, n) => index.find(text) === n));
});

test("what was never added is not found", () => {
  const index = createHashIndex();
  assert.equal(index.find("a"), -1);
  index.add("a");
  assert.equal(index.find("b"), -1);
});
