import { pan, type Viewport, zoom } from "./viewport.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A pointer that moves less than this has tapped, px. */
const TAP_PX = 8;

/** Pointers on a drawing: one pans it, two fingers pan and zoom it around what lies between them, a tap chooses. */
export interface GraphGestures {
  down(pointer: number, at: Point): void;
  /** What is seen after the move; null where this pointer is not down. */
  move(pointer: number, params: { readonly at: Point; readonly view: Viewport }): Viewport | null;
  /** Whether it was a tap. */
  up(pointer: number): boolean;
  readonly cancel: () => void;
}

export function graphGestures(): GraphGestures {
  const points = new Map<number, Point>();
  let moved = 0;
  /** Whether two were down at once, so that the last one's end is no tap. */
  let isPinch = false;
  return {
    down(pointer, at) {
      if (points.size === 0) {
        moved = 0;
        isPinch = false;
      }
      // A third finger does nothing.
      if (points.size < 2) points.set(pointer, at);
      if (points.size === 2) isPinch = true;
    },
    move(pointer, { at, view }) {
      const before = points.get(pointer);
      if (before === undefined) return null;
      const [other] = [...points].flatMap(([id, point]) => (id === pointer ? [] : [point]));
      points.set(pointer, at);
      moved += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
      if (other === undefined) return pan(view, at.x - before.x, at.y - before.y);
      const middle = between(at, other);
      const from = between(before, other);
      const factor = distance(at, other) / Math.max(1, distance(before, other));
      return zoom(pan(view, middle.x - from.x, middle.y - from.y), { factor, ...middle });
    },
    up(pointer) {
      const wasDown = points.delete(pointer);
      return wasDown && !isPinch && moved < TAP_PX;
    },
    cancel: () => points.clear(),
  };
}

function between(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
