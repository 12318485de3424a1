import { parseYaml } from "../../engine/index.ts";
import type { YamlDocument, YamlPath } from "../../engine/index.ts";
import type { ProblemLog } from "./config-problem.ts";

/**
 * A mapping of a configuration file, read as viper reads it: keys in any case, text for numbers and booleans and the
 * other way round. A value that cannot be read gives one warning and the default.
 */
export interface ConfigMap {
  /** Where it stands. */
  readonly line: number;
  /** In file order, in lower case. */
  readonly keys: readonly string[];
  value(key: string): unknown;
  /** The line of the key; that of the mapping where there is no such key. */
  lineOf(key: string): number;
  /** True where the key is missing, or has no value. */
  isUnset(key: string): boolean;
  /** Trimmed; a number or boolean as the file spells it. Default "". */
  text(key: string, fallback?: string): string;
  /** Null where the value is no boolean; reports nothing. */
  booleanOrNull(key: string): boolean | null;
  boolean(key: string, fallback: boolean): boolean;
  integer(key: string, bounds: IntegerBounds): number;
  /** Null where the key is unset; reports what is no mapping. */
  map(key: string): ConfigMap | null;
  /** The items of a list as text, with their lines; reports what is no list of plain values. */
  textList(key: string): readonly TextItem[];
  /** The items of a list of mappings; null where there is no list. */
  mapList(key: string): readonly MapItem[] | null;
}

export interface IntegerBounds {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

export interface TextItem {
  readonly text: string;
  readonly line: number;
}

export interface MapItem {
  /** Null where the item is no mapping. */
  readonly map: ConfigMap | null;
  readonly line: number;
}

const trueWords = new Set(["true", "t", "yes", "y", "on", "1"]);
const falseWords = new Set(["false", "f", "no", "n", "off", "0"]);

/** Go's ParseBool and YAML 1.1's words (what PyYAML reads); null for anything else. */
export function booleanOf(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  return trueWords.has(word) ? true : falseWords.has(word) ? false : null;
}

export interface ConfigMapParams {
  readonly document: YamlDocument;
  readonly path: YamlPath;
  readonly value: unknown;
  readonly problems: ProblemLog;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `value` has to be the mapping at `path`. */
export function configMap({ document, path, value, problems }: ConfigMapParams): ConfigMap {
  const spelledAs = new Map<string, string>();
  const entries = isMapping(value) ? Object.entries(value) : [];
  for (const [key] of entries) {
    const lower = key.toLowerCase();
    const first = spelledAs.get(lower);
    if (first === undefined) spelledAs.set(lower, key);
    else {
      const { line } = document.position([...path, key]);
      problems.warning(
        line,
        `"${key}" is "${first}" in other letters, and keys are read in any case: the first counts`,
      );
    }
  }
  const values = new Map(entries.map(([key, part]) => [key, part]));
  const pathOf = (key: string): YamlPath => [...path, spelledAs.get(key) ?? key];
  const lineOf = (key: string): number => document.position(pathOf(key)).line;
  const valueOf = (key: string): unknown => values.get(spelledAs.get(key) ?? key);
  const isUnset = (key: string): boolean => valueOf(key) === undefined || valueOf(key) === null;
  function plainText(partPath: YamlPath, part: unknown): string | null {
    if (part === null || part === undefined) return "";
    if (typeof part === "string") return part.trim();
    if (typeof part !== "number" && typeof part !== "boolean") return null;
    return (document.spelling(partPath) ?? String(part)).trim();
  }
  function text(key: string, fallback = ""): string {
    const found = plainText(pathOf(key), valueOf(key));
    if (found === null) problems.warning(lineOf(key), `"${key}" takes plain text, not a list or a mapping: left out`);
    return found === null || found === "" ? fallback : found;
  }
  function booleanOrNull(key: string): boolean | null {
    const found = plainText(pathOf(key), valueOf(key));
    return found === null ? null : booleanOf(found);
  }
  return {
    line: document.position(path).line,
    keys: Object.freeze([...spelledAs.keys()]),
    value: valueOf,
    lineOf,
    isUnset,
    text,
    booleanOrNull,
    boolean(key, fallback) {
      if (isUnset(key) || valueOf(key) === "") return fallback;
      const found = booleanOrNull(key);
      if (found === null) problems.warning(lineOf(key), `"${key}" takes true or false: taken as ${fallback}`);
      return found ?? fallback;
    },
    integer(key, { fallback, min, max }) {
      const found = text(key);
      if (found === "") return fallback;
      const number = /^[+-]?\d+(\.\d*)?$/.test(found) ? Math.trunc(Number(found)) : Number.NaN;
      if (number >= min && number <= max) return number;
      problems.warning(lineOf(key), `"${key}" takes a whole number from ${min} to ${max}: taken as ${fallback}`);
      return fallback;
    },
    map(key) {
      const inner = valueOf(key);
      if (isMapping(inner)) return configMap({ document, path: pathOf(key), value: inner, problems });
      if (!isUnset(key)) problems.warning(lineOf(key), `"${key}" takes a mapping: left out`);
      return null;
    },
    textList(key) {
      const list = valueOf(key);
      if (isUnset(key)) return [];
      const items: readonly unknown[] = Array.isArray(list) ? list : [list];
      if (!Array.isArray(list)) problems.warning(lineOf(key), `"${key}" takes a list: taken as a list of one`);
      return items.flatMap((item, index) => {
        const itemPath = Array.isArray(list) ? [...pathOf(key), index] : pathOf(key);
        const { line } = document.position(itemPath);
        const found = plainText(itemPath, item);
        if (found !== null && found !== "") return [{ text: found, line }];
        problems.warning(line, `"${key}" holds an item that is no name: left out`);
        return [];
      });
    },
    mapList(key) {
      const list = valueOf(key);
      if (!Array.isArray(list)) return null;
      return list.map((item: unknown, index) => {
        const itemPath = [...pathOf(key), index];
        const map = isMapping(item) ? configMap({ document, path: itemPath, value: item, problems }) : null;
        return { map, line: document.position(itemPath).line };
      });
    },
  };
}

export interface OpenConfigParams {
  readonly text: string | Uint8Array;
  readonly file: string;
  /** What the file should hold, for the messages: `a "sources:" list`. */
  readonly expected: string;
  readonly problems: ProblemLog;
}

/** The file's top mapping; null, with one error told, where there is none to be had. */
export function openConfig({ text, file, expected, problems }: OpenConfigParams): ConfigMap | null {
  const document = parseYaml({ text, file });
  if (!document.ok) {
    const [first] = document.problems;
    const more = document.problemCount - 1;
    const tail = more > 0 ? ` (${more} more problem${more > 1 ? "s" : ""} from there on)` : "";
    problems.error(first?.line ?? null, `the file cannot be read as YAML: ${first?.reason ?? "unknown"}${tail}`);
    return null;
  }
  if (document.value === null) {
    problems.error(1, `the file is empty; expected ${expected}`);
    return null;
  }
  if (!isMapping(document.value)) {
    problems.error(1, `the file holds no mapping at its top; expected ${expected}`);
    return null;
  }
  return configMap({ document, path: [], value: document.value, problems });
}
