import type { MatrixView } from "../../../engine/operate.ts";

/** One axis of a matrix: its keys in their order, and where the key of each number stands. */
export interface Axis {
  readonly keys: readonly string[];
  readonly placeOf: ReadonlyMap<number, number>;
}

export function axisOf(pages: readonly MatrixView[], side: "rows" | "columns"): Axis {
  return {
    keys: pages.flatMap((page) => page[side].keys),
    placeOf: new Map(pages.flatMap((page) => page[side].numbers).map((number, place) => [number, place])),
  };
}

/** A page's cells; those at the same place belong together. */
export interface PageCells {
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  /** A digit for each. */
  readonly words: string;
  readonly at: Uint32Array;
}

export function cellsOf({ cells }: MatrixView): PageCells {
  const { rows, columns, words, at } = cells;
  return { rows: numbersOf(rows), columns: numbersOf(columns), words, at: numbersOf(at) };
}

function numbersOf(base64: string): Uint32Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  const view = new DataView(bytes.buffer);
  const numbers = new Uint32Array(bytes.length / 4);
  for (let at = 0; at < numbers.length; at++) numbers[at] = view.getUint32(at * 4, true);
  return numbers;
}
