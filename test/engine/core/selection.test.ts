import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset } from "../../../engine/core/assets.ts";
import { buildCatalog } from "../../../engine/core/catalog.ts";
import { selectAssets } from "../../../engine/core/selection.ts";

const names = defineAsset({ key: "config/names", run: () => 1, tags: { team: "eco" } });
const fetch = defineAsset({ key: "load/fetch", deps: { names }, run: () => 1, tags: { team: "deep", slow: "" } });
const release = defineAsset({ key: "load/release", deps: { fetch }, run: () => 1, kinds: ["graph"] });
const upload = defineAsset({ key: "load/upload", deps: { release }, run: () => 1, kinds: ["graph", "sparql"] });
const report = defineAsset({ key: "report", deps: { release }, group: "reports", run: () => 1 });
const all = [names, fetch, release, upload, report];
const catalog = buildCatalog(all.map((definition) => ({ definition, location: "test" })));
const select = (text: string): string => selectAssets(catalog, text).join(" ");
const every = all.map((asset) => asset.key).join(" ");

const CASES: readonly (readonly [selection: string, chosen: string])[] = [
  ["*", every],
  ["report", "report"],
  ["key:report", "report"],
  ["load/*", "load/fetch load/release load/upload"],
  ["*/re*", "load/release"],
  ["*re*e*", "load/release"],
  ["load/*load", "load/upload"],
  ["group:load", "load/fetch load/release load/upload"],
  ["group:re*", "report"],
  ["kind:graph", "load/release load/upload"],
  ["tag:team", "config/names load/fetch"],
  ["tag:team=deep", "load/fetch"],
  ["tag:slow=", "load/fetch"],
  ["+load/release", "config/names load/fetch load/release"],
  ["load/release+", "load/release load/upload report"],
  ["+load/release+", every],
  ['"load/release"+', "load/release load/upload report"],
  ["load/upload,report", "load/upload report"],
  ["load/upload or report", "load/upload report"],
  ["kind:graph and group:load", "load/release load/upload"],
  ["kind:graph AND NOT load/upload", "load/release"],
  ["not group:load", "config/names report"],
  ["not not report", "report"],
  ["report or kind:graph and kind:sparql", "load/upload report"],
  ["(report or kind:graph) and kind:sparql", "load/upload"],
  ["not (report, load/*)", "config/names"],
  ["+(load/release) and not config/*", "load/fetch load/release"],
  ["(load/release, load/fetch)+", "load/fetch load/release load/upload report"],
  ["+report and +load/upload", "config/names load/fetch load/release"],
];

for (const [selection, chosen] of CASES) {
  test(`the selection ${selection} chooses ${chosen}`, () => assert.equal(select(selection), chosen));
}

test("a selection that does not read is refused with the place of the mistake", () => {
  const mistakes: readonly (readonly [string, RegExp])[] = [
    ["", /empty selection/],
    ["  ", /empty selection/],
    ["absent", /at "absent" \(character 1\): no asset has this key/],
    ["report or group:absent", /at "group:absent" \(character 11\): no asset has this group/],
    ["report load/upload", /at "load\/upload" \(character 8\): expected and, or, or the end/],
    ["report and", /at its end: expected an asset/],
    ["(report", /at "\(" \(character 1\): this \( is never closed/],
    ["report)", /at "\)" \(character 7\)/],
    ["+ report", /at "\+" \(character 1\): expected an asset or \(/],
    ["not", /at its end/],
    ["kind:", /no asset has this key/],
    ["repo*ort", /no asset has this key/],
  ];
  for (const [selection, message] of mistakes) {
    assert.throws(() => select(selection), { code: "invalid_request", message }, selection);
  }
});

test("a selection that would take long or nest deep is refused or answered at once", () => {
  assert.throws(() => select("x".repeat(10_001)), { code: "invalid_request", message: /10000 characters/ });
  assert.throws(() => select(`${"(".repeat(5000)}report`), { code: "invalid_request", message: /over 100 levels/ });
  assert.throws(() => select("not ".repeat(2400)), { code: "invalid_request", message: /over 100 levels/ });
  assert.equal(select(`${"(".repeat(90)}report${")".repeat(90)}`), "report");
  const siblings = Array.from({ length: 200 }, () => "(not (not report))").join(" or ");
  assert.equal(select(siblings), "report");
  const long = defineAsset({ key: "a".repeat(250), run: () => 1 });
  const hostile = buildCatalog([{ definition: long, location: "test" }]);
  const glob = `${"*a".repeat(200)}*b`;
  assert.throws(() => selectAssets(hostile, glob), { code: "invalid_request" });
  assert.deepEqual(selectAssets(hostile, `${"*a".repeat(200)}*`), [long.key]);
});
