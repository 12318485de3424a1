import { EngineError } from "./errors.ts";
import type { LoadScope } from "./ports/triple-store.ts";
import { isIri } from "./sparql-text.ts";

/** A unit belongs to one source; a source has a handful of prefixes. */
const MAX_PREFIXES = 16;
const MAX_UNIT_CHARACTERS = 512;

const NAMESPACE_NAME = /^[A-Za-z0-9_.-]{1,128}$/u;

/** A namespace is a folder's name and a segment of a URL. Throws `invalid_request`. */
export function checkNamespaceName(namespace: string): void {
  if (NAMESPACE_NAME.test(namespace) && namespace !== "." && namespace !== "..") return;
  const shown = JSON.stringify(namespace.slice(0, 140));
  throw new EngineError("invalid_request", `${shown} cannot name a namespace`, {
    details: { expected: "1 to 128 of A-Z a-z 0-9 _ . - but neither . nor .." },
  });
}

/** Throws `invalid_request` for a scope that could take too much (a prefix without its `:`) or break out of a query. */
export function checkLoadScope(scope: LoadScope): void {
  const { unit, prefixes } = scope;
  if (unit.length === 0 || unit.length > MAX_UNIT_CHARACTERS) {
    throw new EngineError("invalid_request", `a load's unit has 1 to ${MAX_UNIT_CHARACTERS} characters`, {
      details: { unit: unit.slice(0, MAX_UNIT_CHARACTERS) },
    });
  }
  if (prefixes.length === 0 || prefixes.length > MAX_PREFIXES) {
    throw new EngineError("invalid_request", `the scope of ${unit} has 1 to ${MAX_PREFIXES} prefixes`, {
      details: { unit, prefixes: prefixes.length },
    });
  }
  for (const prefix of prefixes) {
    if (isIri(prefix) && prefix.endsWith(":")) continue;
    throw new EngineError("invalid_request", `${JSON.stringify(prefix.slice(0, 200))} cannot be a prefix of ${unit}`, {
      details: { unit, expected: "the beginning of an absolute IRI that ends in `:`" },
    });
  }
}

export function isInScope(iri: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => iri.startsWith(prefix));
}

/** Whether all that `prefixes` can hold lies within `scope`. */
export function isCovered(prefixes: readonly string[], scope: readonly string[]): boolean {
  return prefixes.every((prefix) => isInScope(prefix, scope));
}

/** Whether an IRI can lie within both. */
export function canOverlap(left: readonly string[], right: readonly string[]): boolean {
  return left.some((a) => right.some((b) => a.startsWith(b) || b.startsWith(a)));
}
