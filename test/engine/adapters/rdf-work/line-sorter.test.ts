import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { lineSorter } from "../../../../engine/adapters/rdf-work/line-sorter.ts";
import { seededIds } from "../../../rigs/manual-clock.ts";
import { temporaryFolder } from "../../../rigs/temporary-folder.ts";

for (const runCharacters of [1, 50, 1_000, 1_000_000]) {
  test(`lines sorted in runs of ${runCharacters} characters come in order, each once, and leave nothing`, async () => {
    await using folder = await temporaryFolder();
    const random = seededIds(runCharacters);
    const lines = Array.from({ length: 500 }, () => {
      const number = Math.floor(random.random() * 200);
      return `${["urn:a", "urn:é", "urn:😀", "urn:\uffee"][number % 4]}:${number} x`;
    });
    const sorter = lineSorter(join(folder.path, "sort"), runCharacters);
    for (const line of lines) sorter.add(line);
    assert.deepEqual([...sorter.sorted()], [...new Set(lines)].sort());
    assert.deepEqual(await readdir(folder.path), []);
  });
}

test("a sort that is given up leaves no runs", async () => {
  await using folder = await temporaryFolder();
  const sorter = lineSorter(join(folder.path, "sort"), 10);
  for (const line of ["b", "a", "a longer line", "another"]) sorter.add(line);
  assert.notDeepEqual(await readdir(folder.path), []);
  sorter.discard();
  assert.deepEqual(await readdir(folder.path), []);
  assert.deepEqual([...lineSorter(join(folder.path, "none")).sorted()], []);
});
