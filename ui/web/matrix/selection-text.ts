/**
 * A selection as text for the address: a few cells by their keys, so that a link says what it means and goes on meaning it;
 * many as runs of cells in the matrix's own order, with a sum of its keys, so that a link into another matrix selects nothing
 * instead of something else.
 */
import { type CellSelection, noSelection, selectedCells, withCells } from "./cell-selection.ts";
import { type MatrixData, NO_CELL } from "./matrix-data.ts";
import { keyParts, keyText } from "./partition-text.ts";

const MAX_KEYS = 24;
const MAX_KEYS_LENGTH = 1500;
/** Servers take request lines of 16 kB; what is longer stays out of the address, and `null` says so. */
const MAX_RUNS_LENGTH = 6000;

/** The values of the address's `select`; null where the selection is too ragged for an address. */
export function selectionTexts(data: MatrixData, selection: CellSelection): readonly string[] | null {
  if (selection.count === 0) return [];
  if (selection.count <= MAX_KEYS) {
    const keys = [...selectedCells(selection)].map((cell) => `=${keyText(partsOf(data, cell))}`);
    if (keys.join("").length <= MAX_KEYS_LENGTH) return keys;
  }
  const text = `~${sumOf(data)}.${runsOf(data, selection)}`;
  return text.length <= MAX_RUNS_LENGTH ? [text] : null;
}

/** What is unknown, or of another matrix, selects nothing. */
export function selectionOf(data: MatrixData, texts: readonly string[]): CellSelection {
  const cells = texts.flatMap((text) => (text.startsWith("~") ? cellsOfRuns(data, text) : cellsOfKey(data, text)));
  return withCells(data, noSelection(data), { cells, change: "replace" });
}

function partsOf(data: MatrixData, cell: number): readonly string[] {
  return Object.values(data.partsAt(Math.floor(cell / data.columns.length), cell % data.columns.length));
}

function cellsOfKey(data: MatrixData, text: string): readonly number[] {
  const parts = keyParts(text.startsWith("=") ? text.slice(1) : text, data.columnDimension === null ? 1 : 2);
  if (parts === null) return [];
  const named: Record<string, string> = { [data.rowDimension]: parts[0] ?? "" };
  if (data.columnDimension !== null) named[data.columnDimension] = parts[1] ?? "";
  const cell = data.cellOf(named);
  return cell === null ? [] : [cell];
}

/** Lengths of what is not and what is selected in turn, counted over the cells that exist; in base 36. */
function runsOf(data: MatrixData, { bits }: CellSelection): string {
  const lengths: number[] = [];
  let isOn = false;
  let length = 0;
  for (let cell = 0; cell < bits.length; cell++) {
    if (data.words[cell] === NO_CELL) continue;
    if ((bits[cell] === 1) !== isOn) {
      lengths.push(length);
      isOn = !isOn;
      length = 0;
    }
    length++;
  }
  if (isOn) lengths.push(length);
  return lengths.map((one) => one.toString(36)).join("-");
}

function cellsOfRuns(data: MatrixData, text: string): readonly number[] {
  const [sum, runs = ""] = text.slice(1).split(".");
  if (sum !== sumOf(data)) return [];
  const lengths = runs.split("-").map((one) => Number.parseInt(one, 36));
  if (lengths.some((length) => !Number.isSafeInteger(length) || length < 0)) return [];
  const cells: number[] = [];
  let run = 0;
  let left = lengths[0] ?? 0;
  for (let cell = 0; cell < data.words.length && run < lengths.length; cell++) {
    if (data.words[cell] === NO_CELL) continue;
    while (left === 0 && run < lengths.length) left = lengths[++run] ?? 0;
    if (run % 2 === 1 && left > 0) cells.push(cell);
    left--;
  }
  return cells;
}

/** FNV-1a over all keys, and over which cells exist. */
function sumOf(data: MatrixData): string {
  let sum = 0x811c9dc5;
  const take = (code: number): void => {
    sum = Math.imul(sum ^ code, 0x01000193) >>> 0;
  };
  for (const keys of [data.rows, data.columns]) {
    for (const key of keys) {
      for (let at = 0; at < key.length; at++) take(key.charCodeAt(at));
      take(0x10000);
    }
    take(0x10001);
  }
  for (const word of data.words) take(word === NO_CELL ? 0 : 1);
  return sum.toString(36);
}
