import { StringDecoder } from "node:string_decoder";

/**
 * What Blazegraph 2.1.4 makes of N-Quads (seen in runs): it reads the bytes in its machine's own character set, which
 * in a container is often ASCII; it truncates `\U0001F600` to 16 bits; and it writes and reads characters beyond
 * U+FFFF as two `\u` escapes, which N-Quads does not know.
 */
export function asciiOnly(line: string): string {
  return line.replace(/\P{ASCII}/gu, (character) => character.split("").map(escapeUnit).join(""));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const PAIR = /(?<backslash>\\\\)|\\u(?<high>[dD][89aAbB][0-9A-Fa-f]{2})\\u(?<low>[dD][c-fC-F][0-9A-Fa-f]{2})/gu;

/** Joins the two escapes of a character beyond U+FFFF into that character. */
export function joinSurrogatesIn(text: string): string {
  if (!/\\u[dD]/u.test(text)) return text;
  return text.replace(PAIR, (match, backslash: string | undefined, high: string, low: string) =>
    backslash === undefined ? String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)) : match,
  );
}

/** As `joinSurrogatesIn`, for the lines of a stream. */
export function* joinSurrogates(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for (const chunk of chunks) {
    const text = rest + decoder.write(Buffer.from(chunk));
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end > 0) yield Buffer.from(joinSurrogatesIn(text.slice(0, end)));
  }
  rest += decoder.end();
  if (rest !== "") yield Buffer.from(joinSurrogatesIn(rest));
}
