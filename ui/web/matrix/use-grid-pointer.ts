import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import { type CellPlace, type GridHit, hitAt, nearestSlot } from "./grid-geometry.ts";
import type { HeldKeys } from "./grid-gestures.ts";
import type { PaintedGrid } from "./use-painter.ts";

export interface HoveredCell {
  readonly place: CellPlace;
  /** The cell's box in the frame, px. */
  readonly at: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

interface GridPointerParams {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly grid: PaintedGrid;
  readonly onClick: (hit: GridHit, held: HeldKeys) => void;
  readonly onRectangle: (from: CellPlace, to: CellPlace, held: HeldKeys) => void;
  readonly onOpen: (place: CellPlace) => void;
}

type Gesture =
  | { readonly type: "pan"; x: number; y: number }
  | { readonly type: "press"; readonly x: number; readonly y: number; readonly hit: GridHit }
  | { readonly type: "rectangle"; readonly from: Slot; to: Slot };

interface Slot {
  readonly line: number;
  readonly slot: number;
}

/** How far a pressed pointer moves before it draws a rectangle, px. */
const DRAG_PX = 4;
/** How long a pointer rests before the card shows, and how long the card stays after it left. */
const REST_MS = 140;
const LEAVE_MS = 220;

/**
 * The pointer over a grid: it hovers, clicks, draws rectangles, and pans with the middle button or with space held. Touch
 * scrolls as everywhere, and a tap is a click that adds and shows the cell's card.
 */
export function useGridPointer({ scroller, grid, onClick, onRectangle, onOpen }: GridPointerParams) {
  const [hover, setHover] = useState<HoveredCell | null>(null);
  const gesture = useRef<Gesture | null>(null);
  const space = useRef<{ hasPanned: boolean } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const { geometry, view, point } = grid;

  const pointOf = (event: { clientX: number; clientY: number }): { x: number; y: number } => {
    const box = scroller.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const heldOf = (event: PointerEvent): HeldKeys => ({
    shift: event.shiftKey,
    mod: event.ctrlKey || event.metaKey || event.pointerType === "touch",
  });
  const later = (ms: number, next: HoveredCell | null): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setHover(next), ms);
  };
  const endHover = (): void => {
    point({ hover: null });
    later(LEAVE_MS, null);
  };

  const hoverAt = (event: PointerEvent): void => {
    const hit = hitAt(geometry, view(), pointOf(event));
    if (hit.type !== "cell") {
      endHover();
      return;
    }
    const before = grid.pointed().hover;
    if (before?.row === hit.place.row && before.column === hit.place.column) return;
    point({ hover: hit.place });
    later(REST_MS, { place: hit.place, at: boxOf(hit.place) });
  };
  const boxOf = (place: CellPlace): HoveredCell["at"] => {
    const { line, slot } = geometry.slotOf(place);
    const { left, top } = view();
    return {
      left: geometry.headWidth + slot * geometry.slotWidth - left,
      top: geometry.headHeight + line * geometry.slotHeight - top,
      width: geometry.slotWidth,
      height: geometry.slotHeight,
    };
  };

  const drag = (event: PointerEvent, under: Gesture): void => {
    const here = pointOf(event);
    if (under.type === "pan") {
      scroller.current?.scrollBy(under.x - here.x, under.y - here.y);
      gesture.current = { type: "pan", ...here };
      return;
    }
    const to = nearestSlot(geometry, view(), here);
    if (under.type === "press") {
      if (Math.hypot(here.x - under.x, here.y - under.y) < DRAG_PX || under.hit.type !== "cell") return;
      gesture.current = { type: "rectangle", from: geometry.slotOf(under.hit.place), to };
      clearTimeout(timer.current);
      setHover(null);
    } else under.to = to;
    if (gesture.current?.type === "rectangle") point({ hover: null, drag: gesture.current });
    scrollAtEdge(here);
  };
  const scrollAtEdge = ({ x, y }: { x: number; y: number }): void => {
    const { width, height } = view();
    const beyond = (at: number, from: number, to: number): number => (at < from ? at - from : at > to ? at - to : 0);
    const dx = beyond(x, geometry.headWidth, width);
    const dy = beyond(y, geometry.headHeight, height);
    if (dx !== 0 || dy !== 0) scroller.current?.scrollBy(dx, dy);
  };

  const end = (event: PointerEvent): void => {
    const done = gesture.current;
    gesture.current = null;
    if (done?.type === "press") onClick(done.hit, heldOf(event));
    if (done?.type !== "rectangle") return;
    point({ drag: null });
    const from = geometry.cellAt(done.from.line, done.from.slot);
    const to = lastPlace(done.to);
    if (from !== null && to !== null) onRectangle(from, to, heldOf(event));
  };
  /** A rectangle may end on the empty part of a last line. */
  const lastPlace = ({ line, slot }: Slot): CellPlace | null => {
    for (let at = slot; at >= 0; at--) {
      const place = geometry.cellAt(line, at);
      if (place !== null) return place;
    }
    return null;
  };

  return {
    hover,
    endHover,
    keepHover: () => clearTimeout(timer.current),
    holdSpace: () => (space.current ??= { hasPanned: false }),
    /** Whether it was a press of the key alone. */
    releaseSpace: (): boolean => {
      const held = space.current;
      space.current = null;
      return held !== null && !held.hasPanned;
    },
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        if (event.pointerType === "touch") return;
        const here = pointOf(event);
        if (event.button === 1 || (event.button === 0 && space.current !== null)) {
          if (space.current !== null) space.current.hasPanned = true;
          gesture.current = { type: "pan", ...here };
          event.preventDefault();
        } else if (event.button === 0 && isOnContent(scroller.current, here)) {
          gesture.current = { type: "press", ...here, hit: hitAt(geometry, view(), here) };
        } else return;
        scroller.current?.setPointerCapture(event.pointerId);
      },
      onPointerMove: (event: PointerEvent) => {
        if (gesture.current !== null) drag(event, gesture.current);
        else if (event.pointerType !== "touch") hoverAt(event);
      },
      onPointerUp: (event: PointerEvent) => end(event),
      onPointerCancel: () => {
        gesture.current = null;
        point({ drag: null });
      },
      onPointerLeave: endHover,
      onScroll: () => {
        if (hover !== null) setHover(null);
      },
      onClick: (event: React.MouseEvent) => {
        // A tap: pointers with buttons were heard above.
        const { pointerType } = event.nativeEvent as unknown as { pointerType?: string };
        if (pointerType !== "touch") return;
        const hit = hitAt(geometry, view(), pointOf(event));
        onClick(hit, { shift: false, mod: true });
        clearTimeout(timer.current);
        setHover(hit.type === "cell" ? { place: hit.place, at: boxOf(hit.place) } : null);
      },
      onDoubleClick: (event: React.MouseEvent) => {
        const hit = hitAt(geometry, view(), pointOf(event));
        if (hit.type === "cell") onOpen(hit.place);
      },
    },
  };
}

/** Not on a scroll bar. */
function isOnContent(element: HTMLElement | null, { x, y }: { x: number; y: number }): boolean {
  return element !== null && x < element.clientWidth && y < element.clientHeight;
}
