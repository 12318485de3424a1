import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiOnly, joinSurrogates, joinSurrogatesIn } from "../../../../engine/adapters/rdf-work/server-text.ts";

test("what leaves for the server is ASCII, in escapes of sixteen bits", () => {
  assert.equal(asciiOnly('<urn:é> <urn:p> "a 😀 \\n" .'), '<urn:\\u00E9> <urn:p> "a \\uD83D\\uDE00 \\n" .');
  assert.equal(asciiOnly("plain"), "plain");
});

test("the two escapes of one character are joined, and only these", () => {
  assert.equal(joinSurrogatesIn('"\\uD83D\\uDE00 \\u00e9"'), '"😀 \\u00e9"');
  assert.equal(joinSurrogatesIn('"\\\\uD83D\\uDE00"'), '"\\\\uD83D\\uDE00"');
  assert.equal(joinSurrogatesIn('"\\\\\\ud83d\\ude00"'), '"\\\\😀"');
  assert.equal(joinSurrogatesIn('"\\uD83D"'), '"\\uD83D"');
});

test("a stream that is cut anywhere is joined as its whole", () => {
  const text = '<urn:s> <urn:p> "\\uD83D\\uDE00 é" .\n<urn:s> <urn:p> "b" .\nlast \\uD83D\\uDE00';
  const bytes = Buffer.from(text);
  for (let size = 1; size < bytes.length; size++) {
    const pieces: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.subarray(start, start + size));
    assert.equal(Buffer.concat([...joinSurrogates(pieces)]).toString(), joinSurrogatesIn(text));
  }
});
