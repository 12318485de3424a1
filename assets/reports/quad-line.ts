/**
 * N-Quads (https://www.w3.org/TR/n-quads/) line by line, for counting. Our own, since a parser stops at its first bad
 * line, and a report has to count the good ones and say how many were bad.
 */
export interface QuadLine {
  /** `<iri>` without its brackets, or `_:label`. */
  readonly subject: string;
  readonly predicate: string;
  /** An IRI, `_:label`, or a literal's text without quotes, language and datatype. */
  readonly object: string;
  readonly objectIsLiteral: boolean;
  /** Empty for the default graph. */
  readonly graph: string;
}

/** A longer line is a bad one. The largest document kept has 10 MB. */
export const MAX_LINE_CHARS = 16 * 1024 * 1024;

const LINE =
  /^[ \t]*(<[^<>\s]*>|_:\S+)[ \t]*<([^<>\s]*)>[ \t]*(?:(<[^<>\s]*>|_:\S+)|"([^"\\]*(?:\\.[^"\\]*)*)"(?:@[A-Za-z0-9-]+|\^\^<[^<>\s]*>)?)[ \t]*(<[^<>\s]*>|_:\S+)?[ \t]*\.[ \t\r]*(?:#.*)?$/s;

/** Null for a line that is no statement. */
export function parseQuadLine(line: string): QuadLine | null {
  if (line.length > MAX_LINE_CHARS) return null;
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, subject = "", predicate = "", node, literal, graph = ""] = match;
  return {
    subject: bare(subject),
    predicate: unescaped(predicate),
    object: node === undefined ? unescaped(literal ?? "") : bare(node),
    objectIsLiteral: node === undefined,
    graph: bare(graph),
  };
}

function bare(term: string): string {
  return term.startsWith("<") ? unescaped(term.slice(1, -1)) : term;
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
