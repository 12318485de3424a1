import { EngineError } from "./errors.ts";

/** Characters that SPARQL 1.1 (rule IRIREF) and N-Quads allow nowhere in an IRI, and the rest of the control characters. */
const NOT_IN_IRI = /[\p{Cc} <>"{}|^`\\]/u;

/** RFC 3986: an absolute IRI begins with a scheme. */
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/u;

const STRING_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/** A SPARQL string literal of exactly `text`; lone surrogates, which no RDF string can hold, become U+FFFD. */
export function sparqlString(text: string): string {
  return `"${text.toWellFormed().replace(/[\\"\n\r\t\b\f]/gu, (character) => STRING_ESCAPES[character] ?? character)}"`;
}

/** True for an absolute IRI that can stand between `<` and `>` without an escape. */
export function isIri(text: string): boolean {
  return SCHEME.test(text) && !NOT_IN_IRI.test(text) && text.isWellFormed();
}

/** An IRI as SPARQL and N-Quads write it. Throws `invalid_request` for what is none, so that nothing can be injected. */
export function iri(text: string): string {
  if (isIri(text)) return `<${text}>`;
  throw new EngineError("invalid_request", `${JSON.stringify(text.slice(0, 200))} is not an absolute IRI`, {
    details: { expected: "an absolute IRI without spaces, quotes, < > { } | ^ ` or \\" },
  });
}

export type QueryForm = "select" | "ask" | "construct" | "describe";

const QUERY_FORMS: ReadonlySet<string> = new Set<QueryForm>(["select", "ask", "construct", "describe"]);

/** The form of a query, from its first keyword after the prologue; `null` for what is no query. */
export function queryForm(query: string): QueryForm | null {
  for (const word of keywords(query)) {
    if (word === "") continue;
    if (QUERY_FORMS.has(word)) return word as QueryForm;
    if (word !== "base" && word !== "prefix") return null;
  }
  return null;
}

/**
 * Whether one of `words` (in lower case) stands in `text` as a keyword: not in a comment, string, IRI, variable or
 * prefixed name. SPARQL 1.1 §19.2 lets `\u0053ERVICE` stand for SERVICE anywhere (Blazegraph obeys, Oxigraph does
 * not), so the text is looked at in both readings.
 */
export function usesKeyword(text: string, words: readonly string[]): boolean {
  const readings = text.includes("\\") ? [text, withoutCodepointEscapes(text)] : [text];
  return readings.some((reading) => keywords(reading).some((word) => words.includes(word)));
}

/**
 * What reaches out of the store, to wherever the text says, with the server's own rights. Throws `sparql_syntax`.
 */
export function refuseOutsideAccess(text: string): void {
  for (const [word, instead] of [
    ["service", "query each store by itself"],
    ["load", "send the data with the request"],
  ] as const) {
    if (!usesKeyword(text, [word])) continue;
    throw new EngineError(
      "sparql_syntax",
      `${word.toUpperCase()} is refused, because it makes the triplestore fetch from other servers: ${instead}`,
      { details: { refused: word.toUpperCase() } },
    );
  }
}

/** Whether every `{` has its `}`, in comments and strings not looked for. */
export function hasBalancedBraces(text: string): boolean {
  let open = 0;
  for (const match of text.matchAll(TOKEN)) {
    const brace = match.groups?.["brace"];
    if (brace === "{") open += 1;
    if (brace === "}") open -= 1;
    if (open < 0) return false;
  }
  return open === 0;
}

const NAME = String.raw`[\p{L}\p{N}\p{M}_\u00B7\u203F\u2040]`;

/**
 * SPARQL 1.1 §19.8, as far as it takes to tell keywords from the rest. Every character is looked at a bounded number of
 * times: the text is anybody's, and it is read on the engine's thread.
 */
const TOKEN = new RegExp(
  [
    String.raw`#[^\n\r]*`,
    String.raw`<[^\u0000-\u0020<>"{}|^\x60\\]*>`,
    // What is never closed is taken to its end, as no parser takes it at all.
    String.raw`"""(?:"{0,2}(?:[^"\\]|\\[\s\S]))*(?:""")?`,
    String.raw`'''(?:'{0,2}(?:[^'\\]|\\[\s\S]))*(?:''')?`,
    String.raw`"(?:[^"\\\n\r]|\\[\s\S])*"?`,
    String.raw`'(?:[^'\\\n\r]|\\[\s\S])*'?`,
    String.raw`[?$]${NAME}+`,
    String.raw`@[A-Za-z]+(?:-[A-Za-z0-9]+)*`,
    String.raw`(?<run>[\p{L}_](?:${NAME}|[.-])*)`,
    String.raw`(?<local>:(?:${NAME}|[:.%-]|\\.)*)`,
    String.raw`(?:[0-9]+\.?|\.)[0-9]*(?:[eE][+-]?[0-9]+)?`,
    String.raw`(?<brace>[{}])`,
  ].join("|"),
  "gu",
);

/**
 * The words of a text that may be keywords, in lower case. A prefix may hold `.` and `-`, a keyword may not: so
 * `true.SERVICE` is two words, unless a colon makes it a prefix.
 */
function* keywords(text: string): Generator<string, void, undefined> {
  let run: RegExpExecArray | null = null;
  for (const match of text.matchAll(TOKEN)) {
    const isPrefixed = match.groups?.["local"] !== undefined && run !== null && endOf(run) === match.index;
    if (run !== null && !(isPrefixed && PREFIX_END.test(run[0]))) yield* wordsOf(run[0]);
    run = match.groups?.["run"] === undefined ? null : match;
  }
  if (run !== null) yield* wordsOf(run[0]);
}

/** A prefix ends in neither `.` nor `-`. */
const PREFIX_END = /[^.-]$/u;

function wordsOf(run: string): string[] {
  return run.toLowerCase().split(/[.-]/u);
}

function endOf(match: RegExpExecArray): number {
  return match.index + match[0].length;
}

function withoutCodepointEscapes(text: string): string {
  return text.replace(/\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})/gu, (escape, short: string, long: string) => {
    const codePoint = Number.parseInt(short ?? long, 16);
    return codePoint > 0x10_ffff ? escape : String.fromCodePoint(codePoint);
  });
}
