import assert from "node:assert/strict";
import { test } from "node:test";
import {
  archiveKey,
  graphUrn,
  graphUrnPrefix,
  idOfGraphUrn,
  releaseKey,
  sourceSegment,
  summaryKey,
  summonedId,
  summonedKey,
  summonedPrefix,
} from "../../../assets/harvest/keys.ts";

test("names with dots, spaces and slashes keep everything, and no two names share a key", () => {
  assert.equal(releaseKey("x.y.z"), "graphs/latest/x.y.z_release.nq");
  assert.equal(summaryKey("my source"), "graphs/summary/my source_release.ttl");
  assert.equal(releaseKey("a/b"), "graphs/latest/a%2Fb_release.nq");
  const names = ["a", "a/b", "a%2Fb", "a%252Fb", "..", ".", "%2E", "a b", "a.b", "a\\b", "é"];
  assert.equal(new Set(names.map(sourceSegment)).size, names.length);
  for (const name of names) assert.equal(sourceSegment(name).includes("/"), false, name);
  assert.equal(summonedPrefix(".."), "summoned/%2E%2E/");
});

test("the documents of a source are those of its folder, not those of a longer name", () => {
  assert.equal(summonedKey("iris2", "1").startsWith(summonedPrefix("iris")), false);
  assert.equal(summonedId("iris", "summoned/iris2/1.jsonld"), null);
  assert.equal(summonedId("iris", "summoned/iris/resource/9f.c.jsonld"), "resource/9f.c");
  assert.equal(summonedId("iris", "summoned/iris/.jsonld"), null);
});

test("a graph is named by organization, source and id, and gives the id back", () => {
  const ids = ["0f7bbd78", "resource/9fce", "doi:10.17882/42182", "a b", "50%", "é", "x.y"];
  for (const id of ids) {
    const urn = graphUrn({ orgName: "eco", source: "iris", id });
    assert.ok(urn.startsWith("urn:gleaner.io:eco:iris:data:"), urn);
    assert.equal(idOfGraphUrn(urn), id);
  }
  assert.equal(graphUrn({ orgName: "eco", source: "iris", id: "0f7b" }), "urn:gleaner.io:eco:iris:data:0f7b");
  assert.equal(graphUrnPrefix("", "a:b c"), "urn:gleaner.io::a%3Ab%20c:");
  assert.equal(idOfGraphUrn("urn:x:50%"), "50%");
});

test("the archive's name is the moment in UTC", () => {
  assert.equal(
    archiveKey("iris", Date.UTC(2026, 10, 22, 17, 52, 57, 999)),
    "graphs/archive/iris/summoned__iris_2026-11-22-17-52-57_release.nq",
  );
});
