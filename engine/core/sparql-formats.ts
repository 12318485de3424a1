import { EngineError } from "./errors.ts";
import type { QueryForm } from "./sparql-text.ts";

/** What an answer can be asked for as; the first of each list is the default. */
const SOLUTION_TYPES = [
  "application/sparql-results+json",
  "application/sparql-results+xml",
  "text/csv",
  "text/tab-separated-values",
] as const;

/** SPARQL 1.1 has CSV and TSV for SELECT only. */
const BOOLEAN_TYPES = ["application/sparql-results+json", "application/sparql-results+xml"] as const;

const GRAPH_TYPES = [
  "application/n-triples",
  "text/turtle",
  "application/n-quads",
  "application/trig",
  "application/ld+json",
  "application/rdf+xml",
] as const;

export type AnswerType = (typeof SOLUTION_TYPES)[number] | (typeof GRAPH_TYPES)[number];

/** Other names under which clients ask for the same. */
const ALIASES: Readonly<Record<string, AnswerType>> = {
  "application/json": "application/sparql-results+json",
  "application/xml": "application/sparql-results+xml",
  "text/xml": "application/sparql-results+xml",
  "text/plain": "application/n-triples",
  "application/x-turtle": "text/turtle",
  "text/x-nquads": "application/n-quads",
  "application/x-trig": "application/trig",
};

/** More ranges than any client sends; what follows is not read. */
const MAX_RANGES = 64;

/** What the answers to a form of query can be, best first. */
export function answerTypes(form: QueryForm): readonly AnswerType[] {
  if (form === "select") return SOLUTION_TYPES;
  return form === "ask" ? BOOLEAN_TYPES : GRAPH_TYPES;
}

/**
 * The type that suits an Accept header (or a single media type) best: highest `q` first, then the order of
 * `answerTypes`; without one, the default. Throws `invalid_request` where nothing suits.
 */
export function chooseAnswerType(form: QueryForm, accept: string | undefined): AnswerType {
  const offered = answerTypes(form);
  const ranges = parseAccept(accept ?? "*/*");
  let best: AnswerType | null = null;
  let bestQuality = 0;
  for (const type of offered) {
    const quality = qualityOf(type, ranges);
    if (quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  if (best !== null) return best;
  throw new EngineError("invalid_request", `no answer of ${form.toUpperCase()} comes as ${accept ?? "*/*"}`, {
    details: { accept: accept ?? null, offered },
  });
}

/** The Content-Type of an answer. */
export function contentTypeOf(type: AnswerType): string {
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

interface MediaRange {
  readonly range: string;
  readonly quality: number;
}

function parseAccept(accept: string): MediaRange[] {
  const parts = accept.trim() === "" ? ["*/*"] : accept.split(",", MAX_RANGES);
  return parts.map((part) => {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const quality = q === undefined ? 1 : Number(q);
    return { range: ALIASES[name] ?? name, quality: Number.isFinite(quality) ? quality : 0 };
  });
}

/** RFC 9110 §12.5.1: the most specific range that matches decides. */
function qualityOf(type: AnswerType, ranges: readonly MediaRange[]): number {
  const wanted = [type, `${type.slice(0, type.indexOf("/"))}/*`, "*/*"];
  for (const range of wanted) {
    const match = ranges.find((candidate) => candidate.range === range);
    if (match !== undefined) return match.quality;
  }
  return 0;
}
