import type { AssetPartitionView, MatrixView, PartitionWord } from "../../../engine/operate.ts";
import { type Axis, axisOf, cellsOf } from "./matrix-pages.ts";

/** The words of cells, and none where the pair does not exist. Worst first, so that the smaller code stands for a group. */
export const cellWords = ["failed", "running", "stale", "missing", "materialized"] as const;
export type CellWord = (typeof cellWords)[number];
export const NO_CELL = 255;

/** How many cells of a row, a column or the whole have each word. */
export type CellCounts = Record<CellWord, number> & { total: number };

/** Changes that are remembered for painters; who is further behind draws anew. */
const MAX_REMEMBERED = 50_000;
const WORDS = cellWords.length;
const DIGIT_0 = 48;

/**
 * An asset's partitions, row by column, in typed arrays: 2,000 × 200 cells take 2 MB and are drawn without an object
 * each. Of a set of one dimension there is one column, named "". It is made of all pages, then changed cell by cell;
 * `version` rises with each change. Where several partitions have one place, the worst of them stands for all.
 */
export class MatrixData {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowDimension: string;
  readonly columnDimension: string | null;
  /** The keys of other dimensions that all cells have. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Whether each cell is one partition; not so where a dimension is left open. */
  readonly isExact: boolean;
  version = 0;
  /** By `row * columns.length + column`: a place in `cellWords`, or `NO_CELL`. */
  readonly words: Uint8Array;
  /** s since the epoch of the newest materialization or failure; 0 for never. */
  readonly at: Int32Array;
  /** By `row * WORDS + code` and `column * WORDS + code`: kept while cells change, since each frame shows many. */
  readonly #rowCounts: Uint32Array;
  readonly #columnCounts: Uint32Array;
  readonly #rowPlaces: ReadonlyMap<string, number>;
  readonly #columnPlaces: ReadonlyMap<string, number>;
  /** The cells of the newest changes, that of `version` last. */
  #changes: number[] = [];

  constructor(pages: readonly MatrixView[]) {
    const [first] = pages;
    this.rowDimension = first?.rowDimension ?? "";
    this.columnDimension = first?.columnDimension ?? null;
    const others = first?.others ?? [];
    this.fixed = Object.fromEntries(others.flatMap(({ dimension, key }) => (key === null ? [] : [[dimension, key]])));
    this.isExact = others.every(({ key }) => key !== null);
    const rows = axisOf(pages, "rows");
    const columns =
      this.columnDimension === null ? { keys: [""], placeOf: new Map([[0, 0]]) } : axisOf(pages, "columns");
    this.rows = rows.keys;
    this.columns = columns.keys;
    this.#rowPlaces = new Map(this.rows.map((key, at) => [key, at]));
    this.#columnPlaces = new Map(this.columns.map((key, at) => [key, at]));
    this.words = new Uint8Array(this.rows.length * this.columns.length).fill(NO_CELL);
    this.at = new Int32Array(this.words.length);
    this.#rowCounts = new Uint32Array(this.rows.length * WORDS);
    this.#columnCounts = new Uint32Array(this.columns.length * WORDS);
    for (const page of pages) this.#take(page, { rows, columns });
    for (let cell = 0; cell < this.words.length; cell++) this.#count(cell, this.words[cell] ?? NO_CELL, 1);
  }

