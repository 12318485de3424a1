import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { layers, packageHomes, packagesNotImported, pureNodeModules } from "./import-table.ts";
import { importsOf, readSourceTree, root, type SourceFile } from "./source-tree.ts";

const tree = readSourceTree();

const isBelow = (path: string, place: string): boolean =>
  place.endsWith("/") ? path.startsWith(place) : path === place;
const isIn = (path: string, places: readonly string[]): boolean => places.some((place) => isBelow(path, place));

test("imports are read as they are written, types and all", () => {
  const text = [
    'import { a } from "./a.ts";',
    "import {\n  type B,\n} from './b.ts';",
    'import type { C } from "c";',
    'import "node:d";',
    'export * from "@scope/e/inner";',
    'const lazy = import("../f.ts");',
    'const prose = "import it from \\"g\\"";',
  ].join("\n");
  assert.deepEqual(importsOf("engine/x/y.ts", text), [
    { kind: "file", target: "engine/x/a.ts", typeOnly: false },
    { kind: "file", target: "engine/x/b.ts", typeOnly: false },
    { kind: "package", target: "c", typeOnly: true },
    { kind: "node", target: "node:d", typeOnly: false },
    { kind: "package", target: "@scope/e", typeOnly: false },
    { kind: "file", target: "engine/f.ts", typeOnly: false },
  ]);
});

test("every file imports what its layer may, types included", () => {
  assert.ok(tree.length > 50, "the tree was read");
  const wrong = tree.flatMap(({ path, imports }) => {
    const layer = layers.find((one) => isIn(path, one.from));
    if (layer === undefined) return [`${path} belongs to no layer`];
    const files = imports.filter((one) => one.kind === "file");
    return files.filter((one) => !isIn(one.target, layer.mayImport)).map((one) => `${path} imports ${one.target}`);
  });
  assert.deepEqual(wrong, []);
});

test("every import names a file that is there", () => {
  const paths = new Set(readSourceTree({ tests: true }).map((file) => file.path));
  const wrong = tree.flatMap(({ path, imports }) =>
    imports
      .filter((one) => one.kind === "file" && /\.(?:ts|mjs|tsx)$/.test(one.target) && !paths.has(one.target))
      .map((one) => `${path} imports ${one.target}`),
  );
  assert.deepEqual(wrong, []);
});

test("no modules import each other in a circle", () => {
  assert.deepEqual(cycles(tree), []);
});

test("a circle is found and named in full", () => {
  const file = (path: string, target: string): SourceFile => ({
    path,
    text: "",
    imports: [{ kind: "file", target, typeOnly: false }],
  });
  assert.deepEqual(cycles([file("a", "b"), file("b", "c"), file("c", "b")]), ["b -> c -> b"]);
});

test("the core computes: it takes nothing from Node that reads, writes or waits", () => {
  const wrong = tree
    .filter((file) => file.path.startsWith("engine/core/"))
    .flatMap(({ path, imports }) =>
      imports
        .filter((one) => one.kind === "node" && !one.typeOnly && !pureNodeModules.includes(one.target))
        .map((one) => `${path} imports ${one.target}`),
    );
  assert.deepEqual(wrong, []);
});

test("Node's http is not imported, which would load all of its fetch", () => {
  const wrong = tree.flatMap(({ path, imports }) =>
    imports
      .filter((one) => /^node:https?$/.test(one.target) && !one.typeOnly)
      .map((one) => `${path} imports ${one.target}: take it from engine/adapters/node-http.ts`),
  );
  assert.deepEqual(wrong, []);
});

test("every package is imported in its one place", () => {
  const wrong = tree.flatMap(({ path, imports }) =>
    imports
      .filter((one) => one.kind === "package" && !isIn(path, packageHomes[one.target] ?? []))
      .map(
        (one) =>
          `${path} imports ${one.target}, whose home is ${packageHomes[one.target]?.join(", ") ?? "in no table"}`,
      ),
  );
  assert.deepEqual(wrong, []);
});

test("every dependency is imported, and every imported package is a dependency", () => {
  assert.deepEqual(
    dependencies(),
    [...imported((path) => !isConsole(path)), ...Object.keys(packagesNotImported)].toSorted(),
  );
});

test("what the console imports is built into it, and needed by nobody who runs it", () => {
  assert.deepEqual(
    consolePackages().filter((name) => packageFile().devDependencies[name] === undefined),
    [],
  );
});

test("the architecture says what each dependency is for", () => {
  const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const table = /^## Dependencies\n([\s\S]*?)^## /m.exec(map)?.[1] ?? "";
  const named = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap((row) => [...(row[1] ?? "").matchAll(/`([^`]+)`/g)]);
  assert.deepEqual(named.map((name) => name[1] ?? "").toSorted(), [...dependencies(), ...consolePackages()].toSorted());
});

function isConsole(path: string): boolean {
  return path.startsWith("ui/web/");
}

/** Packages that files import for more than their types. */
function imported(from: (path: string) => boolean): readonly string[] {
  const names = tree
    .filter(({ path }) => from(path))
    .flatMap(({ imports }) =>
      imports.filter((one) => one.kind === "package" && !one.typeOnly).map((one) => one.target),
    );
  return [...new Set(names)];
}

function consolePackages(): readonly string[] {
  return imported(isConsole);
}

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function packageFile(): PackageFile {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageFile;
}

/** Names of the packages that Sheaf needs to run. */
function dependencies(): readonly string[] {
  const { dependencies: needed, optionalDependencies: wanted } = packageFile();
  return Object.keys({ ...needed, ...wanted }).toSorted();
}

/** Each circle of run-time imports once, beginning at its first file in path order. */
function cycles(files: readonly SourceFile[]): readonly string[] {
  const graph = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.filter((one) => one.kind === "file" && !one.typeOnly).map((one) => one.target),
    ]),
  );
  const found = new Set<string>();
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.add([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return [...found];
}
