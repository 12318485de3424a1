import type { CellWord } from "./matrix-data.ts";
import type { Palette } from "./palette.ts";

/**
 * A cell of a word: as the status icons, a disc ended well, a diamond badly, a broken ring runs, a triangle is stale, a small
 * ring is not there. `size` is that of the cell, drawn at the context's origin.
 */
export function drawShape(
  context: CanvasRenderingContext2D,
  params: { word: CellWord; size: number; palette: Palette },
) {
  const { word, size, palette } = params;
  const { ink, ground } = palette.shapes[word];
  if (ground !== null) {
    context.fillStyle = ground;
    context.fillRect(1, 1, size - 2, size - 2);
  }
  const middle = size / 2;
  const radius = size * 0.3;
  context.fillStyle = ink;
  context.strokeStyle = ink;
  context.lineWidth = Math.max(1.2, size * 0.09);
  context.beginPath();
  switch (word) {
    case "materialized":
      context.arc(middle, middle, radius, 0, 2 * Math.PI);
      context.fill();
      break;
    case "failed": {
      const reach = size * 0.39;
      context.moveTo(middle, middle - reach);
      context.lineTo(middle + reach, middle);
      context.lineTo(middle, middle + reach);
      context.lineTo(middle - reach, middle);
      context.fill();
      break;
    }
    case "running":
      context.lineWidth = Math.max(1.6, size * 0.14);
      context.arc(middle, middle, radius, -0.5 * Math.PI, Math.PI);
      context.stroke();
      break;
    case "stale":
      context.moveTo(middle, middle - radius);
      context.lineTo(middle + radius, middle + radius * 0.8);
      context.lineTo(middle - radius, middle + radius * 0.8);
      context.closePath();
      context.stroke();
      break;
    case "missing":
      context.arc(middle, middle, radius * 0.62, 0, 2 * Math.PI);
      context.stroke();
      break;
  }
}
