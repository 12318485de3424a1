import { type CellCounts, type CellWord, cellWords, type MatrixData } from "./matrix-data.ts";

export const matrixSorts = ["name", "failures", "age"] as const;
/** `failures`: most first. `age`: newest first, never last. */
export type MatrixSort = (typeof matrixSorts)[number];

export interface MatrixFilter {
  readonly sort: MatrixSort;
  /** Rows and columns whose key holds it; where only one of the two has any, the other stays whole. */
  readonly text: string;
  /** Only rows and columns with such a cell, and of them only such cells; empty: all. */
  readonly words: readonly CellWord[];
  /** Exactly this key; "" for all. */
  readonly row: string;
  readonly column: string;
}

/** Which rows and columns are shown, in which order. */
export interface MatrixOrder {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** By code: whether such a cell passes the filter. */
  readonly passes: readonly boolean[];
  readonly sort: MatrixSort;
}

export function orderOf(data: MatrixData, filter: MatrixFilter): MatrixOrder {
  const passes = cellWords.map((word) => filter.words.length === 0 || filter.words.includes(word));
  const text = filter.text.trim().toLowerCase();
  const holds = (key: string): boolean => key.toLowerCase().includes(text);
  const rowsHold = data.rows.some(holds);
  const columnsHold = data.columnDimension !== null && data.columns.some(holds);
  const keepsRow = (key: string): boolean =>
    (filter.row === "" || key === filter.row) && (text === "" || holds(key) || (!rowsHold && columnsHold));
  const keepsColumn = (key: string): boolean =>
    (filter.column === "" || key === filter.column) && (text === "" || holds(key) || !columnsHold);
  const isWanted = (counts: CellCounts): boolean =>
    filter.words.length === 0 || filter.words.some((word) => counts[word] > 0);
  const rows = placesOf(data.rows, keepsRow).filter((row) => isWanted(data.rowCounts(row)));
  const columns =
    data.columnDimension === null
      ? [0]
      : placesOf(data.columns, keepsColumn).filter((column) => isWanted(data.columnCounts(column)));
  return {
    rows: sorted(rows, filter.sort, { counts: (row) => data.rowCounts(row), newest: (row) => data.rowNewest(row) }),
    columns: sorted(columns, filter.sort, {
      counts: (column) => data.columnCounts(column),
      newest: (column) => data.columnNewest(column),
    }),
    passes,
    sort: filter.sort,
  };
}

function placesOf(keys: readonly string[], keeps: (key: string) => boolean): number[] {
  const places: number[] = [];
  for (const [place, key] of keys.entries()) if (keeps(key)) places.push(place);
  return places;
}

interface GroupFacts {
  readonly counts: (place: number) => CellCounts;
  readonly newest: (place: number) => number;
}

/** Places are in key order already, and a stable sort keeps it among equals. */
function sorted(places: readonly number[], sort: MatrixSort, { counts, newest }: GroupFacts): readonly number[] {
  if (sort === "name") return places;
  const rank =
    sort === "age"
      ? newest
      : (place: number): number => {
          const { failed, running, missing } = counts(place);
          return failed * 1e12 + running * 1e6 + missing;
        };
  const ranks = new Map(places.map((place) => [place, rank(place)]));
  return places.toSorted((a, b) => (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0));
}

/** The cells that are shown and pass, for a list: in the order of rows, or the failed ones or the newest ones first. */
export function listOrder(data: MatrixData, order: MatrixOrder): Int32Array {
  const found = new Int32Array(order.rows.length * order.columns.length);
  let count = 0;
  for (const row of order.rows) {
    for (const column of order.columns) {
      const cell = row * data.columns.length + column;
      if (order.passes[data.words[cell] ?? -1] === true) found[count++] = cell;
    }
  }
  const cells = found.slice(0, count);
  if (order.sort === "name") return cells;
  const rank = (cell: number): number => (order.sort === "age" ? -(data.at[cell] ?? 0) : (data.words[cell] ?? 0));
  return cells.sort((a, b) => rank(a) - rank(b) || a - b);
}
