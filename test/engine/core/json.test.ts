import assert from "node:assert/strict";
import { test } from "node:test";
import { digestInPieces, digestOfInputs } from "../../../engine/core/input-digest.ts";
import { canonicalJson, jsonText, sha256 } from "../../../engine/core/json.ts";

test("equal values have one canonical text, whatever the order of their keys", () => {
  const text = canonicalJson({ b: [1, { d: null, c: "é" }], a: true });
  assert.equal(text, '{"a":true,"b":[1,{"c":"é","d":null}]}');
  assert.equal(canonicalJson({ a: true, b: [1, { c: "é", d: null }] }), text);
  assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
  assert.throws(() => canonicalJson({ run: () => 1 }), TypeError);
});

test("what JSON cannot hold is named by its path", () => {
  class Odd {
    readonly kind = "odd";
  }
  const cycle: { self?: unknown } = {};
  cycle.self = [cycle];
  let deep: unknown = 1;
  for (let level = 0; level < 300; level++) deep = [deep];
  const cases: readonly (readonly [unknown, string, RegExp])[] = [
    [{ a: [1, Number.NaN] }, "$.a[1]", /NaN/],
    [{ a: 1n }, "$.a", /bigint/],
    [() => 1, "$", /function/],
    [{ when: new Map() }, "$.when", /Map/],
    [[new Odd()], "$[0]", /Odd/],
    [cycle, "$.self[0]", /cycle/],
  ];
  for (const [value, path, found] of cases) {
    const text = jsonText(value);
    assert.ok(!text.ok);
    assert.equal(text.path, path);
    assert.match(text.found, found);
  }
  assert.equal(jsonText(deep).ok, false);
});

test("what JSON can hold is kept as it is, and nothing stands for null", () => {
  for (const [value, text] of [
    [undefined, "null"],
    [null, "null"],
    [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
  ] as const) {
    assert.deepEqual(jsonText(value), { ok: true, text });
  }
  const shared = { a: 1 };
  assert.deepEqual(jsonText([shared, shared]), { ok: true, text: '[{"a":1},{"a":1}]' });
});

test("the digest of inputs does not depend on their order, and on all else", () => {
  const one = { partitionId: 1, dataVersion: "v" };
  const two = { partitionId: 2, dataVersion: "w" };
  assert.equal(digestOfInputs([one, two]), digestOfInputs([two, one]));
  assert.equal(digestOfInputs([]), sha256("[]"));
  const others = [
    [one],
    [one, { ...two, dataVersion: "x" }],
    [one, { ...two, partitionId: 3 }],
    [
      { ...one, dataVersion: "w" },
      { ...two, dataVersion: "v" },
    ],
  ];
  for (const other of others) assert.notEqual(digestOfInputs(other), digestOfInputs([one, two]));
});

test("the digest of many inputs is taken in pieces, and is that of their canonical text", () => {
  const count = 10_000;
  const versions = Array.from({ length: count }, (_, at) => ({
    partitionId: (at * 7919) % count,
    dataVersion: `"v${at}`,
  }));
  const sorted = versions.toSorted((a, b) => a.partitionId - b.partitionId);
  const expected = sha256(canonicalJson(sorted.map(({ partitionId, dataVersion }) => [partitionId, dataVersion])));
  assert.equal(digestOfInputs(versions), expected);
  assert.ok([...digestInPieces(versions)].length >= 20);
});
