/**
 * JSON as Go's `encoding/json` writes it: keys sorted, no spaces, `<`, `>` and `&` escaped. gleaner writes the elements
 * of a top-level array and the contexts that it replaces in this form, and ids are hashes of these bytes.
 */
export function goJson(value: unknown): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : JSON.stringify(value);
  if (typeof value === "string") return goString(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  const members = Object.entries(value as object).toSorted(([left], [right]) => compareUtf8(left, right));
  return `{${members.map(([key, member]) => `${goString(key)}:${goJson(member)}`).join(",")}}`;
}

/** A string as `encoding/json` writes it; what is no text (a lone surrogate) becomes U+FFFD. */
export function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, escapeUnicode);
}

/**
 * A string as the JSON editor of gleaner writes it (tidwall/sjson): bare between quotes where it is printable ASCII
 * without `"` and `\`, else as `encoding/json` does.
 */
export function editedString(text: string): string {
  return /^[ !#-[\]-~]*$/.test(text) ? `"${text}"` : goString(text);
}

/** The order of the UTF-8 bytes, which is that of the code points; JavaScript's own compares UTF-16. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above all others of the plane. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
