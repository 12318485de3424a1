import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkPartitionKey,
  decodeProductKey,
  dynamicPartitions,
  encodeProductKey,
  keyOfParts,
  partitionOf,
  partsOfKey,
  productPartitions,
  relatePartitions,
  staticPartitions,
} from "../../../engine/core/partitions.ts";
import { seededRandom } from "../../rigs/seeded-random.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const days = staticPartitions("days", ["mon", "tue"]);
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const turned = productPartitions("turned", { tenant: tenants, source: sources });
const triples = productPartitions("triples", { day: days, tenant: tenants, source: sources });

test("a product key joins its parts with | and escapes what they hold of it", () => {
  assert.equal(encodeProductKey(["iris", "eco"]), "iris|eco");
  assert.equal(encodeProductKey(["a|b", "c\\d"]), "a\\|b|c\\\\d");
  assert.deepEqual(decodeProductKey("a\\|b|c\\\\d"), ["a|b", "c\\d"]);
});

test("any parts come back from their key as they were, and different parts give different keys", () => {
  const random = seededRandom(1);
  const seen = new Map<string, string>();
  for (let round = 0; round < 5000; round++) {
    const parts = Array.from({ length: 1 + random.below(3) }, () =>
      Array.from({ length: 1 + random.below(4) }, () => random.pick(["|", "\\", "a", "é", "\u{1f600}", " "])).join(""),
    );
    const key = encodeProductKey(parts);
    assert.deepEqual(decodeProductKey(key), parts, key);
    const spelled = JSON.stringify(parts);
    assert.equal(seen.get(key) ?? spelled, spelled);
    seen.set(key, spelled);
  }
});

test("a text that no parts encode to is not taken for a product key", () => {
  for (const text of ["a|", "|a", "", "a\\", "a\\b|c", "a||b", "|"]) assert.equal(decodeProductKey(text), null, text);
});

test("a key that does not fit its set is refused with the shape that is expected", () => {
  assert.throws(() => partsOfKey(pairs, "iris"), { code: "invalid_request", message: /expected source\|tenant/ });
  assert.throws(() => partsOfKey(pairs, "a|b|c"), { code: "invalid_request" });
  assert.deepEqual(partsOfKey(sources, "a|b"), ["a|b"]);
});

test("code sees a key with its parts by dimension", () => {
  assert.deepEqual(partitionOf(pairs, "a\\|b|eco"), { key: "a\\|b|eco", parts: { source: "a|b", tenant: "eco" } });
  assert.deepEqual(partitionOf(sources, "a|b"), { key: "a|b", parts: { source: "a|b" } });
});

test("an object of dimensions gives the key in the set's order, and misses none", () => {
  assert.equal(keyOfParts(pairs, { tenant: "eco", source: "a|b" }), "a\\|b|eco");
  assert.equal(keyOfParts(sources, { source: "a|b" }), "a|b");
  assert.throws(() => keyOfParts(pairs, { tenant: "eco" }), { code: "invalid_request", message: /"source"/ });
  assert.throws(() => keyOfParts(pairs, { tenant: "eco", source: "" }), { code: "invalid_request" });
});

test("a key has 1 to 8,192 bytes of well-formed UTF-8", () => {
  assert.equal(checkPartitionKey("é".repeat(4096)).length, 4096);
  for (const key of ["", "x".repeat(8193), `${"é".repeat(4096)}x`, "\ud800"]) {
    assert.throws(() => checkPartitionKey(key), { code: "invalid_request" });
  }
});

test("sets that cannot be are refused where they are declared", () => {
  const definition = { code: "definition" };
  assert.throws(() => staticPartitions("days", ["mon", "tue", "mon"]), { ...definition, message: /"mon" twice/ });
  assert.throws(() => dynamicPartitions("a b"), definition);
  assert.throws(() => productPartitions("one", { source: sources }), { ...definition, message: /two dimensions/ });
  assert.throws(() => productPartitions("nested", { pair: pairs, day: days }), {
    ...definition,
    message: /product "pairs"/,
  });
});

test("sets relate by the base sets that they share", () => {
  assert.deepEqual(relatePartitions(sources, sources), { type: "same" });
  assert.deepEqual(relatePartitions(pairs, sources), { type: "project", dimensions: [0] });
  assert.deepEqual(relatePartitions(pairs, tenants), { type: "project", dimensions: [1] });
  assert.deepEqual(relatePartitions(triples, pairs), { type: "project", dimensions: [2, 1] });
  assert.deepEqual(relatePartitions(pairs, turned), { type: "project", dimensions: [1, 0] });
  assert.deepEqual(relatePartitions(sources, pairs), { type: "match", pairs: [[0, 0]] });
  assert.deepEqual(relatePartitions(pairs, triples), {
    type: "match",
    pairs: [
      [1, 1],
      [0, 2],
    ],
  });
});

test("sets that share nothing relate through a product that spans both, else all to all", () => {
  assert.deepEqual(relatePartitions(tenants, sources, [days, pairs, triples]), { type: "through", via: pairs });
  assert.deepEqual(relatePartitions(sources, days, [pairs]), { type: "match", pairs: [] });
  assert.deepEqual(relatePartitions(sources, days), { type: "match", pairs: [] });
});

test("a base set that occurs twice joins by the names of its dimensions, and is refused where they leave a choice", () => {
  const edges = productPartitions("edges", { from: sources, to: sources });
  const dated = productPartitions("dated", { to: sources, day: days, from: sources });
  assert.deepEqual(relatePartitions(edges, dated), {
    type: "match",
    pairs: [
      [1, 0],
      [0, 2],
    ],
  });
  assert.throws(() => relatePartitions(sources, edges), { code: "definition", message: /more than one way/ });
  assert.throws(() => relatePartitions(edges, sources), { code: "definition", message: /more than one way/ });
});
