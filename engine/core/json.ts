import { createHash } from "node:crypto";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * JSON with object keys in code-unit order: equal values give equal text. For fingerprints.
 * Throws `TypeError` on what is not JSON (functions, bigints, cycles), as `JSON.stringify` does for some of it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "function" || typeof part === "symbol") throw new TypeError("not JSON");
    if (part === null || typeof part !== "object" || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

/** SHA-256 in hex of text (as UTF-8) or bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * The JSON text of a value as user code returned it; `undefined` stands for null.
 * Returns the path of the first part that JSON cannot hold, where there is one.
 */
export function jsonText(value: unknown): { ok: true; text: string } | { ok: false; path: string; found: string } {
  const problem = firstNonJson(value, { path: "$", above: [], seen: { parts: 0 } });
  if (problem !== null) return { ok: false, ...problem };
  const text = JSON.stringify(value ?? null) as string | undefined;
  return text === undefined ? { ok: false, path: "$", found: "nothing, by its toJSON" } : { ok: true, text };
}

const MAX_JSON_DEPTH = 200;
/** Of a value, counted as it will be written: what stands in several places counts each time. */
export const MAX_JSON_PARTS = 10_000_000;

interface Place {
  readonly path: string;
  readonly above: readonly object[];
  readonly seen: { parts: number };
}

function firstNonJson(value: unknown, { path, above, seen }: Place): { path: string; found: string } | null {
  if (++seen.parts > MAX_JSON_PARTS) return { path, found: `more than ${MAX_JSON_PARTS} parts` };
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return null;
    case "number":
      return Number.isFinite(value) ? null : { path, found: String(value) };
    case "object":
      break;
    case "bigint":
    case "function":
    case "symbol":
      return { path, found: `a ${typeof value}` };
  }
  if (value === null) return null;
  if (above.includes(value)) return { path, found: "a cycle" };
  if (above.length >= MAX_JSON_DEPTH) return { path, found: `nesting over ${MAX_JSON_DEPTH} levels` };
  const inside = [...above, value];
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) {
      const problem = firstNonJson(part, { path: `${path}[${index}]`, above: inside, seen });
      if (problem !== null) return problem;
    }
    return null;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !("toJSON" in value)) {
    return { path, found: classOf(value) };
  }
  for (const [key, part] of Object.entries(value)) {
    const problem = firstNonJson(part, { path: `${path}.${key}`, above: inside, seen });
    if (problem !== null) return problem;
  }
  return null;
}

function classOf(value: object): string {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === "function" ? `a ${constructor.name}` : "an object of an unknown class";
}
