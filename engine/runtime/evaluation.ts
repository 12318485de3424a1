import type { TickOutcome } from "../core/automation.ts";
import { EngineError } from "../core/errors.ts";
import type { LogLine } from "../core/events.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { StepLog } from "../core/run-context.ts";
import { bufferedLog } from "./step-log.ts";

/** What an evaluation came to, thrown errors included. */
export interface Evaluation {
  readonly result:
    | { readonly ok: true; readonly outcome: TickOutcome }
    | { readonly ok: false; readonly error: unknown };
  readonly log: readonly LogLine[];
  readonly startedAtMs: number;
}

export interface EvaluationParams {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal;
  readonly evaluate: (context: {
    readonly signal: AbortSignal;
    readonly log: StepLog;
  }) => Promise<TickOutcome> | TickOutcome;
}

export const EVALUATION_TIMEOUT_MS = 60_000;

/** Runs a sensor's or a schedule's code, with a time limit. Never rejects. */
export async function evaluateAutomation(params: EvaluationParams): Promise<Evaluation> {
  const { clock, scheduler } = params;
  const startedAtMs = clock.now();
  const lines: LogLine[] = [];
  const log = bufferedLog({ ordinal: 0, attempt: 0, clock, scheduler, write: (batch) => lines.push(...batch) });
  const timeout = new AbortController();
  const disarm = scheduler.after(EVALUATION_TIMEOUT_MS, () =>
    timeout.abort(
      new EngineError("timeout", `the evaluation took over ${EVALUATION_TIMEOUT_MS} ms`, { retryable: true }),
    ),
  );
  const signal = AbortSignal.any([params.signal, timeout.signal]);
  try {
    const evaluation = (async () => params.evaluate({ signal, log }))();
    const outcome = await Promise.race([evaluation, rejectOnAbort(signal)]);
    return { result: { ok: true, outcome }, log: [...lines, ...log.end()], startedAtMs };
  } catch (error) {
    return { result: { ok: false, error }, log: [...lines, ...log.end()], startedAtMs };
  } finally {
    disarm();
  }
}

/** Rejects when the signal aborts; never resolves. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
