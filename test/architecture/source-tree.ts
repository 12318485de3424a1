import { existsSync, readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, extname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the project. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The folders whose imports are held to the table of `import-table.ts`. */
const LAYERED_FOLDERS = ["engine", "assets", "sensors", "schedules", "ui"];
const UNREAD_FOLDERS = new Set(["node_modules", "dist", ".git", "data"]);
const MODULE_EXTENSIONS = new Set([".ts", ".tsx", ".mjs"]);

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path from the root for the project's own files, else the name of a package or of a `node:` module. */
  readonly target: string;
  readonly kind: "file" | "package" | "node";
  /** Gone when the types are: it can be part of no cycle. */
  readonly typeOnly: boolean;
}

/** All modules of the layered folders, and of `test` where asked for. */
export function readSourceTree(params: { readonly tests?: boolean } = {}): readonly SourceFile[] {
  const folders = params.tests === true ? [...LAYERED_FOLDERS, "test"] : LAYERED_FOLDERS;
  return folders
    .flatMap((folder) => filesBelow(folder))
    .filter(isModule)
    .map(readSource);
}

export function isModule(path: string): boolean {
  return MODULE_EXTENSIONS.has(extname(path)) && !path.startsWith("test/data/");
}

/** From the root, sorted; nothing where there is no such folder. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return names.flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return UNREAD_FOLDERS.has(entry.name) && folder !== "test" ? [] : filesBelow(path);
  });
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  return { path, text, imports: importsOf(path, text) };
}

/** Exported for its test. */
export function importsOf(path: string, text: string): readonly Import[] {
  const runtime = new Set(specifiers(extname(path) === ".ts" ? stripTypeScriptTypes(text) : text));
  return [...new Set(specifiers(text))].map((specifier) => ({
    ...resolve(path, specifier),
    typeOnly: !runtime.has(specifier),
  }));
}

/** Static imports and re-exports begin a line, as the formatter leaves them; dynamic ones have a literal. */
const STATIC_IMPORT = /^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*["']([^"'\n]+)["']/gm;
const DYNAMIC_IMPORT = /(?<!["'`\w.])import\(\s*["']([^"'\n]+)["']\s*\)/g;

function specifiers(text: string): readonly string[] {
  return [STATIC_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((found) => found[1] ?? ""),
  );
}

function resolve(path: string, specifier: string): Pick<Import, "target" | "kind"> {
  if (specifier.startsWith(".")) return { kind: "file", target: posix.join(dirname(path), specifier) };
  if (specifier.startsWith("node:")) return { kind: "node", target: specifier };
  const segments = specifier.split("/");
  return { kind: "package", target: segments.slice(0, specifier.startsWith("@") ? 2 : 1).join("/") };
}
