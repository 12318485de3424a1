import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { settingTable } from "../../assets/config/setting-table.ts";
import { sheafSettings } from "../../ui/cli/settings.ts";
import { root } from "./source-tree.ts";

test("docs/settings.md lists every setting, with its default", () => {
  const guide = readFileSync(join(root, "docs/settings.md"), "utf8");
  const rows = [...guide.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]+)`|–) \| \S/gm)].map((row) => [row[1], row[2] ?? null]);
  const own = sheafSettings(new Map(), "/").effective.map(({ name, value }) => [name, value]);
  const used = settingTable.filter(({ unused }) => unused === null).map(({ name, fallback }) => [name, fallback]);
  assert.deepEqual(rows, [...own, ...used]);
});