  /** A cell whose row or column is not known was added since its keys were told. */
  #take(page: MatrixView, { rows, columns }: { readonly rows: Axis; readonly columns: Axis }): void {
    const codes = page.words.map(codeOf);
    const cells = cellsOf(page);
    for (let index = 0; index < cells.rows.length; index++) {
      const row = rows.placeOf.get(cells.rows[index] ?? -1);
      const column = columns.placeOf.get(cells.columns[index] ?? -1);
      if (row === undefined || column === undefined) continue;
      const cell = row * this.columns.length + column;
      const code = codes[cells.words.charCodeAt(index) - DIGIT_0] ?? NO_CELL;
      this.words[cell] = Math.min(this.words[cell] ?? NO_CELL, code);
      this.at[cell] = Math.max(this.at[cell] ?? 0, cells.at[index] ?? 0);
    }
  }

  wordAt(row: number, column: number): CellWord | null {
    return cellWords[this.words[row * this.columns.length + column] ?? NO_CELL] ?? null;
  }

  /** The parts of a cell's key, by dimension. */
  partsAt(row: number, column: number): Readonly<Record<string, string>> {
    const parts: Record<string, string> = { [this.rowDimension]: this.rows[row] ?? "" };
    if (this.columnDimension !== null) parts[this.columnDimension] = this.columns[column] ?? "";
    return parts;
  }

  /** The cell of these parts; null where there is none. */
  cellOf(parts: Readonly<Record<string, string>>): number | null {
    const row = this.#rowPlaces.get(parts[this.rowDimension] ?? "");
    const column = this.#columnPlaces.get(this.columnDimension === null ? "" : (parts[this.columnDimension] ?? ""));
    return row === undefined || column === undefined ? null : row * this.columns.length + column;
  }

  /**
   * Takes over what a partition is now; false where the matrix is then to be loaded anew, as it has no such place, or one
   * for several partitions.
   */
  apply(partition: Pick<AssetPartitionView, "parts" | "status" | "latest" | "error">): boolean {
    const isOfOthers = Object.entries(this.fixed).some(([dimension, key]) => partition.parts[dimension] !== key);
    if (isOfOthers) return true;
    if (!this.isExact) return false;
    const cell = this.cellOf(partition.parts);
    if (cell === null) return partition.status === "retired";
    this.#become(cell, codeOf(partition.status));
    this.at[cell] = Math.max(seconds(partition.latest?.at), seconds(partition.error?.at));
    this.version++;
    this.#changes.push(cell);
    if (this.#changes.length > MAX_REMEMBERED) this.#changes = this.#changes.slice(-MAX_REMEMBERED / 2);
    return true;
  }

  /** The cells that changed after a version; null where that is too long ago. */
  changesAfter(version: number): readonly number[] | null {
    const behind = this.version - version;
    return behind > this.#changes.length ? null : this.#changes.slice(this.#changes.length - behind);
  }

  rowCounts(row: number): CellCounts {
    return countsAt(this.#rowCounts, row);
  }

  columnCounts(column: number): CellCounts {
    return countsAt(this.#columnCounts, column);
  }

  allCounts(): CellCounts {
    const all = noCells();
    for (let column = 0; column < this.columns.length; column++) {
      const counts = this.columnCounts(column);
      for (const word of cellWords) all[word] += counts[word];
      all.total += counts.total;
    }
    return all;
  }

  /** The newest instant of a row, in s since the epoch; 0 for never. */
  rowNewest(row: number): number {
    let newest = 0;
    const end = (row + 1) * this.columns.length;
    for (let cell = row * this.columns.length; cell < end; cell++) newest = Math.max(newest, this.at[cell] ?? 0);
    return newest;
  }

  columnNewest(column: number): number {
    let newest = 0;
    for (let cell = column; cell < this.at.length; cell += this.columns.length) {
      newest = Math.max(newest, this.at[cell] ?? 0);
    }
    return newest;
  }

  #become(cell: number, code: number): void {
    this.#count(cell, this.words[cell] ?? NO_CELL, -1);
    this.words[cell] = code;
    this.#count(cell, code, 1);
  }

  #count(cell: number, code: number, by: 1 | -1): void {
    if (code === NO_CELL) return;
    const inRow = Math.floor(cell / this.columns.length) * WORDS + code;
    const inColumn = (cell % this.columns.length) * WORDS + code;
    this.#rowCounts[inRow] = (this.#rowCounts[inRow] ?? 0) + by;
    this.#columnCounts[inColumn] = (this.#columnCounts[inColumn] ?? 0) + by;
  }
}

export function noCells(): CellCounts {
  return { failed: 0, running: 0, stale: 0, missing: 0, materialized: 0, total: 0 };
}

function countsAt(kept: Uint32Array, group: number): CellCounts {
  const counts = noCells();
  for (let code = 0; code < WORDS; code++) {
    const word = cellWords[code];
    const count = kept[group * WORDS + code] ?? 0;
    if (word !== undefined) counts[word] = count;
    counts.total += count;
  }
  return counts;
}

function codeOf(word: PartitionWord | "stale"): number {
  const code = cellWords.findIndex((known) => known === word);
  return code < 0 ? NO_CELL : code;
}

function seconds(at: string | undefined): number {
  return at === undefined ? 0 : Math.floor(Date.parse(at) / 1000);
}
