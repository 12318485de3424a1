import { goJson } from "./go-json.ts";
import { MAX_BLOCK_BYTES, MAX_DEPTH } from "./limits.ts";
import type { PageProblem } from "../document-types.ts";

/** One JSON object of a page: its text, as it stood or as it was cut from an array. */
export interface JsonBlock {
  readonly text: string;
}

export interface JsonBlocks {
  readonly blocks: readonly JsonBlock[];
  readonly problems: readonly PageProblem[];
}

/**
 * The JSON objects of one candidate text. A top-level array gives one block an element, written anew as gleaner does;
 * what is no object gives a problem, and harms nothing beside it. `where` names the candidate in messages.
 */
export function jsonBlocks(candidate: string, where: string): JsonBlocks {
  if (candidate.trim() === "") return { blocks: [], problems: [] };
  if (Buffer.byteLength(candidate) > MAX_BLOCK_BYTES) {
    return problem("too_large", `${where} is larger than ${MAX_BLOCK_BYTES} bytes`);
  }
  const parsed = parseLoosely(candidate);
  if ("error" in parsed) return problem("invalid_json", `${where} is not JSON: ${parsed.error}`);
  const { text, value } = parsed;
  const nesting = nestingProblem(value);
  if (nesting !== null) return problem("invalid_json", `${where} is ${nesting}`);
  if (!Array.isArray(value)) return isObject(value) ? { blocks: [{ text }], problems: [] } : notObject(where, value);
  const elements = value as readonly unknown[];
  const problems = elements.flatMap((element, index) =>
    isObject(element) ? [] : notObject(`element ${index + 1} of ${where}`, element).problems,
  );
  return { blocks: elements.filter(isObject).map((element) => ({ text: goJson(element) })), problems };
}

function problem(kind: PageProblem["kind"], message: string): JsonBlocks {
  return { blocks: [], problems: [{ kind, message }] };
}

function notObject(where: string, value: unknown): JsonBlocks {
  const kind = value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`;
  return problem("invalid_json", `${where} is ${kind}; expected a JSON object`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What pages wrap JSON in so that old browsers or XML parsers pass over it: HTML comments, CDATA marks. */
const WRAPPERS: readonly RegExp[] = [
  /^\s*(?:\/\*|\/\/)?\s*<!\[CDATA\[\s*(?:\*\/)?([\s\S]*?)(?:\/\*|\/\/)?\s*\]\]>\s*(?:\*\/)?\s*$/,
  /^\s*<!--([\s\S]*?)(?:\/\/)?\s*-->\s*$/,
];

type Parsed = { readonly text: string; readonly value: unknown } | { readonly error: string };

/** Takes a byte order mark off; takes a wrapper off where the text is no JSON with it. */
function parseLoosely(candidate: string): Parsed {
  const text = candidate.replace(/^\s*\uFEFF/, "");
  const first = tryParse(text);
  if (!("error" in first)) return first;
  for (const wrapper of WRAPPERS) {
    const inner = wrapper.exec(text)?.[1];
    const parsed = inner === undefined ? first : tryParse(inner);
    if (!("error" in parsed)) return parsed;
  }
  return first;
}

function tryParse(text: string): Parsed {
  try {
    return { text, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** What is wrong with how deep a value is; null where nothing is. */
export function nestingProblem(value: unknown): string | null {
  return deeperThan(value, MAX_DEPTH) ? `nested deeper than ${MAX_DEPTH} levels` : null;
}

/** Counts levels of arrays and objects, one level at a time: recursion is what this guards against. */
function deeperThan(value: unknown, limit: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; depth < limit; depth += 1) {
    level = level.flatMap((container) => (Object.values(container) as readonly unknown[]).filter(isContainer));
    if (level.length === 0) return false;
  }
  return true;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
