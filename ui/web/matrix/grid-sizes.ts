import { type GridGeometry, tableGeometry, wrappedGeometry } from "./grid-geometry.ts";
import type { MatrixData } from "./matrix-data.ts";
import type { MatrixOrder } from "./matrix-order.ts";

/** Edges of a cell, px. */
const tableSizes = [9, 12, 15, 18, 22, 28] as const;
const wrappedSizes = [12, 16, 22] as const;
/** A cell of one dimension with its key in it. */
const LABEL = { slotWidth: 176, slotHeight: 26 } as const;
const MAX_LABELLED = 600;
const MANY_ROWS = 100;

export interface GridZoom {
  /** How many steps there are. */
  readonly steps: number;
  readonly step: number;
  readonly hasLabels: boolean;
}

/** The step of the address; where it says none, one that suits how much there is. */
export function zoomOf(data: MatrixData, text: string): GridZoom {
  const isTable = data.columnDimension !== null;
  const steps = isTable ? tableSizes.length : wrappedSizes.length + 1;
  const usual = isTable
    ? data.rows.length > MANY_ROWS
      ? 2
      : 4
    : data.rows.length <= MAX_LABELLED
      ? wrappedSizes.length
      : 1;
  const step = /^\d$/.test(text) ? Math.min(Number(text), steps - 1) : usual;
  return { steps, step, hasLabels: !isTable && step === wrappedSizes.length };
}

/** The geometry of what is shown, in a view of this width. */
export function geometryOf(
  data: MatrixData,
  order: MatrixOrder,
  { zoom, width }: { readonly zoom: GridZoom; readonly width: number },
): GridGeometry {
  if (data.columnDimension === null) {
    const size = wrappedSizes[zoom.step];
    const slot = size === undefined ? LABEL : { slotWidth: size, slotHeight: size };
    return wrappedGeometry({ count: order.rows.length, width, ...slot });
  }
  return tableGeometry({
    rows: order.rows.length,
    columns: order.columns.length,
    cell: tableSizes[zoom.step] ?? tableSizes[2],
    headWidth: Math.round(Math.min(longest(data.rows) * 6.6 + 84, 280, Math.max(110, width * 0.4))),
    headHeight: Math.round(Math.min(longest(data.columns) * 6.6 + 62, 190)),
  });
}

function longest(keys: readonly string[]): number {
  return keys.reduce((most, key) => Math.max(most, key.length), 6);
}
