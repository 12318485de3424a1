import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, Node, YAMLError } from "yaml";

/** A configuration of 181 sources has 120 kB; parsing takes about a second a megabyte. */
export const MAX_YAML_BYTES = 2 * 1024 * 1024;
export const MAX_YAML_DEPTH = 64;
/** Anchors, and aliases, in one file. */
export const MAX_YAML_ALIASES = 1_000;
/** Values in one file after every alias has been followed: what an alias bomb runs into. */
export const MAX_YAML_VALUES = 500_000;
/** Problems told of one file; those of a broken file mostly follow from its first. */
export const MAX_YAML_PROBLEMS = 20;

/** From 1. */
export interface YamlPosition {
  readonly line: number;
  readonly column: number;
}

export interface YamlProblem extends YamlPosition {
  readonly file: string;
  readonly reason: string;
}

export type YamlPath = readonly (string | number)[];

export interface YamlDocument {
  readonly ok: true;
  /** Plain frozen data: objects, arrays, strings, numbers, booleans, null. Null for an empty file. */
  readonly value: unknown;
  /** Where the key or item at `path` stands; where there is none, the nearest thing above it. */
  readonly position: (path: YamlPath) => YamlPosition;
  /** A scalar as the file spells it, without quotes (`007` where the value is 7); undefined for anything else. */
  readonly spelling: (path: YamlPath) => string | undefined;
}

export interface YamlFailure {
  readonly ok: false;
  /** In file order, at least one, at most `MAX_YAML_PROBLEMS`. */
  readonly problems: readonly YamlProblem[];
  /** How many there were in all. */
  readonly problemCount: number;
}

export type YamlResult = YamlDocument | YamlFailure;

export interface ParseYamlParams {
  /** Bytes have to be UTF-8. */
  readonly text: string | Uint8Array;
  /** The name that problems carry. */
  readonly file: string;
}

/**
 * Parses one YAML 1.2 document (with merge keys) of plain data. Never throws on what a file can hold: an oversized or
 * binary file, an unknown tag, a repeated key, an alias bomb and nesting without end are problems with a line.
 * A problem's text never quotes the file, which may hold credentials. Takes its time: large files belong in a worker.
 */
export function parseYaml({ text, file }: ParseYamlParams): YamlResult {
  const decoded = decode(text);
  if (typeof decoded !== "string") return failure(file, [decoded]);
  const lines = new LineCounter();
  const found: Found[] = [];
  try {
    const document = parseDocument(decoded, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      merge: true,
      resolveKnownTags: false,
      // Checked by `inspect`: the library compares every key with every other.
      uniqueKeys: false,
      // "silent" would hide a second document; nothing is logged here either way.
      logLevel: "error",
    });
    for (const error of [...document.errors, ...document.warnings]) {
      found.push({ offset: error.pos[0], reason: reasonOf(error) });
    }
    if (found.length === 0 && document.contents !== null) inspect(document, { lines, found });
    if (found.length === 0) return documentOf(document, lines);
  } catch (error) {
    // The library recurses; what lies deeper than the stack ends here.
    if (!(error instanceof RangeError)) throw error;
    found.push({ offset: 0, reason: tooDeep });
  }
  const inOrder = found.sort((a, b) => a.offset - b.offset);
  return failure(
    file,
    inOrder.map(({ offset, reason }) => Object.assign({ reason }, positionAt(lines, offset))),
  );
}

interface Found {
  readonly offset: number;
  readonly reason: string;
}

type Placed = YamlPosition & { readonly reason: string };

const tooDeep = `nested more than ${MAX_YAML_DEPTH} levels deep`;

function failure(file: string, placed: readonly Placed[]): YamlFailure {
  const distinct = [...new Map(placed.map((problem) => [`${problem.line}\n${problem.reason}`, problem])).values()];
  const problems = distinct.slice(0, MAX_YAML_PROBLEMS).map((problem) => Object.freeze({ file, ...problem }));
  return Object.freeze({ ok: false, problems: Object.freeze(problems), problemCount: distinct.length });
}

function decode(text: string | Uint8Array): string | Placed {
  const sizeBytes = typeof text === "string" ? Buffer.byteLength(text) : text.byteLength;
  if (sizeBytes > MAX_YAML_BYTES) {
    const size = (sizeBytes / 1024 / 1024).toFixed(1);
    return at(1, 1, `the file has ${size} MiB, at most ${MAX_YAML_BYTES / 1024 / 1024} MiB are read`);
  }
  const decoded = typeof text === "string" ? text.replace(/^\uFEFF/, "") : decodeBytes(text);
  if (typeof decoded !== "string") return decoded;
  // YAML 1.2 §5.1 excludes them; the library lets them through.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const binary = /[\0-\x08\x0B\x0C\x0E-\x1F\x7F]/.exec(decoded);
  if (binary === null) return decoded;
  const code = binary[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return place(decoded, binary.index, `not a text file: it holds the character U+${code}`);
}

function decodeBytes(bytes: Uint8Array): string | Placed {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return at(1, 1, "the file is UTF-16; save it as UTF-8");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const lossy = new TextDecoder("utf-8").decode(bytes);
    return place(lossy, Math.max(0, lossy.indexOf("\uFFFD")), "not a text file, or not in UTF-8");
  }
}

