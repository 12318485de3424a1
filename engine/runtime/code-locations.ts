import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildCatalog, type Catalog, type Definition, type LocatedDefinition } from "../core/catalog.ts";
import { EngineError, isEngineError } from "../core/errors.ts";
import type { Failure } from "../core/events.ts";

/** Modules whose exports are loaded together; one that fails takes only its own location along. */
export interface CodeLocation {
  /** As the workspace spells it: a module's path, or a built-in location's name. */
  readonly name: string;
  readonly modules: readonly URL[];
  /** Why there is nothing to load; null where there is. */
  readonly error: Failure | null;
}

export interface LoadedLocation {
  readonly name: string;
  readonly status: "loaded" | "failed";
  readonly definitions: number;
  readonly error: Failure | null;
}

export interface LoadedCode {
  readonly catalog: Catalog;
  readonly locations: readonly LoadedLocation[];
}

export interface ResolveLocationParams {
  /** The workspace's folder, to which paths are relative. */
  readonly folder: string;
  /** Modules of the built-in locations, by name. */
  readonly builtIns: ReadonlyMap<string, readonly URL[]>;
}

/** The modules that a name in a workspace stands for. */
export function resolveLocation(name: string, { folder, builtIns }: ResolveLocationParams): CodeLocation {
  const builtIn = builtIns.get(name);
  if (builtIn !== undefined) return { name, modules: builtIn, error: null };
  const path = resolve(folder, name);
  const isPath = name.startsWith(".") || isAbsolute(name) || /\.[cm]?[jt]s$/.test(name);
  if (isPath && existsSync(path)) return { name, modules: [pathToFileURL(path)], error: null };
  const known = [...builtIns.keys()].map((key) => `"${key}"`).join(", ");
  const message = isPath ? `there is no file ${path}` : `there is no built-in location "${name}"; there is ${known}`;
  return { name, modules: [], error: { code: "config", message } };
}

/** The project's effective settings by variable name; schedules may take their times from them. */
type Settings = Readonly<Record<string, string | undefined>>;

/** Imports every location and builds one catalogue of all that can stand together. Throws only on bugs. */
export async function loadLocations(locations: readonly CodeLocation[], settings: Settings = {}): Promise<LoadedCode> {
  const imported: ImportedLocation[] = [];
  for (const location of locations) imported.push(await importLocation(location));
  return assemble(imported, settings);
}

interface ImportedLocation {
  readonly name: string;
  readonly definitions: readonly LocatedDefinition[];
  readonly error: Failure | null;
}

async function importLocation({ name, modules, error }: CodeLocation): Promise<ImportedLocation> {
  if (error !== null) return { name, definitions: [], error };
  const definitions = new Set<Definition>();
  try {
    for (const module of modules) {
      for (const definition of definitionsIn(await import(module.href))) definitions.add(definition);
    }
  } catch (thrown) {
    return { name, definitions: [], error: loadFailure(thrown) };
  }
  if (definitions.size > 0) {
    return { name, definitions: [...definitions].map((definition) => ({ definition, location: name })), error: null };
  }
  const message = "it exports nothing that a define… function made";
  const [module] = modules;
  const place = module === undefined ? {} : { file: fileURLToPath(module), line: 1 };
  return { name, definitions: [], error: { code: "definition", message, ...place } };
}

const definitionTypes: ReadonlySet<unknown> = new Set<Definition["type"]>([
  "asset",
  "check",
  "job",
  "sensor",
  "schedule",
  "partitions",
  "resource",
]);

/** What a module exports and a `define…` made, by itself or in a list or record, as multi-assets come. */
function definitionsIn(exports: unknown): readonly Definition[] {
  return values(exports).flatMap((value) => (isDefinition(value) ? [value] : values(value).filter(isDefinition)));
}

function values(value: unknown): readonly unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function isDefinition(value: unknown): value is Definition {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    definitionTypes.has(value.type) &&
    Object.isFrozen(value)
  );
}

/** Adds locations until none is left that fits with those before; a location may need one that stands after it. */
function assemble(imported: readonly ImportedLocation[], settings: Settings): LoadedCode {
  const errors = new Map(imported.map(({ name, error }) => [name, error]));
  let waiting = imported.filter(({ error }) => error === null);
  const accepted: ImportedLocation[] = [];
  let catalog = buildCatalog([]);
  const whole = tryCatalog(waiting, settings);
  if (whole.catalog !== null) {
    catalog = whole.catalog;
    waiting = [];
  }
  for (let isProgress = true; isProgress && waiting.length > 0;) {
    isProgress = false;
    for (const location of waiting) {
      const tried = tryCatalog([...accepted, location], settings);
      errors.set(location.name, tried.error);
      if (tried.catalog === null) continue;
      catalog = tried.catalog;
      accepted.push(location);
      isProgress = true;
    }
    waiting = waiting.filter((location) => !accepted.includes(location));
  }
  return {
    catalog,
    locations: imported.map(({ name, definitions }) => {
      const error = errors.get(name) ?? null;
      return { name, status: error === null ? "loaded" : "failed", definitions: definitions.length, error };
    }),
  };
}

type TriedCatalog =
  | { readonly catalog: Catalog; readonly error: null }
  | { readonly catalog: null; readonly error: Failure };

function tryCatalog(locations: readonly ImportedLocation[], settings: Settings): TriedCatalog {
  try {
    return {
      catalog: buildCatalog(
        locations.flatMap(({ definitions }) => definitions),
        settings,
      ),
      error: null,
    };
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return { catalog: null, error: { code: error.code, message: error.message } };
  }
}

/** What a module threw while it was imported, and where. */
function loadFailure(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new EngineError("user_code", `threw ${String(thrown)}`);
  const code = isEngineError(error) ? error.code : "user_code";
  const [message = ""] = error.message.split("\n");
  return { code, message, ...(placeOfMissing(error.message) ?? placeOfThrow(error.stack ?? "")) };
}

interface Place {
  readonly file: string;
  readonly line: number;
}

/** "Cannot find module '/a/b.ts' imported from /a/c.ts" names no line: that of the import is looked up. */
function placeOfMissing(message: string): Place | null {
  const match = /^Cannot find (?:module|package) '([^']+)' imported from (\/.+)$/m.exec(message);
  if (match === null) return null;
  const [, missing = "", importer = ""] = match;
  const name = missing.slice(missing.lastIndexOf("/") + 1);
  try {
    const lines = readFileSync(importer, "utf8").split("\n");
    const index = lines.findIndex((line) => line.includes(`${name}"`) || line.includes(`${name}'`));
    return { file: importer, line: index + 1 };
  } catch {
    return { file: importer, line: 1 };
  }
}

const engineFolder = fileURLToPath(new URL("../", import.meta.url));

/** A syntax error's stack begins with its place; any other's has a frame a line, of which the engine's own are skipped. */
function placeOfThrow(stack: string): Place | null {
  const [head = "", ...frames] = stack.split("\n");
  const whole = /^(?:file:\/\/)?(\/.+):(\d+)$/.exec(head);
  if (whole !== null) return { file: decodeURI(whole[1] ?? ""), line: Number(whole[2]) };
  for (const frame of frames) {
    const match = /\(?file:\/\/(\/[^():]+):(\d+):\d+\)?$/.exec(frame.trim());
    const file = decodeURI(match?.[1] ?? "");
    if (match === null || frame.includes("node_modules") || file.startsWith(engineFolder)) continue;
    return { file, line: Number(match[2]) };
  }
  return null;
}
