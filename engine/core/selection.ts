import type { Catalog } from "./catalog.ts";
import { EngineError } from "./errors.ts";

/**
 * The selection language: `*`, keys (`*` inside a key matches any part), `group:load`, `tag:team=eco`, `tag:team`,
 * `kind:report`, `+x` (with all upstream), `x+` (with all downstream), `not`, `and`, `or`, parentheses;
 * commas mean `or`.
 * Returns keys in the catalog's order. Throws `invalid_request` with the place of the mistake.
 */
export function selectAssets(catalog: Catalog, selection: string): readonly string[] {
  const tokens = tokenize(selection);
  const cursor: Cursor = { tokens, at: 0, catalog, text: selection, depth: 0 };
  if (tokens.length === 0) throw new EngineError("invalid_request", "an empty selection; write * for every asset");
  const chosen = parseOr(cursor);
  const rest = cursor.tokens[cursor.at];
  if (rest !== undefined) throw mistake(cursor, rest, "expected and, or, or the end");
  return [...catalog.assets.keys()].filter((key) => chosen.has(key));
}

const MAX_SELECTION_LENGTH = 10_000;
const MAX_SELECTION_DEPTH = 100;

interface Token {
  readonly text: string;
  readonly at: number;
}

interface Cursor {
  readonly tokens: readonly Token[];
  readonly catalog: Catalog;
  readonly text: string;
  at: number;
  /** Parentheses and `not`s that are open here. */
  depth: number;
}

function tokenize(text: string): readonly Token[] {
  if (text.length > MAX_SELECTION_LENGTH) {
    throw new EngineError("invalid_request", `a selection has at most ${MAX_SELECTION_LENGTH} characters`);
  }
  return [...text.matchAll(/[(),]|"[^"]*"\+?|[^\s(),]+/g)].map((match) => ({ text: match[0], at: match.index }));
}

function parseOr(cursor: Cursor): Set<string> {
  const chosen = parseAnd(cursor);
  while (isWord(cursor, "or") || isWord(cursor, ",")) {
    cursor.at++;
    for (const key of parseAnd(cursor)) chosen.add(key);
  }
  return chosen;
}

function parseAnd(cursor: Cursor): Set<string> {
  let chosen = parseNot(cursor);
  while (isWord(cursor, "and")) {
    cursor.at++;
    chosen = chosen.intersection(parseNot(cursor));
  }
  return chosen;
}

function parseNot(cursor: Cursor): Set<string> {
  if (!isWord(cursor, "not")) return parseTerm(cursor);
  const token = cursor.tokens[cursor.at++];
  return new Set(cursor.catalog.assets.keys()).difference(deeper(cursor, { token, parse: parseNot }));
}

interface Nested {
  readonly token: Token | undefined;
  readonly parse: (cursor: Cursor) => Set<string>;
}

function deeper(cursor: Cursor, { token, parse }: Nested): Set<string> {
  if (++cursor.depth > MAX_SELECTION_DEPTH) {
    throw mistake(cursor, token ?? { text: "", at: 0 }, `nested over ${MAX_SELECTION_DEPTH} levels deep`);
  }
  const chosen = parse(cursor);
  cursor.depth--;
  return chosen;
}

function isWord(cursor: Cursor, word: string): boolean {
  return cursor.tokens[cursor.at]?.text.toLowerCase() === word;
}

function parseTerm(cursor: Cursor): Set<string> {
  const token = cursor.tokens[cursor.at++];
  if (token === undefined) throw mistake(cursor, { text: "", at: cursor.text.length }, "expected an asset");
  if (token.text === "(" || token.text === "+") return parseGroup(cursor, token);
  const up = token.text.startsWith("+");
  const down = token.text.endsWith("+");
  const bare = token.text.slice(up ? 1 : 0, down ? -1 : undefined).replaceAll('"', "");
  const chosen = matching(cursor, { text: bare, at: token.at });
  return withNeighbours(cursor.catalog, { chosen, up, down });
}

function parseGroup(cursor: Cursor, token: Token): Set<string> {
  const up = token.text === "+";
  if (up && cursor.tokens[cursor.at++]?.text !== "(") throw mistake(cursor, token, "expected an asset or ( after +");
  const chosen = deeper(cursor, { token, parse: parseOr });
  if (cursor.tokens[cursor.at++]?.text !== ")") throw mistake(cursor, token, "this ( is never closed");
  const down = isWord(cursor, "+");
  if (down) cursor.at++;
  return withNeighbours(cursor.catalog, { chosen, up, down });
}

function matching(cursor: Cursor, token: Token): Set<string> {
  const { catalog } = cursor;
  const [, field, value] = /^(group|tag|kind|key):(.+)$/.exec(token.text) ?? [undefined, "key", token.text];
  const chosen = new Set<string>();
  const glob = (value ?? "").split("*");
  for (const asset of catalog.assets.values()) {
    const texts =
      field === "group"
        ? [asset.group]
        : field === "kind"
          ? asset.kinds
          : field === "tag"
            ? Object.entries(asset.tags).flatMap(([name, text]) => [name, `${name}=${text}`])
            : [asset.key];
    if (texts.some((text) => matchesGlob(text, glob))) chosen.add(asset.key);
  }
  if (chosen.size === 0) throw mistake(cursor, token, `no asset has this ${field}`);
  return chosen;
}

/** Whether the text is these parts, in order, with anything in between. Each part is looked for once: no backtracking. */
function matchesGlob(text: string, [first = "", ...rest]: readonly string[]): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  const inner = text.slice(first.length, text.length - last.length);
  let from = 0;
  for (const part of rest) {
    const at = inner.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

interface Neighbourhood {
  readonly chosen: Set<string>;
  readonly up: boolean;
  readonly down: boolean;
}

function withNeighbours(catalog: Catalog, { chosen, up, down }: Neighbourhood): Set<string> {
  const reach = (neighbours: (key: string) => string[]): Set<string> => {
    const seen = new Set(chosen);
    for (const key of seen) for (const next of neighbours(key)) seen.add(next);
    return seen;
  };
  const above = up ? reach((key) => catalog.graph.inNeighbors(key)) : chosen;
  const below = down ? reach((key) => catalog.graph.outNeighbors(key)) : chosen;
  return above.union(below);
}

function mistake(cursor: Cursor, token: Token, expected: string): EngineError {
  const place = token.text === "" ? "at its end" : `at "${token.text}" (character ${token.at + 1})`;
  return new EngineError("invalid_request", `the selection "${cursor.text}" does not read ${place}: ${expected}`);
}
