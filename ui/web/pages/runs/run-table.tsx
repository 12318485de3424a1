import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useCallback, useEffect, useEffectEvent, useRef } from "react";
import type { RunView } from "../../../../engine/operate.ts";
import { useConsole } from "../../app/console.tsx";
import { shortId } from "../../design/format.ts";
import { Took, When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { useRowFocus } from "../../design/row-focus.ts";
import { Status } from "../../design/status.tsx";
import { StepBar } from "../../design/step-bar.tsx";
import type { RunListState } from "./use-run-list.ts";
import classes from "./run-table.module.css";
import { runName } from "../../design/names.ts";

export interface RunTableProps {
  readonly state: RunListState;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
}

const ROW_PX = 36;
/** Rows before the end at which the next page is asked for. */
const AHEAD = 30;

/** Runs of any number: rows that are seen are drawn, and the next page comes before the end is reached. */
export function RunTable({ state, selected, onSelect }: RunTableProps) {
  const { navigation } = useConsole();
  const runs = state.list?.runs ?? [];
  const scroller = useRef<HTMLDivElement>(null);
  const lastChosen = useRef<number | null>(null);
  const virtual = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (at) => runs[at]?.id ?? at,
  });
  const focusRow = useRowFocus({ virtual, scroller });
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  const more = useEffectEvent(() => state.loadMore());
  useEffect(() => {
    if (lastSeen >= runs.length - AHEAD) more();
  }, [lastSeen, runs.length]);

  const choose = (at: number, isRange: boolean): void => {
    const run = runs[at];
    if (run === undefined) return;
    const next = new Set(selected);
    const isOn = !selected.has(run.id);
    const from = isRange && lastChosen.current !== null ? lastChosen.current : at;
    for (const one of runs.slice(Math.min(from, at), Math.max(from, at) + 1)) {
      if (isOn) next.add(one.id);
      else next.delete(one.id);
    }
    lastChosen.current = at;
    onSelect(next);
  };
  const newestChoose = useRef(choose);
  useEffect(() => {
    newestChoose.current = choose;
  });
  const onChoose = useCallback((at: number, isRange: boolean) => newestChoose.current(at, isRange), []);
  const onKey = (event: KeyboardEvent<HTMLElement>): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    if (row === null || event.target !== row) return;
    const at = Number(row.dataset["index"]);
    if (event.key === "Enter") {
      const run = runs[at];
      if (run !== undefined) navigation.go({ page: "run", id: run.id });
    } else if (event.key === " ") choose(at, event.shiftKey);
    else {
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: runs.length - 1 }[event.key];
      if (to === undefined || to < 0 || to >= runs.length) return;
      focusRow(to);
    }
    event.preventDefault();
  };

  return (
    <div className={classes["frame"]}>
      <div className={classes["head"]} aria-hidden>
        <span />
        <span>Status</span>
        <span>What</span>
        <span>Why</span>
        <span>Steps</span>
        <span>Made</span>
        <span>Took</span>
        <span>Run</span>
      </div>
      <div ref={scroller} className={classes["scroller"]}>
        <div
          role="grid"
          aria-label="Runs"
          aria-rowcount={state.list?.nextCursor === null ? runs.length : -1}
          aria-multiselectable
          className={classes["rows"]}
          style={{ blockSize: virtual.getTotalSize() }}
          onKeyDown={onKey}
        >
          {items.map((item) => {
            const run = runs[item.index];
            if (run === undefined) return null;
            return (
              <Row
                key={run.id}
                run={run}
                index={item.index}
                top={item.start}
                isSelected={selected.has(run.id)}
                isFirst={item.index === (items[0]?.index ?? 0)}
                onChoose={onChoose}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  readonly run: RunView;
  readonly index: number;
  readonly top: number;
  readonly isSelected: boolean;
  readonly isFirst: boolean;
  readonly onChoose: (at: number, isRange: boolean) => void;
}

/** Drawn anew only where its run or its place changes: a list is scrolled and patched many times a second. */
const Row = memo(function Row({ run, index, top, isSelected, isFirst, onChoose }: RowProps) {
  const name = `${runName(run)}${run.partition === null ? "" : ` ${run.partition}`}`;
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      data-index={index}
      tabIndex={isFirst ? 0 : -1}
      className={classes["row"]}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${name}`}
          checked={isSelected}
          onChange={() => {}}
          onClick={(event) => onChoose(index, event.shiftKey)}
        />
      </span>
      <span role="gridcell">
        <Status word={run.status} />
      </span>
      <span role="gridcell" className={classes["clip"]} title={name}>
        <Link to={{ page: "run", id: run.id }}>
          {runName(run)}
          {run.partition !== null && <b> {run.partition}</b>}
          {run.partition === null && run.partitionCount > 1 && ` · ${run.partitionCount} partitions`}
        </Link>
      </span>
      <span role="gridcell" className={classes["soft"]} title={run.error?.message ?? run.waitingFor ?? run.reason}>
        {run.error?.message ?? run.waitingFor ?? run.reason}
      </span>
      <span role="gridcell">
        <StepBar counts={run.stepCounts} />
      </span>
      <span role="gridcell" className={classes["soft"]}>
        <When at={run.createdAt} />
      </span>
      <span role="gridcell" className={classes["soft"]}>
        <Took from={run.startedAt} to={run.endedAt} />
      </span>
      <span role="gridcell" className={classes["soft"]}>
        <code title={run.id}>{shortId(run.id)}</code>
      </span>
    </div>
  );
});
