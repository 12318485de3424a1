import type { NamespaceKind } from "../../core/ports/triple-store.ts";

/**
 * A statement as it is sorted, compared and grouped: `group subject predicate object` in a quads namespace, where the
 * group is the graph, and `group predicate object` in a triples namespace, where it is the subject. The group is an
 * IRI without its brackets, a blank node, or nothing (the default graph). A space sorts before every character of an
 * IRI, so groups come in the order of their IRIs. On disk the same statement is a line of N-Quads.
 */
export type StatementLine = string;

/** The parts of a statement as Oxigraph and N-Quads write it. */
export interface StatementParts {
  readonly subject: string;
  readonly predicate: string;
  readonly object: string;
  /** Empty for the default graph. */
  readonly graph: string;
}

/** Takes a statement of N-Quads apart, without its dot. RDF 1.2's triple terms are not among what it understands. */
export function splitStatement(text: string): StatementParts {
  const subjectEnd = termEnd(text, 0);
  const predicateEnd = termEnd(text, subjectEnd + 1);
  const objectEnd = termEnd(text, predicateEnd + 1);
  return {
    subject: text.slice(0, subjectEnd),
    predicate: text.slice(subjectEnd + 1, predicateEnd),
    object: text.slice(predicateEnd + 1, objectEnd),
    graph: text.slice(objectEnd + 1),
  };
}

export function isTripleTerm(term: string): boolean {
  return term.startsWith("<<");
}

export function isBlank(term: string): boolean {
  return term.startsWith("_:");
}

export function toLine(parts: StatementParts, kind: NamespaceKind): StatementLine {
  if (kind === "triples") return `${bare(parts.subject)} ${parts.predicate} ${parts.object}`;
  return `${bare(parts.graph)} ${parts.subject} ${parts.predicate} ${parts.object}`;
}

export function groupOf(line: StatementLine): string {
  return line.slice(0, line.indexOf(" "));
}

/** The group as N-Quads and SPARQL write it; empty for the default graph. */
export function bracketed(group: string): string {
  return group === "" || isBlank(group) ? group : `<${group}>`;
}

/** The statement without its graph, without a dot. */
export function tripleOf(line: StatementLine, kind: NamespaceKind): string {
  const end = line.indexOf(" ");
  if (kind === "quads") return line.slice(end + 1);
  return bracketed(line.slice(0, end)) + line.slice(end);
}

export function toNQuads(line: StatementLine, kind: NamespaceKind): string {
  const triple = tripleOf(line, kind);
  const group = kind === "quads" ? groupOf(line) : "";
  return group === "" ? `${triple} .` : `${triple} ${bracketed(group)} .`;
}

/** The inverse of `toNQuads`, for lines that it wrote. */
export function fromNQuads(text: string, kind: NamespaceKind): StatementLine {
  const statement = text.slice(0, -2);
  if (kind === "quads") return toLine(splitStatement(statement), kind);
  const end = termEnd(statement, 0);
  return bare(statement.slice(0, end)) + statement.slice(end);
}

/** Blank nodes of a line: its group, subject and object, each where it is one. */
export function blankNodesOf(line: StatementLine, kind: NamespaceKind): BlankNodes {
  const groupEnd = line.indexOf(" ");
  const subjectStart = kind === "quads" ? groupEnd + 1 : 0;
  const subjectEnd = kind === "quads" ? termEnd(line, subjectStart) : groupEnd;
  const objectStart = termEnd(line, subjectEnd + 1) + 1;
  return {
    subject: line.startsWith("_:", subjectStart) ? line.slice(subjectStart, subjectEnd) : null,
    object: line.startsWith("_:", objectStart) ? line.slice(objectStart) : null,
  };
}

export interface BlankNodes {
  readonly subject: string | null;
  readonly object: string | null;
}

export function hasBlankNode(line: StatementLine, kind: NamespaceKind): boolean {
  if (!line.includes("_:")) return false;
  const { subject, object } = blankNodesOf(line, kind);
  return subject !== null || object !== null || isBlank(line);
}

function bare(term: string): string {
  return term.startsWith("<") ? term.slice(1, -1) : term;
}

/** Where the term that starts at `start` ends. */
function termEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === LESS_THAN) return text.indexOf(">", start) + 1;
  return first === QUOTE ? literalEnd(text, start) : wordEnd(text, start);
}

const LESS_THAN = 0x3c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CARET = 0x5e;

function literalEnd(text: string, start: number): number {
  let close = text.indexOf('"', start + 1);
  while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
  if (text.charCodeAt(close + 1) === CARET) return text.indexOf(">", close) + 1;
  return wordEnd(text, close + 1);
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

function wordEnd(text: string, start: number): number {
  const space = text.indexOf(" ", start);
  return space === -1 ? text.length : space;
}
