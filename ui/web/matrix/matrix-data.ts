import type { AssetPartitionView, MatrixView, PartitionWord } from "../../../engine/operate.ts";

/** The words of cells, and none where the pair does not exist. Worst first, so that the smaller code stands for a group. */
export const cellWords = ["failed", "running", "stale", "missing", "materialized"] as const;
export type CellWord = (typeof cellWords)[number];
export const NO_CELL = 255;

/** How many cells of a row, a column or the whole have each word. */
export type CellCounts = Record<CellWord, number> & { total: number };

/**
 * An asset's partitions, row by column, in typed arrays: 2,000 × 200 cells take 2 MB and are drawn without an object
 * each. Of a set of one dimension there is one column, named "". It is filled page by page, then changed cell by cell;
 * `version` rises with each change.
 */
export class MatrixData {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly rowDimension: string;
  readonly columnDimension: string | null;
  version = 0;
  /** By `row * columns.length + column`: a place in `cellWords`, or `NO_CELL`. */
  readonly words: Uint8Array;
  /** s since the epoch of the newest materialization or failure; 0 for never. */
  readonly at: Int32Array;
  readonly #rowPlaces: ReadonlyMap<string, number>;
  readonly #columnPlaces: ReadonlyMap<string, number>;

  constructor(pages: readonly MatrixView[]) {
    const [first] = pages;
    this.rowDimension = first?.rowDimension ?? "";
    this.columnDimension = first?.columnDimension ?? null;
    this.rows = pages.flatMap(({ items }) => items.map(({ key }) => key));
    this.columns = this.columnDimension === null ? [""] : (first?.columns ?? []);
    this.#rowPlaces = new Map(this.rows.map((key, at) => [key, at]));
    this.#columnPlaces = new Map(this.columns.map((key, at) => [key, at]));
    this.words = new Uint8Array(this.rows.length * this.columns.length).fill(NO_CELL);
    this.at = new Int32Array(this.words.length);
    let row = 0;
    for (const { items, words } of pages) {
      const codes = words.map(codeOf);
      for (const { cells } of items) {
        for (let place = 0; place < cells.length; place += 3) this.#fill(row, { cells, place, codes });
        row++;
      }
    }
  }

  #fill(row: number, from: { cells: readonly number[]; place: number; codes: readonly number[] }): void {
    const { cells, place, codes } = from;
    const cell = row * this.columns.length + (cells[place] ?? 0);
    this.words[cell] = codes[cells[place + 1] ?? 0] ?? NO_CELL;
    this.at[cell] = cells[place + 2] ?? 0;
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

  /** Takes over what a partition is now; false where it is none of the matrix, which is then to be loaded anew. */
  apply(partition: Pick<AssetPartitionView, "parts" | "status" | "latest" | "error">): boolean {
    const row = this.#rowPlaces.get(partition.parts[this.rowDimension] ?? "");
    const columnKey = this.columnDimension === null ? "" : (partition.parts[this.columnDimension] ?? "");
    const column = this.#columnPlaces.get(columnKey);
    if (row === undefined || column === undefined) return partition.status === "retired";
    const cell = row * this.columns.length + column;
    this.words[cell] = codeOf(partition.status);
    this.at[cell] = Math.max(seconds(partition.latest?.at), seconds(partition.error?.at));
    this.version++;
    return true;
  }

  rowCounts(row: number): CellCounts {
    const counts = noCells();
    for (let column = 0; column < this.columns.length; column++)
      this.#count(counts, row * this.columns.length + column);
    return counts;
  }

  columnCounts(column: number): CellCounts {
    const counts = noCells();
    for (let row = 0; row < this.rows.length; row++) this.#count(counts, row * this.columns.length + column);
    return counts;
  }

  allCounts(): CellCounts {
    const counts = noCells();
    for (let cell = 0; cell < this.words.length; cell++) this.#count(counts, cell);
    return counts;
  }

  /** The newest instant of a row, in s since the epoch. */
  rowNewest(row: number): number {
    let newest = 0;
    for (let column = 0; column < this.columns.length; column++) {
      newest = Math.max(newest, this.at[row * this.columns.length + column] ?? 0);
    }
    return newest;
  }

  #count(counts: CellCounts, cell: number): void {
    const word = cellWords[this.words[cell] ?? NO_CELL];
    if (word === undefined) return;
    counts[word]++;
    counts.total++;
  }
}

export function noCells(): CellCounts {
  return { failed: 0, running: 0, stale: 0, missing: 0, materialized: 0, total: 0 };
}

function codeOf(word: PartitionWord | "stale"): number {
  const code = cellWords.findIndex((known) => known === word);
  return code < 0 ? NO_CELL : code;
}

function seconds(at: string | undefined): number {
  return at === undefined ? 0 : Math.floor(Date.parse(at) / 1000);
}
