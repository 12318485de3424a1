/**
 * Draws what is seen of a matrix, at most once a frame.
 *
 * P1. Cells and heads are drawn into tiles of `TILE` slots; a frame copies the tiles that are seen, so that panning draws
 *     only what newly comes into view.
 * P2. A changed cell makes its own tile and the tiles of its two heads new; another order, size, zoom or palette all of them.
 * P3. What follows the pointer (hover, selection, rectangle) is drawn under and over the tiles, never into them.
 */
import { countText } from "../design/format.ts";
import type { CellSelection } from "./cell-selection.ts";
import { drawShape } from "./cell-shapes.ts";
import {
  type CellPlace,
  contentSize,
  type GridGeometry,
  type GridView,
  type SlotRange,
  visibleSlots,
} from "./grid-geometry.ts";
import { drawColumnHead, drawCorner, drawLabel, drawRowHead } from "./head-drawing.ts";
import { type CellWord, cellWords, type MatrixData, NO_CELL } from "./matrix-data.ts";
import type { MatrixOrder } from "./matrix-order.ts";
import type { Palette } from "./palette.ts";
import { TileCache } from "./tile-cache.ts";

/** Slots along a tile's edge. */
const TILE = 16;
/** Tiles kept for each one that is seen: what was just left is often come back to. */
const KEPT_PER_SEEN = 3;

export interface Scene {
  readonly data: MatrixData;
  readonly order: MatrixOrder;
  readonly geometry: GridGeometry;
  readonly palette: Palette;
  readonly selection: CellSelection;
  /** Whether each slot has its key written into it. */
  readonly hasLabels: boolean;
}

export interface Pointed {
  readonly hover: CellPlace | null;
  /** Where the keyboard is; null while it is elsewhere. */
  readonly cursor: CellPlace | null;
  /** The rectangle being drawn: two slots. */
  readonly drag: { readonly from: Slot; readonly to: Slot } | null;
}

interface Slot {
  readonly line: number;
  readonly slot: number;
}

