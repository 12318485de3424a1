import assert from "node:assert/strict";
import { test } from "node:test";
import { createDocumentIndex } from "../../../../assets/harvest/summon/document-index.ts";

test("the data version depends on keys and etags, not on how they came about", () => {
  const direct = createDocumentIndex();
  direct.list("b", "2");
  direct.list("a", "1");
  const roundabout = createDocumentIndex();
  roundabout.wrote("a", "old");
  roundabout.list("c", "3");
  roundabout.wrote("b", "2");
  roundabout.wrote("a", "1");
  roundabout.removed("c");
  assert.equal(roundabout.dataVersion(), direct.dataVersion());
  assert.equal(roundabout.keyCount, 2);
});

test("another etag, another key or one key more is another data version", () => {
  const versions = [
    [["a", "1"]],
    [["a", "2"]],
    [["b", "1"]],
    [
      ["a", "1"],
      ["b", "1"],
    ],
    [],
  ].map((objects) => {
    const index = createDocumentIndex();
    for (const [key = "", etag = ""] of objects) index.list(key, etag);
    return index.dataVersion();
  });
  assert.equal(new Set(versions).size, versions.length);
});

test("an object that was listed and not seen counts as unseen until a page gives it", () => {
  const index = createDocumentIndex();
  index.list("a", "1");
  index.list("b", "1");
  index.see("a", 0);
  index.see("new", 1);
  assert.equal(index.unseenCount(), 1);
  assert.deepEqual([index.seenAt("a"), index.seenAt("b"), index.seenAt("new"), index.seenAt("never")], [0, -1, 1, -1]);
  assert.deepEqual([index.wasListed("a"), index.wasListed("new"), index.wasListed("never")], [true, false, false]);
});

test("removing what is not there changes nothing", () => {
  const index = createDocumentIndex();
  index.list("a", "1");
  const before = index.dataVersion();
  index.removed("b");
  assert.deepEqual([index.dataVersion(), index.keyCount], [before, 1]);
});
