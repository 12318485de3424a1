/** A copy of the text: a part of a longer text keeps the whole of that in memory, for instance the chunk it came in. */
export function ownText(text: string): string {
  return Buffer.from(text).toString();
}