export class MatrixPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #tiles = new TileCache();
  readonly #shapes = new TileCache();
  #scene: Scene | null = null;
  #version = 0;
  #ratio = 1;
  /** Places in the order by places in the data; -1: not shown. */
  #rowPlaces = new Int32Array(0);
  #columnPlaces = new Int32Array(0);

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** `ratio`: device pixels to a CSS pixel. */
  paint(scene: Scene, { view, pointed, ratio }: { view: GridView; pointed: Pointed; ratio: number }): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    this.#take(scene, ratio);
    const width = Math.max(1, Math.round(view.width * ratio));
    const height = Math.max(1, Math.round(view.height * ratio));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#canvas.style.width = `${view.width}px`;
      this.#canvas.style.height = `${view.height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = scene.palette.surface;
    context.fillRect(0, 0, view.width, view.height);
    const range = visibleSlots(scene.geometry, view);
    this.#cells(context, { scene, view, range, pointed });
    this.#heads(context, { scene, view, range, pointed });
    const seen =
      (tilesOf(range.firstLine, range.lastLine).length + 1) * (tilesOf(range.firstSlot, range.lastSlot).length + 1);
    this.#tiles.trim(seen * KEPT_PER_SEEN);
  }

  /** Throws away the tiles that show something else now (P2). */
  #take(scene: Scene, ratio: number): void {
    const before = this.#scene;
    const isSame =
      before !== null &&
      ratio === this.#ratio &&
      before.data === scene.data &&
      before.order === scene.order &&
      before.geometry === scene.geometry &&
      before.palette === scene.palette;
    const changes = isSame ? scene.data.changesAfter(this.#version) : null;
    this.#scene = scene;
    this.#ratio = ratio;
    this.#version = scene.data.version;
    if (changes === null) {
      this.#tiles.clear();
      this.#shapes.clear();
      this.#rowPlaces = placesIn(scene.order.rows, scene.data.rows.length);
      this.#columnPlaces = placesIn(scene.order.columns, scene.data.columns.length);
      return;
    }
    const width = scene.data.columns.length;
    for (const cell of changes) {
      const row = this.#rowPlaces[Math.floor(cell / width)] ?? -1;
      const column = this.#columnPlaces[cell % width] ?? -1;
      if (row < 0 || column < 0) continue;
      const { line, slot } = scene.geometry.slotOf({ row, column });
      this.#tiles.drop(`${Math.floor(line / TILE)},${Math.floor(slot / TILE)}`);
      this.#tiles.drop(`row ${Math.floor(row / TILE)}`);
      this.#tiles.drop(`column ${Math.floor(column / TILE)}`);
    }
  }

  #cells(context: CanvasRenderingContext2D, { scene, view, range, pointed }: Drawn): void {
    const { geometry } = scene;
    const { slotWidth, slotHeight, headWidth, headHeight } = geometry;
    context.save();
    context.beginPath();
    context.rect(headWidth, headHeight, view.width - headWidth, view.height - headHeight);
    context.clip();
    context.translate(headWidth - view.left, headHeight - view.top);
    this.#hoverBands(context, { scene, view, range, pointed });
    selectionRuns(scene, range, ({ line, from, to }) => {
      context.fillStyle = scene.palette.selected;
      context.fillRect(from * slotWidth, line * slotHeight, (to - from + 1) * slotWidth, slotHeight);
    });
    for (const tileLine of tilesOf(range.firstLine, range.lastLine)) {
      for (const tileSlot of tilesOf(range.firstSlot, range.lastSlot)) {
        const width = TILE * slotWidth;
        const height = TILE * slotHeight;
        const tile = this.#tiles.get(`${tileLine},${tileSlot}`, {
          ...this.#pixels(width, height),
          draw: (inner) => this.#drawTile(inner, scene, { tileLine, tileSlot }),
        });
        context.drawImage(tile, tileSlot * width, tileLine * height, width, height);
      }
    }
    this.#outlines(context, { scene, view, range, pointed });
    context.restore();
  }

  #hoverBands(context: CanvasRenderingContext2D, { scene, view, pointed }: Drawn): void {
    if (pointed.hover === null || scene.geometry.headWidth === 0) return;
    const { slotWidth, slotHeight } = scene.geometry;
    const { line, slot } = scene.geometry.slotOf(pointed.hover);
    context.fillStyle = scene.palette.hover;
    context.fillRect(view.left, line * slotHeight, view.width, slotHeight);
    context.fillRect(slot * slotWidth, view.top, slotWidth, view.height);
  }

  #outlines(context: CanvasRenderingContext2D, { scene, range, pointed }: Drawn): void {
    const { slotWidth, slotHeight } = scene.geometry;
    context.strokeStyle = scene.palette.focus;
    context.lineWidth = 1.5;
    selectionEdges(context, scene, range);
    const { drag, cursor } = pointed;
    const box = (from: Slot, to: Slot): [number, number, number, number] => [
      Math.min(from.slot, to.slot) * slotWidth,
      Math.min(from.line, to.line) * slotHeight,
      (Math.abs(from.slot - to.slot) + 1) * slotWidth,
      (Math.abs(from.line - to.line) + 1) * slotHeight,
    ];
    if (drag !== null) {
      context.globalAlpha = 0.15;
      context.fillStyle = scene.palette.focus;
      context.fillRect(...box(drag.from, drag.to));
      context.globalAlpha = 1;
      context.strokeRect(...box(drag.from, drag.to));
    }
    if (cursor !== null) {
      const at = scene.geometry.slotOf(cursor);
      const [x, y, width, height] = box(at, at);
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, width - 2, height - 2);
    }
  }

  #heads(context: CanvasRenderingContext2D, { scene, view, range, pointed }: Drawn): void {
    const { geometry, palette } = scene;
    const { slotWidth, slotHeight, headWidth, headHeight } = geometry;
    if (headWidth === 0) return;
    const hovered = pointed.hover;
    context.save();
    context.beginPath();
    context.rect(0, headHeight, headWidth, view.height - headHeight);
    context.clip();
    context.translate(0, headHeight - view.top);
    if (hovered !== null) {
      context.fillStyle = palette.hover;
      context.fillRect(0, hovered.row * slotHeight, headWidth, slotHeight);
    }
    for (const tileLine of tilesOf(range.firstLine, range.lastLine)) {
      const height = TILE * slotHeight;
      const tile = this.#tiles.get(`row ${tileLine}`, {
        ...this.#pixels(headWidth, height),
        draw: (inner) => this.#drawRowHeads(inner, scene, tileLine),
      });
      context.drawImage(tile, 0, tileLine * height, headWidth, height);
    }
    context.restore();
    context.save();
    context.beginPath();
    context.rect(headWidth, 0, view.width - headWidth, headHeight);
    context.clip();
    context.translate(headWidth - view.left, 0);
    if (hovered !== null) {
      context.fillStyle = palette.hover;
      context.fillRect(hovered.column * slotWidth, 0, slotWidth, headHeight);
    }
    for (const tileSlot of tilesOf(range.firstSlot, range.lastSlot)) {
      const width = TILE * slotWidth;
      const tile = this.#tiles.get(`column ${tileSlot}`, {
        ...this.#pixels(width, headHeight),
        draw: (inner) => this.#drawColumnHeads(inner, scene, tileSlot),
      });
      context.drawImage(tile, tileSlot * width, 0, width, headHeight);
    }
    context.restore();
    drawCorner(context, {
      rows: `${scene.data.rowDimension} · ${countText(scene.order.rows.length)}`,
      columns: `${scene.data.columnDimension ?? ""} · ${countText(scene.order.columns.length)}`,
      width: headWidth,
      height: headHeight,
      palette,
    });
    const { width, height } = contentSize(geometry);
    context.fillStyle = palette.line;
    context.fillRect(headWidth - 1, 0, 1, Math.min(view.height, height - view.top));
    context.fillRect(0, headHeight - 1, Math.min(view.width, width - view.left), 1);
  }

  #drawTile(context: CanvasRenderingContext2D, scene: Scene, at: { tileLine: number; tileSlot: number }): void {
    const { data, order, geometry, palette, hasLabels } = scene;
    const { slotWidth, slotHeight } = geometry;
    for (let line = at.tileLine * TILE; line < (at.tileLine + 1) * TILE; line++) {
      for (let slot = at.tileSlot * TILE; slot < (at.tileSlot + 1) * TILE; slot++) {
        const place = geometry.cellAt(line, slot);
        if (place === null) continue;
        const row = order.rows[place.row] ?? 0;
        const code = data.words[row * data.columns.length + (order.columns[place.column] ?? 0)] ?? -1;
        const word = cellWords[code];
        if (word === undefined) continue;
        const x = (slot % TILE) * slotWidth;
        const y = (line % TILE) * slotHeight;
        // What the filter leaves out stays to be seen beside what it finds.
        context.globalAlpha = order.passes[code] === true ? 1 : 0.22;
        context.resetTransform();
        context.drawImage(this.#shape(word, scene), Math.round(x * this.#ratio), Math.round(y * this.#ratio));
        if (!hasLabels) continue;
        context.setTransform(this.#ratio, 0, 0, this.#ratio, x * this.#ratio, y * this.#ratio);
        if (hasLabels)
          drawLabel(context, { text: data.rows[row] ?? "", width: slotWidth, height: slotHeight, palette });
      }
    }
  }

  /** A word's shape, drawn once: copying it is several times cheaper than its path. */
  #shape(word: CellWord, { geometry, palette }: Scene): HTMLCanvasElement {
    const size = geometry.slotHeight;
    return this.#shapes.get(word, {
      ...this.#pixels(size, size),
      draw: (context) => {
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        drawShape(context, { word, size, palette });
      },
    });
  }

  #drawRowHeads(context: CanvasRenderingContext2D, { data, order, geometry, palette }: Scene, tile: number): void {
    for (let row = tile * TILE; row < Math.min((tile + 1) * TILE, order.rows.length); row++) {
      const y = (row % TILE) * geometry.slotHeight;
      context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, y * this.#ratio);
      const place = order.rows[row] ?? 0;
      drawRowHead(context, {
        text: data.rows[place] ?? "",
        counts: data.rowCounts(place),
        width: geometry.headWidth,
        height: geometry.slotHeight,
        palette,
      });
    }
  }

  #drawColumnHeads(context: CanvasRenderingContext2D, { data, order, geometry, palette }: Scene, tile: number): void {
    for (let column = tile * TILE; column < Math.min((tile + 1) * TILE, order.columns.length); column++) {
      const x = (column % TILE) * geometry.slotWidth;
      context.setTransform(this.#ratio, 0, 0, this.#ratio, x * this.#ratio, 0);
      const place = order.columns[column] ?? 0;
      drawColumnHead(context, {
        text: data.columns[place] ?? "",
        counts: data.columnCounts(place),
        width: geometry.slotWidth,
        height: geometry.headHeight,
        palette,
      });
    }
  }

  #pixels(width: number, height: number): { width: number; height: number } {
    return { width: Math.ceil(width * this.#ratio), height: Math.ceil(height * this.#ratio) };
  }
}

