/** Where the values of a JSON text stand, so that one can be replaced and every other byte stays. */

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface MemberSpan extends Span {
  readonly key: string;
}

/** The members of the object at `at` (its brace, after blanks), in order. The text must be valid JSON. */
export function memberSpans(text: string, at: Span): readonly MemberSpan[] {
  const members: MemberSpan[] = [];
  let index = skipBlanks(text, at.start) + 1;
  for (;;) {
    index = skipBlanks(text, index);
    if (text[index] === ",") index = skipBlanks(text, index + 1);
    if (text[index] !== '"') return members;
    const keyEnd = skipString(text, index);
    const key = JSON.parse(text.slice(index, keyEnd)) as string;
    const start = skipBlanks(text, skipBlanks(text, keyEnd) + 1);
    index = skipValue(text, start);
    members.push({ key, start, end: index });
  }
}

/** The elements of the array at `at`, in order. The text must be valid JSON. */
export function elementSpans(text: string, at: Span): readonly Span[] {
  const elements: Span[] = [];
  let index = skipBlanks(text, at.start) + 1;
  for (;;) {
    index = skipBlanks(text, index);
    if (text[index] === ",") index = skipBlanks(text, index + 1);
    if (index >= at.end || text[index] === "]") return elements;
    const start = index;
    index = skipValue(text, start);
    elements.push({ start, end: index });
  }
}

export interface Edit extends Span {
  readonly text: string;
}

/** Replaces the spans, which must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const edit of edits.toSorted((left, right) => left.start - right.start)) {
    parts.push(text.slice(done, edit.start), edit.text);
    done = edit.end;
  }
  parts.push(text.slice(done));
  return parts.join("");
}

function skipBlanks(text: string, from: number): number {
  let index = from;
  while (index < text.length && isBlank(text.charCodeAt(index))) index += 1;
  return index;
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

/** The index after the string that opens at `from`. */
function skipString(text: string, from: number): number {
  let index = from + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === "\\" ? 2 : 1;
  return index + 1;
}

/** The index after the value that starts at `from`; counts brackets instead of recursing. */
function skipValue(text: string, from: number): number {
  let depth = 0;
  let index = from;
  while (index < text.length) {
    const character = text[index];
    if (character === '"') {
      index = skipString(text, index);
    } else {
      if (character === "{" || character === "[") depth += 1;
      if (character === "}" || character === "]") depth -= 1;
      if (depth < 0 || (depth === 0 && character === ",")) return trimEnd(text, from, index);
      index += 1;
    }
  }
  return trimEnd(text, from, index);
}

function trimEnd(text: string, from: number, end: number): number {
  let index = end;
  while (index > from && isBlank(text.charCodeAt(index - 1))) index -= 1;
  return index;
}
