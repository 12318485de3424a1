import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorCodes } from "../../engine/core/errors.ts";
import { readSourceTree, root } from "./source-tree.ts";

const guide = "docs/errors.md";

test("docs/errors.md lists every error code once, in the words of the code", () => {
  const rows = [...readFileSync(join(root, guide), "utf8").matchAll(/^\| `(\w+)` \| (.*) \|$/gm)];
  assert.deepEqual(
    rows.map((row) => [row[1], row[2]]),
    Object.entries(errorCodes),
  );
});

test("a code of the table is written once in it", () => {
  const source = readFileSync(join(root, "engine/core/errors.ts"), "utf8");
  const table = /errorCodes = \{([\s\S]*?)\} as const/.exec(source)?.[1] ?? "";
  const codes = [...table.matchAll(/^\s{2}(\w+):/gm)].map((found) => found[1]);
  assert.deepEqual(codes, Object.keys(errorCodes));
});

test("every error code is used", () => {
  const texts = readSourceTree()
    .filter((file) => file.path !== "engine/core/errors.ts")
    .map((file) => file.text);
  const unused = Object.keys(errorCodes).filter((code) => !texts.some((text) => text.includes(`"${code}"`)));
  assert.deepEqual(unused, []);
});
