/**
 * N-Quads (https://www.w3.org/TR/n-quads/) line by line, for counting. Our own, since a parser stops at its first bad
 * line, and a report has to count the good ones and say how many were bad.
 */
export interface QuadLine {
  /** `<iri>` without its brackets, or `_:label`. */
  readonly subject: string;
  readonly predicate: string;
  /** An IRI, `_:label`, or what stands between a literal's quotes: `literalText` decodes it. */
  readonly object: string;
  readonly objectIsLiteral: boolean;
  /** Empty for the default graph. */
  readonly graph: string;
}

/** A longer line is a bad one. The largest document kept has 10 MB. */
export const MAX_LINE_CHARS = 16 * 1024 * 1024;

const SUBJECT_PREDICATE = /[ \t]*(<[^<>\s]*>|_:\S+)[ \t]*<([^<>\s]*)>[ \t]*/y;
const NODE = /<[^<>\s]*>|_:\S+/y;
const LITERAL_KIND = /(?:@[A-Za-z0-9-]+|\^\^<[^<>\s]*>)?/y;
const GRAPH_END = /[ \t]*(?:(<[^<>\s]*>|_:\S+)[ \t]*)?\.[ \t\r]*(?:#.*)?$/sy;

/** Null for a line that is no statement. */
export function parseQuadLine(line: string): QuadLine | null {
  if (line.length > MAX_LINE_CHARS) return null;
  const [start = "", subject = "", predicate = ""] = matchAt(SUBJECT_PREDICATE, line, 0) ?? [];
  if (start === "") return null;
  const object = line[start.length] === '"' ? literalAt(line, start.length) : nodeAt(line, start.length);
  if (object === null) return null;
  const end = matchAt(GRAPH_END, line, object.endsAt);
  if (end === null) return null;
  return {
    subject: bare(subject),
    predicate: unescaped(predicate),
    object: object.text,
    objectIsLiteral: object.isLiteral,
    graph: bare(end[1] ?? ""),
  };
}

interface ReadObject {
  readonly text: string;
  readonly isLiteral: boolean;
  readonly endsAt: number;
}

function nodeAt(line: string, at: number): ReadObject | null {
  const [node] = matchAt(NODE, line, at) ?? [];
  return node === undefined ? null : { text: bare(node), isLiteral: false, endsAt: at + node.length };
}

/** By hand: a pattern that repeats over escapes overflows the stack on a literal of millions of them. */
function literalAt(line: string, at: number): ReadObject | null {
  let quote = line.indexOf('"', at + 1);
  while (quote > 0 && isEscaped(line, quote)) quote = line.indexOf('"', quote + 1);
  if (quote < 0) return null;
  const [kind = ""] = matchAt(LITERAL_KIND, line, quote + 1) ?? [];
  return { text: line.slice(at + 1, quote), isLiteral: true, endsAt: quote + 1 + kind.length };
}

function isEscaped(line: string, at: number): boolean {
  let before = at;
  while (line[before - 1] === "\\") before -= 1;
  return (at - before) % 2 === 1;
}

function matchAt(pattern: RegExp, line: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}

function bare(term: string): string {
  return term.startsWith("<") ? unescaped(term.slice(1, -1)) : term;
}

/** Characters of a literal that are decoded. */
export const MAX_LITERAL_CHARS = 10_000;

/** A literal's text, cut at `MAX_LITERAL_CHARS`. */
export function literalText(spelled: string): string {
  if (spelled.length <= MAX_LITERAL_CHARS) return unescaped(spelled);
  return `${unescaped(spelled.slice(0, MAX_LITERAL_CHARS))}…`;
}

const shortEscapes: Readonly<Record<string, string>> = { t: "\t", b: "\b", n: "\n", r: "\r", f: "\f" };

function unescaped(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/gs, (whole, u, big, letter: string) => {
    const hex = String(u ?? big ?? "");
    if (hex === "") return shortEscapes[letter] ?? letter;
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Lines of UTF-8 bytes, without their ends; empty lines and comments left out. */
export async function* textLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder("utf-8");
  let rest = "";
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    const first = rest + (lines[0] ?? "");
    if (lines.length === 1) {
      // What is over the limit is bad anyway; keeping one character more says so.
      rest = first.length > MAX_LINE_CHARS ? first.slice(0, MAX_LINE_CHARS + 1) : first;
      continue;
    }
    rest = lines.pop() ?? "";
    lines[0] = first;
    yield lines.filter(isStatement);
  }
  yield [rest + decoder.decode()].filter(isStatement);
}

function isStatement(line: string): boolean {
  return !/^[ \t\r]*(?:#|$)/.test(line);
}
