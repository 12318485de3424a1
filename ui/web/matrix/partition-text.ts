/** A key of one or several dimensions, as the engine spells it: `iris|eco`, `\` and `|` within a part escaped by `\`. */
export function keyText(parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] ?? "") : parts.map((part) => part.replace(/[\\|]/g, "\\$&")).join("|");
}

/** The parts of a key of so many dimensions; null where it has another number of them. */
export function keyParts(text: string, dimensions: number): readonly string[] | null {
  if (dimensions === 1) return [text];
  const parts = [""];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "|") parts.push("");
    else parts[parts.length - 1] += character === "\\" ? (text[++at] ?? "") : character;
  }
  return parts.length === dimensions ? parts : null;
}