function at(line: number, column: number, reason: string): Placed {
  return { line, column, reason };
}

function place(text: string, offset: number, reason: string): Placed {
  const before = text.slice(0, offset);
  return at(before.split("\n").length, offset - before.lastIndexOf("\n"), reason);
}

function positionAt(lines: LineCounter, offset: number): YamlPosition {
  const { line, col } = lines.linePos(offset);
  return Object.freeze({ line: Math.max(1, line), column: Math.max(1, col) });
}

const hints: Partial<Record<YAMLError["code"], string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'two "key:" on one line; give the second a line of its own, or quote the value',
  TAB_AS_INDENT: "tabs cannot indent; use spaces",
  MULTIPLE_DOCS: 'more than one YAML document; remove the second "---"',
  RESOURCE_EXHAUSTION: tooDeep,
  TAG_RESOLVE_FAILED: "a tag (!…) of something that is no plain data; quote the value if it is text",
  BAD_DIRECTIVE: "a line that begins with % and is no YAML directive",
  BAD_DQ_ESCAPE: "an unknown escape (\\…) in a double-quoted text",
};

function reasonOf(error: YAMLError): string {
  // After a colon some of the library's messages quote the file.
  return hints[error.code] ?? error.message.split(": ", 1).join("").slice(0, 200);
}

/** One pass over all nodes, for what the library lets through. Recursion is bounded by `MAX_YAML_DEPTH`. */
function inspect(document: Document.Parsed, { lines, found }: { lines: LineCounter; found: Found[] }): void {
  const anchors = new Map<string, { node: Node; values: number | null }>();
  let aliasCount = 0;
  let stopped = false;

  function stop(node: Node, reason: string): number {
    if (!stopped) found.push({ offset: node.range?.[0] ?? 0, reason });
    stopped = true;
    return 0;
  }

  /** How many values the node stands for, aliases followed. */
  function count(node: unknown, depth: number): number {
    if (stopped) return 0;
    if (isAlias(node)) return countAlias(node);
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return 0;
    if (depth > MAX_YAML_DEPTH) return stop(node, tooDeep);
    const anchor = { node, values: null as number | null };
    if (node.anchor !== undefined) anchors.set(node.anchor, anchor);
    if (anchors.size > MAX_YAML_ALIASES) return stop(node, `more than ${MAX_YAML_ALIASES} anchors`);
    let values = 1;
    if (isMap(node)) {
      const keys = new Map<string, Node>();
      for (const { key, value } of node.items) {
        if (isScalar(key)) checkKey(key, keys);
        values += count(value, depth + 1);
        if (isScalar(key) && key.value === "<<") checkMerge(key, value);
      }
    } else if (isSeq(node)) {
      for (const item of node.items) values += count(item, depth + 1);
    }
    anchor.values = values;
    return values <= MAX_YAML_VALUES ? values : stop(node, `more than ${MAX_YAML_VALUES} values, aliases followed`);
  }

  function countAlias(node: Node & { source: string }): number {
    aliasCount += 1;
    if (aliasCount > MAX_YAML_ALIASES) return stop(node, `more than ${MAX_YAML_ALIASES} aliases`);
    const anchor = anchors.get(node.source);
    if (anchor === undefined) return stop(node, "an alias (*) of an anchor (&) that is not above it");
    return anchor.values ?? stop(node, "an alias (*) inside of its own anchor (&)");
  }

  function checkKey(key: Node & { value: unknown }, keys: Map<string, Node>): void {
    const name = String(key.value);
    const first = keys.get(name);
    if (first === undefined) keys.set(name, key);
    else if (name !== "<<") {
      const firstLine = positionAt(lines, first.range?.[0] ?? 0).line;
      const reason = `the key "${name.slice(0, 60)}" stands twice in one mapping, first at line ${firstLine}`;
      found.push({ offset: key.range?.[0] ?? 0, reason });
    }
  }

  function checkMerge(key: Node, value: unknown): void {
    const merged = isSeq(value) ? value.items : [value];
    if (!merged.every((part) => isMap(isAlias(part) ? anchors.get(part.source)?.node : part))) {
      stop(key, 'the merge key "<<" takes a mapping, or a list of mappings');
    }
  }

  count(document.contents, 1);
}

function documentOf(document: Document.Parsed, lines: LineCounter): YamlDocument {
  // `inspect` has counted what the aliases expand to.
  const value: unknown = deepFreeze(document.toJS({ maxAliasCount: -1 }));
  return Object.freeze({
    ok: true,
    value,
    position: (path: YamlPath) => positionAt(lines, find(document, path).offset),
    spelling(path: YamlPath) {
      const { node } = find(document, path);
      return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
    },
  });
}

/** The node at `path`, and the offset of its key; `node` is undefined where the path ends too early. */
function find(document: Document.Parsed, path: YamlPath): { node: unknown; offset: number } {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) return { node: undefined, offset };
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      node = node.items[step];
      if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) offset = node.range?.[0] ?? offset;
    } else {
      return { node: undefined, offset };
    }
  }
  return { node: isAlias(node) ? node.resolve(document) : node, offset };
}

function deepFreeze(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
