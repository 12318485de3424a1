/** What a click, a rectangle or a key means for the selection. Pure: the canvas tells what was hit and which keys were held. */
import {
  type CellSelection,
  cellsAt,
  noSelection,
  placesOfColumn,
  placesOfRow,
  type SelectionChange,
  withCells,
} from "./cell-selection.ts";
import { type CellPlace, type GridGeometry, type GridHit, placesBetween } from "./grid-geometry.ts";
import { cellIndex, type GridModel } from "./grid-model.ts";

export interface HeldKeys {
  /** From the anchor to here. */
  readonly shift: boolean;
  /** ⌘ or Ctrl: in addition to what is selected. */
  readonly mod: boolean;
}

type Selected = Pick<GridModel, "data" | "order" | "selection">;

/** After a click on a cell, a head or the corner. `anchor`: where the last selection began. */
export function afterClick(
  model: Selected,
  { geometry, hit, anchor, held }: { geometry: GridGeometry; hit: GridHit; anchor: CellPlace | null; held: HeldKeys },
): CellSelection {
  const { data, order, selection } = model;
  const change: SelectionChange = held.mod ? "toggle" : "replace";
  const apply = (places: Iterable<CellPlace>): CellSelection =>
    withCells(data, selection, { cells: cellsAt(data, order, places), change });
  switch (hit.type) {
    case "nothing":
      return held.mod || held.shift ? selection : noSelection(data);
    case "corner":
      return afterAll(model);
    case "row":
      return apply(groups(hit.row, held.shift ? (anchor?.row ?? hit.row) : hit.row, (row) => placesOfRow(order, row)));
    case "column": {
      const from = held.shift ? (anchor?.column ?? hit.column) : hit.column;
      return apply(groups(hit.column, from, (column) => placesOfColumn(order, column)));
    }
    case "cell": {
      if (held.shift && anchor !== null) return afterRectangle(model, { geometry, from: anchor, to: hit.place, held });
      const cell = cellIndex(model, hit.place.row, hit.place.column);
      const isOnly = selection.count === 1 && selection.bits[cell] === 1;
      return isOnly && !held.mod ? noSelection(data) : apply([hit.place]);
    }
  }
}

function* groups(to: number, from: number, places: (group: number) => Iterable<CellPlace>): Generator<CellPlace> {
  for (let group = Math.min(from, to); group <= Math.max(from, to); group++) yield* places(group);
}

/** After a rectangle between two cells; with ⌘ or Ctrl it adds. */
export function afterRectangle(
  { data, order, selection }: Selected,
  { geometry, from, to, held }: { geometry: GridGeometry; from: CellPlace; to: CellPlace; held: HeldKeys },
): CellSelection {
  const places = placesBetween(geometry, geometry.slotOf(from), geometry.slotOf(to));
  return withCells(data, selection, { cells: cellsAt(data, order, places), change: held.mod ? "add" : "replace" });
}

/** All that is shown and passes the filter. */
export function afterAll({ data, order, selection }: Selected): CellSelection {
  const places = groups(order.rows.length - 1, 0, (row) => placesOfRow(order, row));
  return withCells(data, selection, { cells: cellsAt(data, order, places), change: "replace" });
}

export interface GridStep {
  readonly lines: number;
  readonly slots: number;
}

/** Where a key moves the cursor, in slots; null: it is no key of moving. `page`: lines in view. */
export function stepOf(key: string, page: number): GridStep | null {
  const far = Number.MAX_SAFE_INTEGER;
  const steps: Readonly<Record<string, GridStep>> = {
    ArrowDown: { lines: 1, slots: 0 },
    ArrowUp: { lines: -1, slots: 0 },
    ArrowRight: { lines: 0, slots: 1 },
    ArrowLeft: { lines: 0, slots: -1 },
    PageDown: { lines: page, slots: 0 },
    PageUp: { lines: -page, slots: 0 },
    Home: { lines: 0, slots: -far },
    End: { lines: 0, slots: far },
    "mod+Home": { lines: -far, slots: -far },
    "mod+End": { lines: far, slots: far },
  };
  return steps[key] ?? null;
}
