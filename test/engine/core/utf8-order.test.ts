import assert from "node:assert/strict";
import { test } from "node:test";
import { compareUtf8, sortUtf8 } from "../../../engine/core/utf8-order.ts";
import { seededIds } from "../../rigs/manual-clock.ts";

const ALPHABET = [
  "",
  "a",
  "b",
  "-",
  "/",
  "0",
  "\u007f",
  "\u0080",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "\u{10000}",
  "\u{10ffff}",
];

test("strings are in the order of their UTF-8 bytes, whatever characters they hold", () => {
  const ids = seededIds("utf8-order");
  const letter = (): string => ALPHABET[Math.floor(ids.random() * ALPHABET.length)] ?? "";
  const words = Array.from({ length: 2_000 }, () => letter() + letter() + letter());
  const byBytes = words.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  assert.deepEqual(sortUtf8([...words]), byBytes);
  assert.deepEqual(words.toSorted(compareUtf8), byBytes);
  const plain = words.filter((word) => /^[ -~]*$/.test(word));
  assert.deepEqual(sortUtf8([...plain]), plain.toSorted(compareUtf8));
});
