import { type CellCounts, type CellWord, cellWords } from "./matrix-data.ts";
import type { Palette } from "./palette.ts";

interface HeadParams {
  readonly text: string;
  readonly counts: CellCounts;
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
}

const MAX_ROW_BAR_PX = 44;
const COLUMN_BAR_PX = 30;
const GAP_PX = 8;
const MAX_FONT_PX = 12;

/** A row's key and, at its end, how its cells stand. */
export function drawRowHead(context: CanvasRenderingContext2D, { text, counts, width, height, palette }: HeadParams) {
  context.font = `${Math.min(MAX_FONT_PX, height - 3)}px ${palette.font}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = palette.text;
  // A narrow head keeps its room for the key.
  const length = Math.min(MAX_ROW_BAR_PX, Math.round(width * 0.22));
  const room = width - length - 3 * GAP_PX;
  context.fillText(fitted(context, text, room), GAP_PX, height / 2 + 0.5);
  const thickness = Math.min(7, height - 6);
  const at = { x: width - length - GAP_PX, y: (height - thickness) / 2 };
  drawBar(context, { counts, palette, ...at, length, thickness, isUpright: false });
}

/** A column's key, upright, and below it how its cells stand. */
export function drawColumnHead(
  context: CanvasRenderingContext2D,
  { text, counts, width, height, palette }: HeadParams,
) {
  context.save();
  context.translate(width / 2, height - COLUMN_BAR_PX - 2 * GAP_PX);
  context.rotate(-Math.PI / 2);
  context.font = `${Math.min(MAX_FONT_PX, width - 3)}px ${palette.font}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = palette.text;
  context.fillText(fitted(context, text, height - COLUMN_BAR_PX - 3 * GAP_PX), 0, 0.5);
  context.restore();
  const thickness = Math.min(7, width - 6);
  const at = { x: (width - thickness) / 2, y: height - COLUMN_BAR_PX - GAP_PX };
  drawBar(context, { counts, palette, ...at, length: COLUMN_BAR_PX, thickness, isUpright: true });
}

/** What rows and columns are, and how many of each are shown. */
export function drawCorner(
  context: CanvasRenderingContext2D,
  params: { columns: string; rows: string; width: number; height: number; palette: Palette },
): void {
  const { columns, rows, width, height, palette } = params;
  context.font = `${MAX_FONT_PX - 1}px ${palette.font}`;
  context.fillStyle = palette.textFaint;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(fitted(context, rows, width - 2 * GAP_PX), GAP_PX, height - GAP_PX);
  context.textAlign = "right";
  context.fillText(fitted(context, columns, width - 2 * GAP_PX), width - GAP_PX, MAX_FONT_PX + 4);
}

/** The key of a cell that is wide enough to name it, beside its shape. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  { text, width, height, palette }: Omit<HeadParams, "counts">,
): void {
  context.font = `${MAX_FONT_PX}px ${palette.font}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = palette.text;
  context.fillText(fitted(context, text, width - height - 6), height, height / 2 + 0.5);
}

interface BarParams {
  readonly counts: CellCounts;
  readonly palette: Palette;
  readonly x: number;
  readonly y: number;
  readonly length: number;
  readonly thickness: number;
  readonly isUpright: boolean;
}

/** A share of the whole for each word, what is wrong first; what is rare is still seen. */
function drawBar(
  context: CanvasRenderingContext2D,
  { counts, palette, x, y, length, thickness, isUpright }: BarParams,
) {
  const box = (from: number, size: number): void => {
    if (isUpright) context.fillRect(x, y + from, thickness, size);
    else context.fillRect(x + from, y, size, thickness);
  };
  context.fillStyle = palette.line;
  box(0, length);
  let from = 0;
  for (const { word, share } of sharesOf(counts, length)) {
    // What is not there is the bar's ground, so that shares are told apart without colour as well: filled or not.
    if (word !== "missing") {
      context.fillStyle = palette.shapes[word].ink;
      box(from, share - (share > 3 ? 0.75 : 0));
    }
    from += share;
  }
}

const MIN_SHARE_PX = 2;

/** Lengths that add up to the whole one; each at least of 2 px. */
export function sharesOf(counts: CellCounts, length: number): readonly { word: CellWord; share: number }[] {
  const there = cellWords.filter((word) => counts[word] > 0);
  if (there.length === 0) return [];
  const room = length - there.length * MIN_SHARE_PX;
  return there.map((word) => ({ word, share: MIN_SHARE_PX + (room * counts[word]) / counts.total }));
}

/** The text, or as much of it as there is room for, its end cut. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  const whole = oneLine(text);
  if (context.measureText(whole).width <= width) return whole;
  let [low, high] = [0, whole.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${whole.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${whole.slice(0, low)}…`;
}

/** A key may be 8 kB of anything: controls are shown as a dot, and no more is measured than can be seen. */
function oneLine(text: string): string {
  return text.slice(0, 200).replace(/\p{Cc}/gu, "·");
}
