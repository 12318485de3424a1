import type { LogLine, LogSource } from "../core/events.ts";
import { jsonText, type JsonObject } from "../core/json.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { LogLevel, StepLog } from "../core/run-context.ts";

/** Lines are written in batches; what a step says beyond these bounds is cut, with a notice. */
export const MAX_LOG_LINES = 20_000;
export const MAX_LOG_BYTES = 4 * 1024 * 1024;
const MAX_LINE_CHARACTERS = 16_000;
const MAX_FIELDS_CHARACTERS = 16_000;
const BATCH_LINES = 500;
const BATCH_DELAY_MS = 200;

export interface StepLogParams {
  readonly ordinal: number;
  readonly attempt: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly write: (lines: readonly LogLine[]) => void;
}

/** A line as it is kept, and whether it is the first one beyond the bounds. */
export interface BoundedLine {
  readonly message: string;
  readonly fields: JsonObject | null;
  readonly isOver: boolean;
}

/** Counts what an attempt says; null for all that comes after the first line beyond the bounds. */
export function logBound(): (message: unknown, fields: JsonObject | undefined) => BoundedLine | null {
  let lines = 0;
  let bytes = 0;
  return (message, given) => {
    if (lines > MAX_LOG_LINES || bytes > MAX_LOG_BYTES) return null;
    const text = typeof message === "string" ? message : String(message);
    const kept = text.length > MAX_LINE_CHARACTERS ? `${text.slice(0, MAX_LINE_CHARACTERS)}…` : text;
    const { text: facts, fields } = keptFields(given);
    lines++;
    bytes += Buffer.byteLength(kept) + Buffer.byteLength(facts);
    return { message: kept.toWellFormed(), fields, isOver: lines > MAX_LOG_LINES || bytes > MAX_LOG_BYTES };
  };
}

export interface BufferedLog extends StepLog {
  /** `source`: where the line stands in a container's log. */
  add(level: LogLevel, message: string, fields?: JsonObject, source?: LogSource): void;
  /** Hands over what waits now. */
  flush(): void;
  /** What was not written yet; nothing is taken after this. */
  end(): readonly LogLine[];
}

export function bufferedLog(params: StepLogParams): BufferedLog {
  const take = logBound();
  let waiting: LogLine[] = [];
  let ended = false;
  let disarm: (() => void) | null = null;

  const send = (): void => {
    disarm?.();
    disarm = null;
    const batch = waiting;
    waiting = [];
    if (batch.length > 0) params.write(batch);
  };

  const push = (line: Pick<LogLine, "level" | "message" | "fields" | "source">): void => {
    const { ordinal, attempt, clock } = params;
    waiting.push({ ordinal, attempt, atMs: clock.now(), ...line });
    if (waiting.length >= BATCH_LINES) send();
    else disarm ??= params.scheduler.after(BATCH_DELAY_MS, send);
  };

  const add: BufferedLog["add"] = (level, message, fields, source) => {
    const line = ended ? null : take(message, fields);
    if (line === null) return;
    const cut = `the log of this attempt is cut here: over ${MAX_LOG_LINES} lines or ${MAX_LOG_BYTES} bytes`;
    if (line.isOver) push({ level: "warning", message: cut, fields: null });
    else push({ level, message: line.message, fields: line.fields, ...(source === undefined ? {} : { source }) });
  };

  return {
    add,
    flush: send,
    debug: (message, fields) => add("debug", message, fields),
    info: (message, fields) => add("info", message, fields),
    warning: (message, fields) => add("warning", message, fields),
    error: (message, fields) => add("error", message, fields),
    end() {
      ended = true;
      disarm?.();
      disarm = null;
      return waiting;
    },
  };
}

/** The fields as they are now: code may go on changing its objects. */
function keptFields(fields: JsonObject | undefined): { readonly text: string; readonly fields: JsonObject | null } {
  if (fields === undefined) return { text: "", fields: null };
  const json = jsonText(fields);
  if (!json.ok) return { text: "", fields: { unreadable: `${json.path} is ${json.found}` } };
  const { text } = json;
  if (text.length > MAX_FIELDS_CHARACTERS) return { text: "", fields: { cut: `${text.length} characters of fields` } };
  return { text, fields: JSON.parse(text) as JsonObject };
}
