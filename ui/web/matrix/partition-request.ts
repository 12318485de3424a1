import { type CellSelection, selectedCells } from "./cell-selection.ts";
import { type MatrixData, NO_CELL } from "./matrix-data.ts";
import { keyText } from "./partition-text.ts";

/** Chosen partitions, as `POST /api/materialize` takes them. */
export type ChosenPartitions = readonly string[] | Readonly<Record<string, readonly string[]>>;

/**
 * The selected cells as a request. Those that fill all rows and columns that they touch are told by dimensions: short, and
 * it holds for sets of more dimensions than are shown. Others are told by keys, in the set's own order of dimensions; null
 * where a cell stands for several keys, as only whole rows and columns can be asked for then.
 */
export function chosenPartitions(
  data: MatrixData,
  selection: CellSelection,
  dimensions: readonly string[],
): ChosenPartitions | null {
  const cells = [...selectedCells(selection)];
  const width = data.columns.length;
  const rows = [...new Set(cells.map((cell) => Math.floor(cell / width)))];
  const columns = [...new Set(cells.map((cell) => cell % width))];
  const isLarge = cells.length > 1 || !data.isExact;
  if (data.columnDimension !== null && isLarge && isFilled(data, selection, { rows, columns })) {
    const fixed = Object.entries(data.fixed).map(([dimension, key]) => [dimension, [key]]);
    return {
      ...(Object.fromEntries(fixed) as Record<string, readonly string[]>),
      [data.rowDimension]: rows.map((row) => data.rows[row] ?? ""),
      [data.columnDimension]: columns.map((column) => data.columns[column] ?? ""),
    };
  }
  if (!data.isExact) return null;
  return cells.map((cell) => {
    const parts = { ...data.fixed, ...data.partsAt(Math.floor(cell / width), cell % width) };
    return keyText(dimensions.map((dimension) => parts[dimension] ?? ""));
  });
}

function isFilled(
  data: MatrixData,
  { bits }: CellSelection,
  { rows, columns }: { readonly rows: readonly number[]; readonly columns: readonly number[] },
): boolean {
  return rows.every((row) =>
    columns.every((column) => {
      const cell = row * data.columns.length + column;
      return bits[cell] === 1 || data.words[cell] === NO_CELL;
    }),
  );
}
