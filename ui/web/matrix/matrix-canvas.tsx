import { useEffect, useEffectEvent, useId, useRef, useState } from "react";
import { CellCard } from "./cell-card.tsx";
import { wordText } from "./cell-words.ts";
import { type CellPlace, contentSize, neighbour, scrollToShow } from "./grid-geometry.ts";
import { afterAll, afterClick, afterRectangle, stepOf } from "./grid-gestures.ts";
import { cellIndex, cellName, type GeometryFor, type GridModel } from "./grid-model.ts";
import classes from "./matrix-canvas.module.css";
import { useGridPointer } from "./use-grid-pointer.ts";
import { usePainter } from "./use-painter.ts";

export interface MatrixCanvasProps {
  readonly model: GridModel;
  readonly geometryFor: GeometryFor;
  /** Whether cells are wide and hold their key. */
  readonly hasLabels: boolean;
  readonly assetKey: string;
  readonly onZoom: (steps: number) => void;
}

/**
 * The matrix as a picture in a window that scrolls as any other does (wheel, bars, touch). For the keyboard it is a grid
 * with one cell in the document: the one that the cursor is at.
 */
export function MatrixCanvas({ model, geometryFor, hasLabels, assetKey, onZoom }: MatrixCanvasProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const grid = usePainter({ scroller, canvas, model, geometryFor, hasLabels });
  const [cursor, setCursor] = useState<CellPlace | null>(null);
  const [hasFocus, setFocus] = useState(false);
  const anchor = useRef<CellPlace | null>(null);
  const id = useId();
  const { geometry, point, view } = grid;
  const moveTo = (place: CellPlace): void => {
    setCursor(place);
    if (hasFocus) point({ cursor: place });
  };
  const pointer = useGridPointer({
    scroller,
    grid,
    onClick: (hit, held) => {
      model.select(afterClick(model, { geometry, hit, anchor: anchor.current, held }));
      const place = hit.type === "cell" ? hit.place : hit.type === "row" ? { row: hit.row, column: 0 } : null;
      const at = hit.type === "column" ? { row: 0, column: hit.column } : place;
      if (at === null) return;
      if (!held.shift) anchor.current = at;
      setCursor(at);
    },
    onRectangle: (from, to, held) => {
      anchor.current = from;
      setCursor(to);
      model.select(afterRectangle(model, { geometry, from, to, held }));
    },
    onOpen: (place) => model.open(cellIndex(model, place.row, place.column)),
  });

  const zoom = useEffectEvent(onZoom);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    // React's own listener is passive: it cannot keep the page from zooming.
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? 1 : -1);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, []);

  const at = cursor ?? { row: 0, column: 0 };
  const step = (to: CellPlace, isExtending: boolean): void => {
    scroller.current?.scrollTo(scrollToShow(geometry, view(), to));
    moveTo(to);
    if (!isExtending) {
      anchor.current = to;
      return;
    }
    const held = { shift: true, mod: false };
    model.select(afterRectangle(model, { geometry, from: anchor.current ?? at, to, held }));
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const isMod = event.ctrlKey || event.metaKey;
    const lines = Math.max(1, Math.floor((view().height - geometry.headHeight) / geometry.slotHeight) - 1);
    const move = stepOf(isMod ? `mod+${event.key}` : event.key, lines);
    if (move !== null) step(neighbour(geometry, at, move), event.shiftKey);
    else if (event.key === "Enter") model.open(cellIndex(model, at.row, at.column));
    else if (event.key === "Escape" && model.selection.count > 0) {
      model.select(afterClick(model, { geometry, hit: { type: "nothing" }, anchor: null, held: none }));
    } else if (isMod && event.key === "a") model.select(afterAll(model));
    else if (event.key === " ") pointer.holdSpace();
    else return;
    event.preventDefault();
  };
  const onKeyUp = (event: React.KeyboardEvent): void => {
    if (event.key !== " " || !pointer.releaseSpace()) return;
    const hit = event.shiftKey
      ? ({ type: "row", row: at.row } as const)
      : event.ctrlKey
        ? ({ type: "column", column: at.column } as const)
        : ({ type: "cell", place: at } as const);
    anchor.current = at;
    model.select(afterClick(model, { geometry, hit, anchor: null, held: { shift: false, mod: true } }));
  };

  const { data, order } = model;
  const size = contentSize(geometry);
  const current = cellIndex(model, at.row, at.column);
  const isPlain = data.columnDimension === null;
  return (
    <div className={classes["frame"]}>
      <div
        ref={scroller}
        className={classes["scroller"]}
        role="grid"
        tabIndex={0}
        aria-label={`Partitions by ${isPlain ? data.rowDimension : `${data.rowDimension} and ${data.columnDimension}`}`}
        aria-rowcount={order.rows.length}
        aria-colcount={isPlain ? 1 : order.columns.length}
        aria-multiselectable
        aria-activedescendant={id}
        onKeyDown={onKeyDown}
        onKeyUp={onKeyUp}
        onFocus={() => {
          setFocus(true);
          point({ cursor: scroller.current?.matches(":focus-visible") === true ? at : null });
        }}
        onBlur={() => {
          setFocus(false);
          point({ cursor: null });
        }}
        {...pointer.handlers}
      >
        <canvas ref={canvas} aria-hidden className={classes["canvas"]} />
        <div aria-hidden className={classes["space"]} style={{ inlineSize: size.width, blockSize: size.height }} />
        <div role="row" aria-rowindex={at.row + 1} className="only-read-aloud">
          <span
            role="gridcell"
            id={id}
            aria-colindex={at.column + 1}
            aria-selected={model.selection.bits[current] === 1}
          >
            {cellName(data, current)}: {wordText(data.wordAt(order.rows[at.row] ?? 0, order.columns[at.column] ?? 0))}
          </span>
        </div>
      </div>
      {pointer.hover !== null && (
        <CellCard
          key={cellIndex(model, pointer.hover.place.row, pointer.hover.place.column)}
          model={model}
          cell={cellIndex(model, pointer.hover.place.row, pointer.hover.place.column)}
          assetKey={assetKey}
          at={pointer.hover.at}
          onEnter={pointer.keepHover}
          onLeave={pointer.endHover}
        />
      )}
    </div>
  );
}

const none = { shift: false, mod: false } as const;
