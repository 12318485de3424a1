import type { KeyboardEvent } from "react";
import type { StepView } from "../../../../engine/operate.ts";
import { useNow } from "../../app/console.tsx";
import { durationText, msOf } from "../../design/format.ts";
import { progressText } from "../../design/progress-text.ts";
import { StatusIcon } from "../../design/status.tsx";
import type { RunState } from "../../live/models.ts";
import { type Attempt, readyAt } from "./attempts.ts";
import classes from "./run-timeline.module.css";
import { type TimeAxis, timeAxis } from "./time-axis.ts";
import { stepName } from "../../design/names.ts";

export interface RunTimelineProps {
  readonly state: RunState;
  readonly attempts: ReadonlyMap<number, readonly Attempt[]>;
  readonly chosen: number | null;
  readonly onChoose: (step: number | null) => void;
}

/**
 * A run's steps on one time axis: a thin line while a step waits, a bar an attempt. Rows are a listbox: arrows move,
 * Enter or a click shows the step's log below.
 */
export function RunTimeline({ state, attempts, chosen, onChoose }: RunTimelineProps) {
  const { run, progress } = state;
  const now = useNow(run.endedAt === null ? 500 : 3_600_000);
  const endMs = run.endedAt === null ? now : msOf(run.endedAt);
  const axis = timeAxis(msOf(run.createdAt), endMs);
  const move = (event: KeyboardEvent<HTMLElement>): void => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=option]")];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows[Math.min(rows.length - 1, Math.max(0, to))]?.focus();
  };
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
      <div role="listbox" aria-label="Steps" className={classes["rows"]} onKeyDown={move}>
        {run.steps.map((step) => (
          <Row
            key={step.step}
            step={step}
            run={{ readyMs: readyAt(step, run), nowMs: endMs }}
            axis={axis}
            attempts={attempts.get(step.step) ?? []}
            said={step.status === "running" ? progressText(progress.get(step.step) ?? {}) : ""}
            isChosen={chosen === step.step}
            isFirst={step.step === (chosen ?? 0)}
            onChoose={() => onChoose(chosen === step.step ? null : step.step)}
          />
        ))}
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
  readonly isChosen: boolean;
  readonly isFirst: boolean;
  readonly onChoose: () => void;
}

function Row({ step, run, axis, attempts, said, isChosen, isFirst, onChoose }: RowProps) {
  const startMs = msOf(step.startedAt);
  const endMs = step.endedAt === null ? run.nowMs : msOf(step.endedAt);
  const hasRun = !Number.isNaN(startMs);
  const took = hasRun ? durationText(endMs - startMs) : "";
  const name = `${stepName(step)}${step.partition === null ? "" : ` of ${step.partition}`}`;
  const bars: readonly Attempt[] =
    attempts.length > 0 || !hasRun
      ? attempts
      : [{ number: step.attempt, startMs, endMs: step.endedAt === null ? null : endMs, outcome: outcomeOf(step) }];
  return (
    <div
      role="option"
      aria-selected={isChosen}
      tabIndex={isFirst ? 0 : -1}
      className={classes["row"]}
      onClick={onChoose}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onChoose();
      }}
    >
      <span className={classes["name"]}>
        <StatusIcon word={step.status} label={step.status} />
        <span className={classes["words"]} title={name}>
          {stepName(step)}
          {step.partition !== null && <b> {step.partition}</b>}
        </span>
      </span>
      <span className={classes["lane"]}>
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
    </div>
  );
}

function outcomeOf(step: StepView): Attempt["outcome"] {
  switch (step.status) {
    case "succeeded":
    case "failed":
    case "canceled":
    case "skipped":
      return step.status;
    default:
      return "running";
  }
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
