/**
 * Compares two strings as their UTF-8 bytes compare: the order in which S3 lists keys. JavaScript's `<` compares
 * UTF-16 code units, which puts U+E000 to U+FFFF behind the characters beyond them.
 */
export function compareUtf8(left: string, right: string): number {
  const end = Math.min(left.length, right.length);
  for (let index = 0; index < end; index++) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Sorts in place by UTF-8 bytes; at the speed of the built-in order where no character needs the difference. */
export function sortUtf8(strings: string[]): string[] {
  return strings.some((text) => SURROGATE_OR_ABOVE.test(text)) ? strings.sort(compareUtf8) : strings.sort();
}

const SURROGATE_OR_ABOVE = /[\uD800-\uFFFF]/;

/** Moves surrogates (D800 to DFFF), the halves of characters from U+10000 on, behind E000 to FFFF. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
