import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from "react";
import { When } from "../design/instant.tsx";
import { Icon } from "../design/icons.tsx";
import { useRowFocus } from "../design/row-focus.ts";
import { Status } from "../design/status.tsx";
import { noSelection, withCells } from "./cell-selection.ts";
import { cellName, type GridModel } from "./grid-model.ts";
import classes from "./matrix-list.module.css";
import { listOrder } from "./matrix-order.ts";

const ROW_PX = 32;
/** Of a window that was not measured yet. */
const FIRST_RECT = { width: 800, height: 640 };

/** The matrix as a list, one line a partition, with the same selection: for keyboard and screen reader, and for reading. */
export function MatrixList({ model }: { readonly model: GridModel }) {
  const { data, order, selection } = model;
  // Lines stay where they are while their words change: nothing moves under a finger.
  const cells = useMemo(() => listOrder(data, order), [data, order]);
  const scroller = useRef<HTMLDivElement>(null);
  const anchor = useRef(0);
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: cells.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    initialRect: FIRST_RECT,
    overscan: 10,
  });
  const focusRow = useRowFocus({ virtual, scroller });
  const between = (from: number, to: number): Int32Array => cells.subarray(Math.min(from, to), Math.max(from, to) + 1);
  const focus = (at: number): void => {
    setActive(at);
    focusRow(at);
  };
  const onClick = (at: number, event: MouseEvent): void => {
    setActive(at);
    const isMod = event.ctrlKey || event.metaKey;
    const chosen = event.shiftKey ? between(anchor.current, at) : cells.subarray(at, at + 1);
    if (!event.shiftKey) anchor.current = at;
    model.select(withCells(data, selection, { cells: chosen, change: isMod ? "toggle" : "replace" }));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -cells.length, End: cells.length };
    const step = steps[event.key as keyof typeof steps] as number | undefined;
    const isMod = event.ctrlKey || event.metaKey;
    if (step !== undefined) {
      const to = Math.max(0, Math.min(cells.length - 1, active + step));
      if (event.shiftKey) {
        model.select(withCells(data, selection, { cells: between(anchor.current, to), change: "replace" }));
      } else anchor.current = to;
      focus(to);
    } else if (event.key === " ") {
      anchor.current = active;
      model.select(withCells(data, selection, { cells: cells.subarray(active, active + 1), change: "toggle" }));
    } else if (isMod && event.key === "a") model.select(withCells(data, selection, { cells, change: "replace" }));
    else if (event.key === "Escape" && selection.count > 0) model.select(noSelection(data));
    else if (event.key === "Enter") model.open(cells[active] ?? 0);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={scroller} className={classes["scroller"]}>
      <div
        role="listbox"
        aria-label="Partitions"
        aria-multiselectable
        className={classes["rows"]}
        style={{ blockSize: virtual.getTotalSize() }}
        onKeyDown={onKeyDown}
      >
        {virtual.getVirtualItems().map(({ index, start }) => {
          const cell = cells[index] ?? 0;
          return (
            <Row
              key={cell}
              model={model}
              cell={cell}
              place={{ index, start, count: cells.length }}
              isActive={index === Math.min(active, cells.length - 1)}
              onClick={(event) => onClick(index, event)}
            />
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  readonly model: GridModel;
  readonly cell: number;
  readonly place: { readonly index: number; readonly start: number; readonly count: number };
  readonly isActive: boolean;
  readonly onClick: (event: MouseEvent) => void;
}

function Row({ model, cell, place, isActive, onClick }: RowProps) {
  const { data, selection } = model;
  const word = data.wordAt(Math.floor(cell / data.columns.length), cell % data.columns.length) ?? "missing";
  const seconds = data.at[cell] ?? 0;
  const isSelected = selection.bits[cell] === 1;
  return (
    <div
      role="option"
      aria-selected={isSelected}
      aria-posinset={place.index + 1}
      aria-setsize={place.count}
      data-index={place.index}
      tabIndex={isActive ? 0 : -1}
      className={classes["row"]}
      style={{ transform: `translateY(${place.start}px)` }}
      onClick={onClick}
      onDoubleClick={() => model.open(cell)}
    >
      <span aria-hidden className={classes["mark"]}>
        {isSelected && <Icon name="check" />}
      </span>
      <span className={classes["name"]} title={cellName(data, cell)}>
        {cellName(data, cell)}
      </span>
      <Status word={word} />
      <span className={classes["soft"]}>
        {seconds === 0 ? "never" : <When at={new Date(seconds * 1000).toISOString()} />}
      </span>
    </div>
  );
}
