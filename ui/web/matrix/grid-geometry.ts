/**
 * Where cells lie. A grid is lines of slots below a head and beside a head, all of one size; what lies in a slot is the
 * layout's: a row and a column of a product, the next key of a set of one dimension, later the day of a calendar.
 * All in CSS pixels; `content` begins at the heads' corner, so that a scrolled view begins at (left, top) of it.
 */
export interface GridGeometry {
  readonly lines: number;
  readonly slots: number;
  readonly slotWidth: number;
  readonly slotHeight: number;
  /** Of the heads that stay in view; 0 where there are none. */
  readonly headWidth: number;
  readonly headHeight: number;
  /** The place in the order that lies in a slot; null for none. */
  cellAt(line: number, slot: number): CellPlace | null;
  slotOf(place: CellPlace): { readonly line: number; readonly slot: number };
}

/** Places in the order of rows and columns, not in the data. */
export interface CellPlace {
  readonly row: number;
  readonly column: number;
}

/** What is seen of the content; the heads cover its first pixels. */
export interface GridView {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface SlotRange {
  readonly firstLine: number;
  /** The last one is in the range; one less than the first where it is empty. */
  readonly lastLine: number;
  readonly firstSlot: number;
  readonly lastSlot: number;
}

interface TableParams {
  readonly rows: number;
  readonly columns: number;
  readonly cell: number;
  readonly headWidth: number;
  readonly headHeight: number;
}

/** Two dimensions: a line a row, a slot a column. */
export function tableGeometry({ rows, columns, cell, headWidth, headHeight }: TableParams): GridGeometry {
  return {
    lines: rows,
    slots: columns,
    slotWidth: cell,
    slotHeight: cell,
    headWidth,
    headHeight,
    cellAt: (line, slot) =>
      line >= 0 && line < rows && slot >= 0 && slot < columns ? { row: line, column: slot } : null,
    slotOf: ({ row, column }) => ({ line: row, slot: column }),
  };
}

interface WrappedParams {
  readonly count: number;
  /** Of the view. */
  readonly width: number;
  readonly slotWidth: number;
  readonly slotHeight: number;
}

/** One dimension: its keys one after the other, as many on a line as there is room for. */
export function wrappedGeometry({ count, width, slotWidth, slotHeight }: WrappedParams): GridGeometry {
  const slots = Math.max(1, Math.floor(width / slotWidth));
  return {
    lines: Math.ceil(count / slots),
    slots,
    slotWidth,
    slotHeight,
    headWidth: 0,
    headHeight: 0,
    cellAt(line, slot) {
      const row = line * slots + slot;
      return line >= 0 && slot >= 0 && slot < slots && row < count ? { row, column: 0 } : null;
    },
    slotOf: ({ row }) => ({ line: Math.floor(row / slots), slot: row % slots }),
  };
}

export function contentSize(geometry: GridGeometry): { readonly width: number; readonly height: number } {
  return {
    width: geometry.headWidth + geometry.slots * geometry.slotWidth,
    height: geometry.headHeight + geometry.lines * geometry.slotHeight,
  };
}

/** The slots of which at least a pixel is seen. */
export function visibleSlots(geometry: GridGeometry, view: GridView): SlotRange {
  const { slotWidth, slotHeight, headWidth, headHeight } = geometry;
  return {
    firstLine: Math.max(0, Math.floor(view.top / slotHeight)),
    lastLine: Math.min(geometry.lines, Math.ceil((view.top + view.height - headHeight) / slotHeight)) - 1,
    firstSlot: Math.max(0, Math.floor(view.left / slotWidth)),
    lastSlot: Math.min(geometry.slots, Math.ceil((view.left + view.width - headWidth) / slotWidth)) - 1,
  };
}

export type GridHit =
  | { readonly type: "cell"; readonly place: CellPlace }
  | { readonly type: "row"; readonly row: number }
  | { readonly type: "column"; readonly column: number }
  | { readonly type: "corner" }
  | { readonly type: "nothing" };

/** What lies at a point of the view, from its upper left corner. */
export function hitAt(
  geometry: GridGeometry,
  view: GridView,
  point: { readonly x: number; readonly y: number },
): GridHit {
  const { slotWidth, slotHeight, headWidth, headHeight } = geometry;
  const line = Math.floor((point.y - headHeight + view.top) / slotHeight);
  const slot = Math.floor((point.x - headWidth + view.left) / slotWidth);
  const isInRowHead = point.x < headWidth;
  const isInColumnHead = point.y < headHeight;
  if (isInRowHead && isInColumnHead) return { type: "corner" };
  if (isInRowHead) return line < geometry.lines ? { type: "row", row: line } : { type: "nothing" };
  if (isInColumnHead) return slot < geometry.slots ? { type: "column", column: slot } : { type: "nothing" };
  const place = geometry.cellAt(line, slot);
  return place === null ? { type: "nothing" } : { type: "cell", place };
}

/** The slot nearest to a point, for a rectangle that is drawn beyond the edge. */
export function nearestSlot(
  geometry: GridGeometry,
  view: GridView,
  point: { readonly x: number; readonly y: number },
): { readonly line: number; readonly slot: number } {
  const line = Math.floor((point.y - geometry.headHeight + view.top) / geometry.slotHeight);
  const slot = Math.floor((point.x - geometry.headWidth + view.left) / geometry.slotWidth);
  return {
    line: Math.min(Math.max(0, line), geometry.lines - 1),
    slot: Math.min(Math.max(0, slot), geometry.slots - 1),
  };
}

/** The cells of the slots between two corners, in any order of them. */
export function* placesBetween(
  geometry: GridGeometry,
  from: { readonly line: number; readonly slot: number },
  to: { readonly line: number; readonly slot: number },
): Generator<CellPlace> {
  for (let line = Math.min(from.line, to.line); line <= Math.max(from.line, to.line); line++) {
    for (let slot = Math.min(from.slot, to.slot); slot <= Math.max(from.slot, to.slot); slot++) {
      const place = geometry.cellAt(line, slot);
      if (place !== null) yield place;
    }
  }
}

/** How to scroll, as little as can be, so that a cell is whole in view. */
export function scrollToShow(geometry: GridGeometry, view: GridView, place: CellPlace): { left: number; top: number } {
  const { line, slot } = geometry.slotOf(place);
  const { slotWidth, slotHeight, headWidth, headHeight } = geometry;
  return {
    left: shown(view.left, { start: slot * slotWidth, size: slotWidth, room: view.width - headWidth }),
    top: shown(view.top, { start: line * slotHeight, size: slotHeight, room: view.height - headHeight }),
  };
}

function shown(scrolled: number, { start, size, room }: { start: number; size: number; room: number }): number {
  if (start < scrolled) return start;
  return start + size > scrolled + room ? start + size - room : scrolled;
}

/** The cell that an arrow key leads to; the same one at the edge. */
export function neighbour(
  geometry: GridGeometry,
  place: CellPlace,
  step: { readonly lines: number; readonly slots: number },
): CellPlace {
  const { line, slot } = geometry.slotOf(place);
  const to = {
    line: Math.min(Math.max(0, line + step.lines), geometry.lines - 1),
    slot: Math.min(Math.max(0, slot + step.slots), geometry.slots - 1),
  };
  return geometry.cellAt(to.line, to.slot) ?? place;
}
