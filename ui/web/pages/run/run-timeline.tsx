import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useEffectEvent, useRef } from "react";
import type { StepView } from "../../../../engine/operate.ts";
import { useNow } from "../../app/console.tsx";
import { durationText, msOf } from "../../design/format.ts";
import { progressText } from "../../design/progress-text.ts";
import { useRowFocus } from "../../design/row-focus.ts";
import { StatusIcon } from "../../design/status.tsx";
import type { RunState } from "../../live/models.ts";
import { type Attempt, attemptsOfStep, readyAt } from "./attempts.ts";
import classes from "./run-timeline.module.css";
import { type TimeAxis, timeAxis } from "./time-axis.ts";
import { stepName } from "../../design/names.ts";
import type { RunSteps } from "./use-run-steps.ts";

export interface RunTimelineProps {
  readonly state: RunState;
  readonly steps: RunSteps;
  readonly attempts: ReadonlyMap<number, readonly Attempt[]>;
  readonly chosen: number | null;
  readonly onChoose: (step: number | null) => void;
}

const ROW_PX = 30;
const OVERSCAN = 12;

/**
 * A run's steps on one time axis: a thin line while a step waits, a bar an attempt. Rows that are seen are drawn, however
 * many there are. They are a listbox: arrows move, Enter or a click shows the step's log below.
 */
export function RunTimeline({ state, steps, attempts, chosen, onChoose }: RunTimelineProps) {
  const { run, progress } = state;
  const now = useNow(run.endedAt === null ? 500 : 3_600_000);
  const endMs = run.endedAt === null ? now : msOf(run.endedAt);
  const axis = timeAxis(msOf(run.createdAt), endMs);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: steps.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const focusRow = useRowFocus({ virtual, scroller });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const wantShown = useEffectEvent(() => steps.want(items.map(({ index }) => index)));
  useEffect(() => wantShown(), [first, last, steps.total]);
  const toChosen = useEffectEvent(() => {
    if (chosen !== null) virtual.scrollToIndex(chosen, { align: "auto" });
  });
  useEffect(() => toChosen(), [chosen]);
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const at = Number((event.target as HTMLElement).dataset["index"]);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: steps.total - 1 }[event.key];
    if (to === undefined || Number.isNaN(at)) return;
    event.preventDefault();
    const target = Math.min(steps.total - 1, Math.max(0, to));
    focusRow(target);
  };
  const reachable = chosen !== null && chosen >= first && chosen <= last ? chosen : first;
  return (
    <div className={classes["timeline"]}>
      <div className={classes["axis"]} aria-hidden>
        <span />
        <span className={classes["ticks"]}>
          {axis.ticks.map(({ ms, label }) => (
            <span key={ms} style={{ insetInlineStart: `${axis.place(ms)}%` }}>
              {label}
            </span>
          ))}
        </span>
        <span />
      </div>
      <div ref={scroller} className={classes["scroller"]}>
        <div
          role="listbox"
          aria-label="Steps"
          className={classes["rows"]}
          style={{ blockSize: virtual.getTotalSize() }}
          onKeyDown={move}
        >
          {items.map(({ index, start }) => {
            const step = steps.at(index);
            return (
              <div
                key={index}
                ref={virtual.measureElement}
                data-index={index}
                role="option"
                aria-selected={chosen === index}
                aria-setsize={steps.total}
                aria-posinset={index + 1}
                tabIndex={index === reachable ? 0 : -1}
                className={classes["row"]}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => onChoose(chosen === index ? null : index)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" && event.key !== " ") return;
                  event.preventDefault();
                  onChoose(chosen === index ? null : index);
                }}
              >
                {step === undefined ? (
                  <span className={classes["name"]}>Step {index} …</span>
                ) : (
                  <Row
                    step={step}
                    run={{ readyMs: readyAt(step, { createdAt: run.createdAt, stepAt: steps.at }), nowMs: endMs }}
                    axis={axis}
                    attempts={attempts.get(index) ?? []}
                    said={step.status === "running" ? progressText(progress.get(index) ?? {}) : ""}
                  />
                )}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  readonly step: StepView;
  readonly run: { readonly readyMs: number | null; readonly nowMs: number };
  readonly axis: TimeAxis;
  readonly attempts: readonly Attempt[];
  readonly said: string;
}

function Row({ step, run, axis, attempts, said }: RowProps) {
  const startMs = msOf(step.startedAt);
  const endMs = step.endedAt === null ? run.nowMs : msOf(step.endedAt);
  const hasRun = !Number.isNaN(startMs);
  const took = hasRun ? durationText(endMs - startMs) : "";
  const name = `${stepName(step)}${step.partition === null ? "" : ` of ${step.partition}`}`;
  const bars = attemptsOfStep(step, attempts);
  return (
    <>
      <span className={classes["name"]}>
        <StatusIcon word={step.status} label={step.status} />
        <span className={classes["words"]} title={name}>
          {stepName(step)}
          {step.partition !== null && <b> {step.partition}</b>}
        </span>
      </span>
      <span className={classes["lane"]} data-empty={!hasRun && run.readyMs === null}>
        {axis.ticks.map(({ ms }) => (
          <i key={ms} className={classes["tick"]} style={{ insetInlineStart: `${axis.place(ms)}%` }} />
        ))}
        <Wait axis={axis} fromMs={run.readyMs} toMs={hasRun ? startMs : endMs} />
        {bars.map((attempt) => (
          <AttemptBar key={attempt.number} attempt={attempt} axis={axis} nowMs={run.nowMs} />
        ))}
        {said !== "" && (
          <span className={classes["said"]} style={{ insetInlineEnd: `${Math.max(0, 100 - axis.place(startMs))}%` }}>
            {said}
          </span>
        )}
      </span>
      <span className={classes["took"]}>
        {step.attempt > 1 && <span title={`${step.attempt} attempts`}>×{step.attempt} </span>}
        {took === "" ? step.status : took}
      </span>
    </>
  );
}

function Wait({
  axis,
  fromMs,
  toMs,
}: {
  readonly axis: TimeAxis;
  readonly fromMs: number | null;
  readonly toMs: number;
}) {
  if (fromMs === null || toMs <= fromMs) return null;
  const start = axis.place(fromMs);
  return (
    <span
      className={classes["wait"]}
      title={`waited ${durationText(toMs - fromMs)}`}
      style={{ insetInlineStart: `${start}%`, inlineSize: `${axis.place(toMs) - start}%` }}
    />
  );
}

function AttemptBar({
  attempt,
  axis,
  nowMs,
}: {
  readonly attempt: Attempt;
  readonly axis: TimeAxis;
  readonly nowMs: number;
}) {
  const start = axis.place(attempt.startMs);
  const endMs = attempt.endMs ?? nowMs;
  return (
    <span
      className={`${classes["bar"]} ${classes[attempt.outcome]}`}
      title={`attempt ${attempt.number}: ${attempt.outcome}, ${durationText(endMs - attempt.startMs)}`}
      style={{ insetInlineStart: `${start}%`, inlineSize: `max(3px, ${axis.place(endMs) - start}%)` }}
    />
  );
}
