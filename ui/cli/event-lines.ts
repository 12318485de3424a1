import type { Clock, Engine, EventEvaluation, RecordedEvent, RunView, Scheduler } from "../../engine/operate.ts";
import { runName } from "./names.ts";
import { cut, runTime } from "./table.ts";
import { printable, type Style, type Terminal } from "./terminal.ts";

const FLUSH_INTERVAL_MS = 100;
/** Lines in one flush; in a storm the rest is counted. */
const MAX_LINES = 20;
const MAX_REASON_CHARACTERS = 300;

export interface EventLinesParams {
  readonly engine: Engine;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Put before each line where several projects run. */
  readonly label: string;
}

/** Writes a line for each run that starts or ends, for each step that fails and each check that does not pass. Returns how to stop, which writes what waits. */
export function printEvents({ engine, terminal, clock, scheduler, label }: EventLinesParams): () => void {
  let waiting: WaitingLine[] = [];
  let leftOut = 0;
  let cancel: (() => void) | null = null;

  const flush = (): void => {
    cancel = null;
    const lines = waiting;
    waiting = [];
    for (const { event, run } of lines) print(event, run);
    if (leftOut > 0) terminal.line(terminal.style("dim", `          … and ${leftOut} more; see the page`));
    leftOut = 0;
  };

  const print = (event: RecordedEvent, run: RunView): void => {
    const told = tell(event, { run, nowMs: clock.now() });
    if (told === null) return;
    const at = new Date(event.atMs).toTimeString().slice(0, 8);
    const what = [label, runName(run), partitionOf(run)].filter((part) => part !== "").join("  ");
    if (terminal.isJson) {
      terminal.json({
        at: new Date(event.atMs).toISOString(),
        type: event.type,
        run: run.id,
        job: run.job,
        partition: run.partition,
        message: told.text,
      });
      return;
    }
    terminal.line(
      `${terminal.style("dim", at)}  ${terminal.style(told.style, told.mark)} ${printable(what)}  ${printable(told.text)}`,
    );
  };

  const stop = engine.onCommit((events) => {
    for (const event of events) {
      if (!isTold(event)) continue;
      if (waiting.length >= MAX_LINES) {
        leftOut += 1;
        continue;
      }
      // Looked up now: at the end of all, the record is closed before the last lines are written.
      const [run] = "runId" in event ? engine.queries.runsByIds([event.runId]) : [];
      if (run !== undefined) waiting.push({ event, run });
    }
    if (waiting.length > 0) cancel ??= scheduler.after(FLUSH_INTERVAL_MS, flush);
  });
  return () => {
    stop();
    cancel?.();
    if (waiting.length > 0) flush();
  };
}

interface WaitingLine {
  readonly event: RecordedEvent;
  readonly run: RunView;
}

const toldTypes: ReadonlySet<RecordedEvent["type"]> = new Set([
  "run.started",
  "run.succeeded",
  "run.failed",
  "run.canceled",
  "step.failed",
]);

function isTold(event: RecordedEvent): boolean {
  return event.type === "check.evaluated" ? isPlainFailure(event.data) : toldTypes.has(event.type);
}

/** A check that did not pass, where its step does not fail over it and tell by itself. */
function isPlainFailure({ outcome, blocking }: EventEvaluation): boolean {
  return outcome === "warned" || (outcome === "failed" && !blocking);
}

interface Told {
  readonly mark: string;
  readonly style: Style;
  readonly text: string;
}

function tell(event: RecordedEvent, { run, nowMs }: { run: RunView; nowMs: number }): Told | null {
  switch (event.type) {
    case "run.started":
      return { mark: "▶", style: "cyan", text: cut(run.reason, MAX_REASON_CHARACTERS) };
    case "run.succeeded": {
      const skipped = run.stepCounts.skipped ?? 0;
      return { mark: "✔", style: "green", text: `${runTime(run, nowMs)}${skipped > 0 ? `, ${skipped} skipped` : ""}` };
    }
    case "run.failed":
      return { mark: "✖", style: "red", text: `failed after ${runTime(run, nowMs) || "no time"}` };
    case "run.canceled":
      return { mark: "■", style: "yellow", text: `canceled: ${event.data.reason}` };
    case "step.failed":
      return { mark: "✖", style: "red", text: cut(event.data.error.message, MAX_REASON_CHARACTERS) };
    case "check.evaluated": {
      const { check, outcome, description } = event.data;
      const text = `${check} ${outcome}${description === "" ? "" : `: ${description}`}`;
      return { mark: "!", style: outcome === "warned" ? "yellow" : "red", text: cut(text, MAX_REASON_CHARACTERS) };
    }
    default:
      return null;
  }
}

function partitionOf(run: RunView): string {
  if (run.partitionParts !== null) return Object.values(run.partitionParts).join(" → ");
  if (run.partition !== null) return run.partition;
  return run.partitionCount > 1 ? `${run.partitionCount} partitions` : "";
}
