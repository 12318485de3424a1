import type { CellPlace } from "./grid-geometry.ts";
import { type CellCounts, type CellWord, cellWords, type MatrixData, NO_CELL, noCells } from "./matrix-data.ts";
import type { MatrixOrder } from "./matrix-order.ts";

/**
 * Which cells of a matrix are selected: a bit a cell. Only cells that exist are ever selected. A selection is a value: every
 * change makes another one (400,000 cells: 0.4 MB, copied in a fraction of a ms).
 */
export interface CellSelection {
  readonly bits: Uint8Array;
  readonly count: number;
}

export type SelectionChange = "replace" | "add" | "remove" | "toggle";

export function noSelection(data: MatrixData): CellSelection {
  return { bits: new Uint8Array(data.words.length), count: 0 };
}

/** `toggle` removes where all of the cells are selected already, and adds otherwise, as for a group that is clicked. */
export function withCells(
  data: MatrixData,
  before: CellSelection,
  { cells, change }: { readonly cells: Iterable<number>; readonly change: SelectionChange },
): CellSelection {
  const chosen = [...cells].filter((cell) => (data.words[cell] ?? NO_CELL) !== NO_CELL);
  const isAllOn = chosen.every((cell) => before.bits[cell] === 1);
  const value = change === "remove" || (change === "toggle" && isAllOn) ? 0 : 1;
  const bits = change === "replace" ? new Uint8Array(data.words.length) : before.bits.slice();
  let count = change === "replace" ? 0 : before.count;
  for (const cell of chosen) {
    if (bits[cell] === value) continue;
    bits[cell] = value;
    count += value === 1 ? 1 : -1;
  }
  return { bits, count };
}

/** The cells at places of the order that pass its filter. */
export function* cellsAt(data: MatrixData, order: MatrixOrder, places: Iterable<CellPlace>): Generator<number> {
  for (const { row, column } of places) {
    const cell = (order.rows[row] ?? 0) * data.columns.length + (order.columns[column] ?? 0);
    if (order.passes[data.words[cell] ?? NO_CELL] === true) yield cell;
  }
}

export function* placesOfRow(order: MatrixOrder, row: number): Generator<CellPlace> {
  for (let column = 0; column < order.columns.length; column++) yield { row, column };
}

export function* placesOfColumn(order: MatrixOrder, column: number): Generator<CellPlace> {
  for (let row = 0; row < order.rows.length; row++) yield { row, column };
}

/** All cells with a word, shown or not. */
export function* cellsOfWord(data: MatrixData, word: CellWord): Generator<number> {
  const code = cellWords.indexOf(word);
  for (let cell = 0; cell < data.words.length; cell++) if (data.words[cell] === code) yield cell;
}

export function* selectedCells({ bits }: CellSelection): Generator<number> {
  for (let cell = 0; cell < bits.length; cell++) if (bits[cell] === 1) yield cell;
}

export function selectedCounts(data: MatrixData, selection: CellSelection): CellCounts {
  const counts = noCells();
  if (selection.count === 0) return counts;
  // Counted with each change of the matrix: a generator would take ten times as long.
  for (let cell = 0; cell < selection.bits.length; cell++) {
    if (selection.bits[cell] !== 1) continue;
    const word = cellWords[data.words[cell] ?? NO_CELL];
    if (word === undefined) continue;
    counts[word]++;
    counts.total++;
  }
  return counts;
}

/** The same cells by key in a matrix that was loaded anew; keys that are gone are left out. */
export function moved(from: MatrixData, selection: CellSelection, to: MatrixData): CellSelection {
  const cells: number[] = [];
  for (const cell of selectedCells(selection)) {
    const parts = from.partsAt(Math.floor(cell / from.columns.length), cell % from.columns.length);
    const there = to.cellOf(parts);
    if (there !== null) cells.push(there);
  }
  return withCells(to, noSelection(to), { cells, change: "replace" });
}
