import type { AssetView } from "../../../../engine/operate.ts";

/** Something that could stand where the caret is. */
export interface Suggestion {
  readonly text: string;
  readonly kind: "asset" | "group" | "tag" | "kind" | "word";
}

const MAX_SUGGESTIONS = 12;

/** The word that is being written at the caret: from the last space, comma or parenthesis to it. */
export function wordAt(text: string, caret: number): { readonly from: number; readonly word: string } {
  const before = text.slice(0, caret);
  const from = Math.max(...[" ", "(", ")", ","].map((end) => before.lastIndexOf(end))) + 1;
  return { from, word: before.slice(from) };
}

/** What could be meant by a word: keys, groups, tags, kinds and the words of the selection language. */
export function suggestionsFor(word: string, assets: readonly AssetView[]): readonly Suggestion[] {
  const plus = word.startsWith("+") ? "+" : "";
  const wanted = word.slice(plus.length).toLowerCase();
  if (wanted === "") return [];
  const all = [
    ...assets.map(({ key }): Suggestion => ({ text: quoted(key), kind: "asset" })),
    ...unique(assets.map(({ group }) => `group:${quoted(group)}`)).map((text): Suggestion => ({ text, kind: "group" })),
    ...unique(
      assets.flatMap(({ tags }) => Object.entries(tags).map(([name, value]) => `tag:${quoted(`${name}=${value}`)}`)),
    ).map((text): Suggestion => ({ text, kind: "tag" })),
    ...unique(assets.flatMap(({ kinds }) => kinds.map((kind) => `kind:${quoted(kind)}`))).map((text): Suggestion => ({
      text,
      kind: "kind",
    })),
    ...["and", "or", "not"].map((text): Suggestion => ({ text, kind: "word" })),
  ];
  return all
    .filter(({ text }) => text.toLowerCase().includes(wanted) && text.toLowerCase() !== wanted)
    .toSorted((a, b) => rank(a.text, wanted) - rank(b.text, wanted))
    .slice(0, MAX_SUGGESTIONS)
    .map((one) => ({ ...one, text: `${plus}${one.text}` }));
}

/** The text with the word at the caret replaced, and where the caret goes. */
export function completed(
  text: string,
  caret: number,
  suggestion: string,
): { readonly text: string; readonly caret: number } {
  const { from } = wordAt(text, caret);
  const head = `${text.slice(0, from)}${suggestion} `;
  return { text: `${head}${text.slice(caret).replace(/^\S*\s?/, "")}`, caret: head.length };
}

function rank(text: string, wanted: string): number {
  const lower = text.toLowerCase();
  if (lower.startsWith(wanted)) return 0;
  return lower.includes(`/${wanted}`) || lower.includes(`:${wanted}`) ? 1 : 2;
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./=-]+$/.test(text) ? text : `"${text}"`;
}