interface Drawn {
  readonly scene: Scene;
  readonly view: GridView;
  readonly range: SlotRange;
  readonly pointed: Pointed;
}

function placesIn(order: readonly number[], length: number): Int32Array<ArrayBuffer> {
  const places = new Int32Array(length).fill(-1);
  for (const [place, one] of order.entries()) places[one] = place;
  return places;
}

function tilesOf(first: number, last: number): readonly number[] {
  if (last < first) return [];
  const from = Math.floor(first / TILE);
  return Array.from({ length: Math.floor(last / TILE) - from + 1 }, (_, at) => from + at);
}

function isSelected({ data, order, geometry, selection }: Scene, line: number, slot: number): boolean {
  const place = geometry.cellAt(line, slot);
  if (place === null) return false;
  const row = order.rows[place.row] ?? 0;
  return selection.bits[row * data.columns.length + (order.columns[place.column] ?? 0)] === 1;
}

/** Neighbouring selected slots of a line, as one. */
function selectionRuns(
  scene: Scene,
  range: SlotRange,
  each: (run: { line: number; from: number; to: number }) => void,
): void {
  if (scene.selection.count === 0) return;
  for (let line = range.firstLine; line <= range.lastLine; line++) {
    let from = -1;
    for (let slot = range.firstSlot; slot <= range.lastSlot + 1; slot++) {
      const isOn = slot <= range.lastSlot && isSelected(scene, line, slot);
      if (isOn && from < 0) from = slot;
      if (!isOn && from >= 0) {
        each({ line, from, to: slot - 1 });
        from = -1;
      }
    }
  }
}

