import { systemClock, systemScheduler } from "../adapters/system-clock.ts";
import type { JsonObject } from "../core/json.ts";
import type { LogLevel, RunContext } from "../core/run-context.ts";
import type { CodeOwner } from "./code-scopes.ts";
import { keptObject, MAX_PROGRESS_CHARACTERS } from "./kept-outputs.ts";
import { logBound } from "./step-log.ts";
import type { FromWorker } from "./worker-step.ts";

/**
 * What a step's code in a worker says while it runs. All of it is bounded here already: what waits to be heard on the
 * engine's thread takes memory there.
 */
export interface Sending extends Pick<RunContext, "log" | "report"> {
  /** Is told of errors that the code did not catch. */
  readonly owner: CodeOwner;
  /** Sends the newest report, where it waits. */
  flush(): void;
}

export type Send = (message: FromWorker) => void;

/** Reports are sent at most so often, the newest in place of those before it. */
const REPORT_INTERVAL_MS = 100;
/** The first ends the attempt; more than that tell nothing new. */
const MAX_STRAYS = 20;

export function openSending(send: Send): Sending {
  const { report, flush } = throttledReports(send);
  const log = boundedLog(send);
  let strays = 0;
  return {
    log: { debug: log("debug"), info: log("info"), warning: log("warning"), error: log("error") },
    report,
    flush,
    owner(message, error) {
      const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : null;
      if (++strays <= MAX_STRAYS) send({ type: "stray", message, stack });
    },
  };
}

function boundedLog(send: Send) {
  const take = logBound();
  return (level: LogLevel) =>
    (message: string, fields?: JsonObject): void => {
      const line = take(message, fields);
      if (line === null) return;
      send({ type: "log", level, message: line.message, ...(line.fields === null ? {} : { fields: line.fields }) });
    };
}

function throttledReports(send: Send): Pick<Sending, "report" | "flush"> {
  const clock = systemClock();
  let waiting: JsonObject | null = null;
  let disarm: (() => void) | null = null;
  let sentAtMs = -Infinity;
  const flush = (): void => {
    disarm?.();
    disarm = null;
    if (waiting === null) return;
    sentAtMs = clock.monotonic();
    send({ type: "report", progress: waiting });
    waiting = null;
  };
  return {
    flush,
    report(progress) {
      waiting = keptObject(progress, { what: "the report", max: MAX_PROGRESS_CHARACTERS });
      const leftMs = sentAtMs + REPORT_INTERVAL_MS - clock.monotonic();
      if (leftMs <= 0) flush();
      else disarm ??= systemScheduler().after(leftMs, flush);
    },
  };
}
