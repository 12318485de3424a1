import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useMemo, useRef, useState } from "react";
import type { LogLineView } from "../../../../engine/operate.ts";
import { useSearchText, useZone } from "../../app/console.tsx";
import { commandLine } from "../../app/command-lines.ts";
import { useShortcuts } from "../../app/shortcuts.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { SearchInput, Select } from "../../design/field.tsx";
import { clockText, counted } from "../../design/format.ts";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { AnsiText } from "./ansi-text.tsx";
import { filterLog, type LogLevel, logLevels, logText, nextError } from "./log-filter.ts";
import classes from "./log-view.module.css";
import { MAX_KEPT, useRunLog } from "./use-run-history.ts";
import { stepName } from "../../design/names.ts";
import type { RunSteps } from "./use-run-steps.ts";

export interface LogViewProps {
  readonly runId: string;
  readonly steps: RunSteps;
  /** Null: the log of all steps. */
  readonly step: number | null;
  readonly version: number;
  readonly isLive: boolean;
}

/** A line is as high as a target for a finger has to be (WCAG 2.2, 2.5.8). */
const LINE_PX = 24;
const OVERSCAN = 30;
/** This near to the end counts as being there. */
const END_PX = 40;

/** A log of any length: only what is seen is drawn. It follows its end until somebody scrolls away from it. */
export function LogView({ runId, steps, step, version, isLive }: LogViewProps) {
  const log = useRunLog(runId, { step, version });
  const [level, setLevel] = useSearchText("level");
  const [text, setText] = useSearchText("find");
  const [line, setLine] = useSearchText("line");
  const shown = useMemo(() => filterLog(log.items, { level: levelOf(level), text }), [log.items, level, text]);
  const scroller = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const [isFollowing, setFollowing] = useState(line === "");
  const [seen, setSeen] = useState(0);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    overscan: OVERSCAN,
    getItemKey: (at) => shown[at]?.id ?? at,
  });
  const items = virtual.getVirtualItems();
  const wantShown = useEffectEvent(() => {
    if (step === null) steps.want(items.flatMap(({ index }) => shown[index]?.step ?? []));
  });
  const first = items[0]?.index;
  const last = items.at(-1)?.index;
  useEffect(() => wantShown(), [first, last, shown.length]);
  const toEnd = useEffectEvent(() => {
    if (isFollowing && shown.length > 0) virtual.scrollToIndex(shown.length - 1, { align: "end" });
    if (isFollowing) setSeen(shown.length);
  });
  useEffect(() => toEnd(), [shown.length, isFollowing]);
  const toLinked = useEffectEvent(() => {
    const at = shown.findIndex(({ id }) => id === line);
    if (at >= 0) virtual.scrollToIndex(at, { align: "center" });
  });
  const isThere = line !== "" && log.items.some(({ id }) => id === line);
  useEffect(() => toLinked(), [line, isThere]);
  const goTo = (at: number): void => {
    const target = shown[at];
    if (target === undefined) return;
    setFollowing(false);
    setLine(target.id, { replace: true });
  };
  const current = shown.findIndex(({ id }) => id === line);
  useShortcuts({
    f: () => setFollowing(!isFollowing),
    n: () => goTo(nextError(shown, current, 1)),
    N: () => goTo(nextError(shown, current < 0 ? shown.length : current, -1)),
  });
  const errors = useMemo(() => shown.filter((one) => one.level === "error").length, [shown]);
  return (
    <div className={classes["log"]}>
      <div className={classes["tools"]}>
        <SearchInput
          label="Find, or /expression/"
          value={text}
          onChange={(event) => setText(event.target.value, { replace: true })}
        />
        <Select
          aria-label="Level"
          value={levelOf(level)}
          options={[
            { value: "debug", label: "All levels" },
            { value: "info", label: "Info and above" },
            { value: "warning", label: "Warnings and errors" },
            { value: "error", label: "Errors" },
          ]}
          onChange={(next) => setLevel(next === "debug" ? undefined : next)}
        />
        <span className={classes["count"]} role="status">
          {counted(shown.length, "line")}
          {shown.length < log.items.length && ` of ${log.items.length}`}
        </span>
        {errors > 0 && (
          <Button tone="quiet" onClick={() => goTo(nextError(shown, current, 1))} title="n and N">
            Next of {counted(errors, "error")}
          </Button>
        )}
        <span className={classes["right"]}>
          {isLive && (
            <Button
              icon={isFollowing ? "pause" : "down"}
              aria-pressed={isFollowing}
              onClick={() => setFollowing(!isFollowing)}
            >
              {isFollowing ? "Following" : shown.length > seen ? `${shown.length - seen} new lines` : "Follow"}
            </Button>
          )}
          <IconButton
            icon="download"
            label="Download these lines"
            onClick={() => download(logText(shown), `run-${runId}${step === null ? "" : `-step-${step}`}.log`)}
          />
        </span>
      </div>
      {log.error !== null && <Trouble title="The log cannot be read" message={log.error} />}
      {log.isCut && (
        <p className={classes["cut"]}>
          These are the first {MAX_KEPT} lines. The rest: <code>{commandLine("logs", runId)}</code>
        </p>
      )}
      <div
        ref={scroller}
        className={classes["scroller"]}
        data-empty={shown.length === 0 && !log.isLoading}
        // A region that scrolls has to be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-label={step === null ? "Log of the run" : `Log of step ${step}`}
        onScroll={({ currentTarget: box }) => {
          const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < END_PX;
          // Only a reader moves up.
          if (isAtEnd) setFollowing(true);
          else if (box.scrollTop < lastTop.current) setFollowing(false);
          lastTop.current = box.scrollTop;
        }}
      >
        {log.items.length === 0 && log.isLoading && <Skeleton lines={5} />}
        {shown.length === 0 && !log.isLoading && (
          <Empty title={log.items.length === 0 ? "Nothing was logged" : "No line matches"} />
        )}
        <div className={classes["lines"]} style={{ blockSize: virtual.getTotalSize() }}>
          {items.map((item) => {
            const one = shown[item.index];
            if (one === undefined) return null;
            return (
              <div
                key={item.key}
                data-index={item.index}
                ref={virtual.measureElement}
                className={classes["place"]}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Line
                  line={one}
                  isLinked={one.id === line}
                  label={step === null ? stepLabel(steps, one.step) : null}
                  onLink={() => goTo(item.index)}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface LineProps {
  readonly line: LogLineView;
  readonly isLinked: boolean;
  /** Which step it is of, where several are shown. */
  readonly label: string | null;
  readonly onLink: () => void;
}

function Line({ line, isLinked, label, onLink }: LineProps) {
  const zone = useZone();
  return (
    <div className={`${classes["line"]} ${classes[line.level] ?? ""} ${isLinked ? classes["linked"] : ""}`}>
      <button type="button" className={classes["time"]} title="Link to this line" onClick={onLink}>
        {clockText(Date.parse(line.at), zone)}
      </button>
      <span className={classes["level"]}>{line.level === "warning" ? "warn" : line.level}</span>
      {label !== null && <span className={classes["step"]}>{label}</span>}
      <span className={classes["message"]}>
        <AnsiText text={line.message} />
        {line.fields !== null && <span className={classes["fields"]}> {JSON.stringify(line.fields)}</span>}
      </span>
    </div>
  );
}

function stepLabel(steps: RunSteps, ordinal: number): string {
  const step = steps.at(ordinal);
  if (step === undefined) return `step ${ordinal}`;
  const name = stepName(step).split("/").at(-1) ?? "";
  return step.partition === null ? name : `${name} ${step.partition}`;
}

function levelOf(text: string): LogLevel {
  return logLevels.find((level) => level === text) ?? "debug";
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
