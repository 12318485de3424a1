import { JSONPathEnvironment } from "json-p3";
import type { JSONPathQuery, JSONValue } from "json-p3";

import { compareUtf8 } from "./go-json.ts";
import { goPrint, goPrintList } from "./go-print.ts";

/** gleaner's own paths for `identifiersha`, tried in this order after those of the configuration. */
export const DEFAULT_PATHS: readonly string[] = [
  "$['@graph'][?(@['@type']=='schema:Dataset')]['@id']",
  "$.identifier[?(@.propertyID=='https://registry.identifiers.org/registry/doi')].value",
  "$.identifier.value",
  "$.identifier",
  "$['@id']",
  "$.url",
];

/** Those of `identifierstring`; the configuration adds none. */
export const STRING_PATHS: readonly string[] = [
  "$['@id']",
  "$['@graph'][?(@['@type']=='schema:Dataset')]['@id']",
  "$.url",
];

const MAX_PATH_CHARACTERS = 512;
const MAX_PATHS = 32;
const MAX_RECURSION = 1_000;

/** `identifierpath` of a source before the defaults: each path moves to the front, so the last one listed is first. */
export function orderedPaths(identifierPath: string): readonly string[] {
  let paths = [...DEFAULT_PATHS];
  for (const listed of identifierPath.split(",").slice(0, MAX_PATHS)) {
    const path = listed.trim();
    if (path !== "") paths = [path, ...paths.filter((other) => other !== path)];
  }
  return paths;
}

export interface PathMatch {
  readonly path: string;
  /** Printed and sorted. */
  readonly values: readonly string[];
  /** The values as one printed list; ids are hashes of this. */
  readonly printed: string;
}

export type PathMatcher = (document: unknown) => PathMatch | null;

/**
 * Finds the first path that gives anything; a list that prints as `[]` is nothing, so an empty string is none either.
 * A path that is refused, or whose search gives up, finds nothing, as in gleaner.
 */
export function pathMatcher(paths: readonly string[]): PathMatcher {
  const compiled = paths.flatMap((path) => {
    const query = compilePath(path);
    return typeof query === "string" ? [] : [{ path, query }];
  });
  return (document) => {
    for (const { path, query } of compiled) {
      const values = valuesAt(document, query);
      const printed = goPrintList(values);
      if (printed !== "[]") return { path, values, printed };
    }
    return null;
  };
}

/** Why a path of a configuration cannot be used; null where it can. */
export function refusedPath(path: string): string | null {
  const query = compilePath(path.trim());
  return typeof query === "string" ? query : null;
}

function valuesAt(document: unknown, query: JSONPathQuery): readonly string[] {
  try {
    return query
      .query(document as JSONValue)
      .values()
      .map(goPrint)
      .toSorted(compareUtf8);
  } catch {
    return [];
  }
}

/**
 * RFC 9535, which evaluates no code, without its functions that take regular expressions. `@` at the front, which
 * gleaner's library takes for the root, is taken so too.
 */
function compilePath(path: string): JSONPathQuery | string {
  if (path.length > MAX_PATH_CHARACTERS) return `expected a JSONPath of at most ${MAX_PATH_CHARACTERS} characters`;
  if (!/^[$@](?:$|[.[])/.test(path)) return "expected a JSONPath that starts with $";
  const environment = new JSONPathEnvironment({ maxRecursionDepth: MAX_RECURSION });
  environment.functionRegister.delete("match");
  environment.functionRegister.delete("search");
  try {
    return environment.compile(path.replace(/^@/, "$"));
  } catch (error) {
    return `expected a JSONPath: ${error instanceof Error ? error.message : String(error)}`;
  }
}
