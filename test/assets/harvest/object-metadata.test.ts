import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiText, objectMetadata } from "../../../assets/harvest/document/object-metadata.ts";
import { MAX_METADATA_BYTES } from "../../../engine/core/ports/object-store.ts";
import { documentOf } from "../../rigs/documents.ts";

function bytesOf(metadata: Readonly<Record<string, string>>): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + `x-amz-meta-${name}${value}`.length, 0);
}

test("metadata is printable ASCII; what is not is percent-encoded, and encoded text stays as it is", () => {
  assert.equal(asciiText("https://x/a%20b?c=é\n😀\ud800"), "https://x/a%20b?c=%C3%A9%0A%F0%9F%98%80%EF%BF%BD");
  assert.equal(asciiText(asciiText("é")), asciiText("é"));
});

test("an identifier that is too long is cut and marked, and everything else stays", async () => {
  const { metadata } = await documentOf({ "@context": "https://schema.org/", identifier: "x".repeat(5_000) });
  assert.ok(bytesOf(metadata) < MAX_METADATA_BYTES);
  assert.match(metadata["matchedstring"] ?? "", /^\[x+\.\.\.$/);
  assert.equal(metadata["matchedpath"], "$.identifier");
  assert.equal(metadata["url"], "https://x.example/page");
});

test("fields are given up in a fixed order, the address last of all", () => {
  const fields = {
    url: "u".repeat(1_560),
    uniqueid: "i".repeat(40),
    jsonsha: "j".repeat(40),
    matchedpath: "p".repeat(300),
    matchedstring: "m".repeat(900),
  };
  const { matchedstring, ...kept } = objectMetadata(fields);
  assert.equal(matchedstring, undefined);
  assert.deepEqual(kept, {
    url: fields.url,
    uniqueid: fields.uniqueid,
    jsonsha: fields.jsonsha,
    matchedpath: fields.matchedpath,
  });
  const huge = objectMetadata({ ...fields, url: "u".repeat(9_000) });
  assert.deepEqual(Object.keys(huge), ["url", "uniqueid"]);
  assert.equal(bytesOf(huge), MAX_METADATA_BYTES - 1);
});

test("a field without a value is no field", () => {
  assert.deepEqual(objectMetadata({ url: "u", matchedpath: undefined }), { url: "u" });
});
