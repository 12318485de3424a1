import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);

/** The tests that the table of faults names: `file`: “title”, “title”; file: … */
function namedTests(): readonly { readonly file: string; readonly title: string }[] {
  const text = readFileSync(new URL("docs/reliability.md", root), "utf8");
  const cells = text.split("\n").flatMap((line) => (line.includes("“") ? (line.split("|")[3] ?? "") : []));
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`: ((?:“[^”]+”,? ?)+)/g)].flatMap(([, file = "", titles = ""]) =>
      [...titles.matchAll(/“([^”]+)”/g)].map(([, title = ""]) => ({ file, title })),
    ),
  );
}

test("every test that the table of faults names is there", () => {
  const named = namedTests();
  assert.ok(named.length > 30, `${named.length} tests`);
  const missing = named.filter(({ file, title }) => {
    const titles = [...readFileSync(new URL(`test/${file}`, root), "utf8").matchAll(/\btest\(\s*["'`](.*)["'`],/g)];
    return !titles.some(([, found = ""]) => found.includes(title));
  });
  assert.deepEqual(missing, []);
});
