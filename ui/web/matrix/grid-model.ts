import type { CellSelection } from "./cell-selection.ts";
import type { GridGeometry } from "./grid-geometry.ts";
import type { MatrixData } from "./matrix-data.ts";
import type { MatrixOrder } from "./matrix-order.ts";

/** What the canvas and the list twin show alike, and what can be done from both. */
export interface GridModel {
  readonly data: MatrixData;
  /** Rises with each change of the data. */
  readonly version: number;
  readonly order: MatrixOrder;
  readonly selection: CellSelection;
  readonly select: (selection: CellSelection) => void;
  /** The key of a cell's partition; null where it stands for several, as a set of more than two dimensions has. */
  readonly keyOf: (cell: number) => string | null;
  /** Opens the newest run of a cell. */
  readonly open: (cell: number) => void;
}

/** Builds the geometry for a view of this width. */
export type GeometryFor = (width: number) => GridGeometry;

export function cellIndex({ data, order }: Pick<GridModel, "data" | "order">, row: number, column: number): number {
  return (order.rows[row] ?? 0) * data.columns.length + (order.columns[column] ?? 0);
}

/** `iris × eco`, or the one key. */
export function cellName(data: MatrixData, cell: number): string {
  return Object.values(data.partsAt(Math.floor(cell / data.columns.length), cell % data.columns.length)).join(" × ");
}