/** Whether a slot would make an edge: one that could be selected and is not, or the end of the grid. */
function isOutside(scene: Scene, line: number, slot: number): boolean {
  const { data, order, geometry, selection } = scene;
  const place = geometry.cellAt(line, slot);
  if (place === null) return true;
  const cell = (order.rows[place.row] ?? 0) * data.columns.length + (order.columns[place.column] ?? 0);
  return data.words[cell] !== NO_CELL && selection.bits[cell] !== 1;
}

/** A line where a selected slot lies beside one that is not: around groups, not around each, nor around pairs that do not exist. */
function selectionEdges(context: CanvasRenderingContext2D, scene: Scene, range: SlotRange): void {
  if (scene.selection.count === 0) return;
  const { slotWidth, slotHeight } = scene.geometry;
  context.beginPath();
  for (let line = range.firstLine; line <= range.lastLine; line++) {
    for (let slot = range.firstSlot; slot <= range.lastSlot; slot++) {
      if (!isSelected(scene, line, slot)) continue;
      const [left, top] = [slot * slotWidth, line * slotHeight];
      const edge = (isOther: boolean, from: readonly [number, number], to: readonly [number, number]): void => {
        if (!isOther) return;
        context.moveTo(...from);
        context.lineTo(...to);
      };
      const [right, bottom] = [left + slotWidth, top + slotHeight];
      edge(isOutside(scene, line - 1, slot), [left, top], [right, top]);
      edge(isOutside(scene, line + 1, slot), [left, bottom], [right, bottom]);
      edge(isOutside(scene, line, slot - 1), [left, top], [left, bottom]);
      edge(isOutside(scene, line, slot + 1), [right, top], [right, bottom]);
    }
  }
  context.stroke();
}
