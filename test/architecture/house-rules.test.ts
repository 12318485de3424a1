import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { basename, dirname, join } from "node:path";
import { compositionRoot } from "./import-table.ts";
import { filesBelow, readSourceTree, root } from "./source-tree.ts";

const tree = readSourceTree();
const withTests = readSourceTree({ tests: true });

const MAX_FILE_LINES = 500;

/** What lies at the top, and why a folder may. Anything else needs a reason here. */
const topFolders: Readonly<Record<string, string>> = {
  engine: "the machine",
  assets: "the domain",
  sensors: "what watches",
  schedules: "what the clock starts",
  ui: "command line, server, pages, demo sites",
  configs: "configurations of projects, the demo's among them",
  test: "tests, mirroring the above",
  docs: "guides",
};
const toolFolders = new Set([".git", ".ci", "node_modules", "dist", "data"]);

test("the folders at the top are those of the map", () => {
  const entries = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found = entries.map((entry) => entry.name).filter((name) => !toolFolders.has(name));
  assert.deepEqual(found.toSorted(), Object.keys(topFolders).toSorted());
});

test("no file has more than 500 lines", () => {
  const long = withTests
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_FILE_LINES);
  assert.deepEqual(long, []);
});

test("files are named in kebab case, and for what they hold", () => {
  const wrong = withTests
    .map((file) => file.path)
    .filter((path) => !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*\.(?:tsx?|mjs)$/.test(basename(path)))
    .concat(
      withTests.map((file) => file.path).filter((path) => /(?:^|\/)(?:utils?|helpers?|misc|common)\.ts$/.test(path)),
    );
  assert.deepEqual(wrong, []);
});

test("the clock is read in one place", () => {
  const clock = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime\b|\bMath\.random\(/;
  assert.deepEqual(filesWith(clock, ["engine/adapters/system-clock.ts", "ui/web/"]), []);
});

test("the environment and the arguments are read by the command line alone", () => {
  assert.deepEqual(filesWith(/\bprocess\.(?:env|argv)\b/, ["ui/cli/"]), []);
});

test("timers are set in one place", () => {
  const timers = /(?<![.\w])set(?:Timeout|Interval|Immediate)\(|\bAbortSignal\.timeout\(|node:timers/;
  assert.deepEqual(filesWith(timers, ["engine/adapters/system-clock.ts", "ui/web/"]), []);
});

test("the files of the composition root are there", () => {
  const paths = tree.map((file) => file.path);
  assert.deepEqual(
    compositionRoot.filter((place) => !paths.some((path) => path.startsWith(place))),
    [],
  );
});

test("no two tests of a file have the same title", () => {
  const title = /(?:^|[^.\w])(?:test|it)\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g;
  const repeated = withTests
    .filter((file) => file.path.startsWith("test/") && !file.path.startsWith("test/architecture/imports"))
    .flatMap(({ path, text }) => {
      const titles = [...text.matchAll(title)].map((found) => found[2] ?? "");
      return titles.filter((one, index) => titles.indexOf(one) !== index).map((one) => `${path}: ${one}`);
    });
  assert.deepEqual(repeated, []);
});

test("every guide is in the list of guides", () => {
  const list = readFileSync(join(root, "docs/README.md"), "utf8");
  const guides = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && name !== "README.md");
  assert.deepEqual(
    guides.filter((name) => !list.includes(`](${name})`)),
    [],
  );
});

test("links in the guides lead to files that are there", () => {
  const guides = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    ...filesBelow("docs").filter((path) => path.endsWith(".md")),
  ];
  const broken = guides.flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((found) => found[1] ?? "");
    return links.filter((link) => !existsSync(join(root, dirname(path), link))).map((link) => `${path}: ${link}`);
  });
  assert.deepEqual(broken, []);
});

test("the map names places that are there", () => {
  const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const places = [...map.matchAll(/`((?:engine|assets|sensors|schedules|ui|configs|test|docs)\/[\w./-]*)`/g)];
  const missing = places.map((place) => place[1] ?? "").filter((place) => !existsSync(join(root, place)));
  assert.deepEqual(missing, []);
  assert.ok(places.length > 20, "the map was read");
});

/** Paths of files outside of `places` whose code, comments left out, holds `pattern`. */
function filesWith(pattern: RegExp, places: readonly string[]): readonly string[] {
  const isPlace = (path: string): boolean =>
    places.some((place) => (place.endsWith("/") ? path.startsWith(place) : path === place));
  return tree
    .filter(({ path, text }) => !isPlace(path) && pattern.test(text.replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "")))
    .map((file) => file.path);
}
