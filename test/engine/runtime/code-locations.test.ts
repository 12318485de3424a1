import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { loadLocations, resolveLocation } from "../../../engine/runtime/code-locations.ts";

const engine = fileURLToPath(new URL("../../../engine/index.ts", import.meta.url));

/** Writes modules into a folder of their own and loads each as a location. */
async function load(files: Readonly<Record<string, string>>, names = Object.keys(files).map((name) => `./${name}`)) {
  const folder = mkdtempSync(join(tmpdir(), "sheaf-locations-"));
  mkdirSync(join(folder, "parts"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text.replaceAll("ENGINE", engine));
  try {
    const code = await loadLocations(names.map((name) => resolveLocation(name, { folder, builtIns: new Map() })));
    const errors = code.locations.map(({ name, error }) => ({
      name,
      at: error?.line === undefined ? null : `${error.file?.replace(`${folder}/`, "")}:${error.line}`,
      message: error?.message ?? null,
    }));
    return { ...code, errors };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const asset = (key: string): string => `import { defineAsset } from "ENGINE";
export const made = defineAsset({ key: "${key}", run: () => 1 });
`;

test("everything that a module exports and a define function made is loaded, multi-assets too", async () => {
  const code = await load({
    "own.ts": `import { defineAsset, defineJob, defineMultiAsset, dynamicPartitions } from "ENGINE";
interface Typed { readonly n: number }
export const limit: Typed = { n: 3 };
export const one = defineAsset({ key: "one", run: () => 1 });
const inner = defineAsset({ key: "not-exported", run: () => 1 });
export const both = defineMultiAsset({ assets: { left: { key: "left" }, right: { key: "right" } }, run: () => ({}) });
export const job = defineJob({ name: "job", assets: [one] });
export const sets = [dynamicPartitions("sites")];
export function helper() { return inner; }
`,
  });
  assert.deepEqual([...code.catalog.assets.keys()].sort(), ["left", "one", "right"]);
  assert.deepEqual([...code.catalog.jobs.keys()], ["job"]);
  assert.deepEqual([...code.catalog.partitionSets.keys()], ["sites"]);
  assert.deepEqual(code.locations, [{ name: "./own.ts", status: "loaded", definitions: 5, error: null }]);
  assert.equal(code.catalog.locations.get("asset:one"), "./own.ts");
});

test("a location that fails says where, and harms no other", async () => {
  const code = await load({
    "good.ts": asset("good"),
    "throws.ts": `const settings: { readonly a?: { readonly b: number } } = {};
export const wrong = (settings.a as { b: number }).b;
`,
    "syntax.ts": "export const a = 1;\nexport const = 2;\n",
    "missing.ts": 'import { x } from "ENGINE";\nimport { y } from "./parts/gone.ts";\nexport const z = [x, y];\n',
    "named.ts": 'import { noSuchThing } from "ENGINE";\nexport const z = noSuchThing;\n',
    "definition.ts": `import { defineAsset } from "ENGINE";

export const bad = defineAsset({ key: "no spaces", run: () => 1 });
`,
    "empty.ts": "export const nothing = 1;\n",
    "enum.ts": 'import { defineAsset } from "ENGINE";\nexport enum Kind { A }\n',
  });
  assert.deepEqual([...code.catalog.assets.keys()], ["good"]);
  const places = Object.fromEntries(code.errors.map(({ name, at }) => [name, at]));
  assert.deepEqual(places, {
    "./good.ts": null,
    "./throws.ts": "throws.ts:2",
    "./syntax.ts": "syntax.ts:2",
    "./missing.ts": "missing.ts:2",
    "./named.ts": "named.ts:1",
    "./definition.ts": "definition.ts:3",
    "./empty.ts": "empty.ts:1",
    "./enum.ts": "enum.ts:2",
  });
  const messages = Object.fromEntries(code.errors.map(({ name, message }) => [name, message ?? ""]));
  assert.match(messages["./definition.ts"] ?? "", /"no spaces" is not a name/);
  assert.match(messages["./missing.ts"] ?? "", /^Cannot find module .*gone\.ts/);
});

test("two locations that define the same name: the first is loaded, the second names both", async () => {
  const code = await load({ "a.ts": asset("twice"), "b.ts": asset("twice"), "c.ts": asset("other") });
  assert.deepEqual([...code.catalog.assets.keys()], ["twice", "other"]);
  assert.deepEqual(code.errors, [
    { name: "./a.ts", at: null, message: null },
    { name: "./b.ts", at: null, message: 'asset "twice" is defined twice: in ./a.ts and in ./b.ts' },
    { name: "./c.ts", at: null, message: null },
  ]);
});

test("a location may depend on one that stands after it, also beside one that fails", async () => {
  const code = await load({
    "down.ts": `import { defineAsset } from "ENGINE";
import { made } from "./up.ts";
export const down = defineAsset({ key: "down", deps: { made }, run: () => 1 });
`,
    "up.ts": asset("up"),
    "again.ts": asset("up"),
  });
  assert.deepEqual([...code.catalog.assets.keys()].sort(), ["down", "up"]);
  assert.deepEqual(
    code.locations.map(({ status }) => status),
    ["loaded", "loaded", "failed"],
  );
});

test("a schedule whose time the settings spoil fails its own location", async () => {
  const code = await load({
    "good.ts": asset("good"),
    "timed.ts": `import { defineSchedule, setting } from "ENGINE";
export const timed = defineSchedule({ name: "timed", cron: setting("WHEN", "not a cron"), evaluate: () => ({ reason: "" }) });
`,
  });
  assert.deepEqual(
    code.locations.map(({ status }) => status),
    ["loaded", "failed"],
  );
  assert.match(code.errors[1]?.message ?? "", /timed/);
});

test("a location that is no file and no built-in says what there is", () => {
  const builtIns = new Map([["ingest", []]]);
  const at = { folder: "/srv", builtIns };
  assert.equal(resolveLocation("tasks", at).error?.message, 'there is no built-in location "tasks"; there is "ingest"');
  assert.equal(resolveLocation("./own.ts", at).error?.message, "there is no file /srv/own.ts");
  assert.equal(resolveLocation("ingest", at).error, null);
});
