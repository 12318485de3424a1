import type { TickOutcome } from "../core/automation.ts";
import { abortReason } from "../core/abort-reason.ts";
import { EngineError } from "../core/errors.ts";
import type { LogLine } from "../core/events.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { StepLog } from "../core/run-context.ts";
import { readOutcome } from "../core/tick-outcome.ts";
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
  /** User code: what it returns is looked at closely. */
  readonly evaluate: (context: { readonly signal: AbortSignal; readonly log: StepLog }) => unknown;
}

export const EVALUATION_TIMEOUT_MS = 60_000;

/** Runs a sensor's or a schedule's code, with a time limit. Never rejects. */
export async function evaluateAutomation(params: EvaluationParams): Promise<Evaluation> {
  const { clock, scheduler } = params;
  const startedAtMs = clock.now();
  const lines: LogLine[] = [];
  const log = bufferedLog({ ordinal: 0, attempt: 0, clock, scheduler, write: (batch) => lines.push(...batch) });
  const limit = limitedSignal(params);
  try {
    const evaluation = (async () => params.evaluate({ signal: limit.signal, log }))();
    const outcome = readOutcome(await Promise.race([evaluation, rejectOnAbort(limit.signal)]));
    return { result: { ok: true, outcome }, log: [...lines, ...log.end()], startedAtMs };
  } catch (error) {
    return { result: { ok: false, error }, log: [...lines, ...log.end()], startedAtMs };
  } finally {
    limit[Symbol.dispose]();
  }
}

/**
 * A signal that aborts with the engine's, or when the time is over. `AbortSignal.any` would hang on the engine's signal
 * for as long as the engine runs, once for every evaluation.
 */
function limitedSignal({ signal, scheduler }: EvaluationParams): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const onStop = (): void => abort.abort(signal.reason);
  const disarm = scheduler.after(EVALUATION_TIMEOUT_MS, () =>
    abort.abort(
      new EngineError("timeout", `the evaluation took over ${EVALUATION_TIMEOUT_MS} ms`, { retryable: true }),
    ),
  );
  if (signal.aborted) onStop();
  else signal.addEventListener("abort", onStop, { once: true });
  return {
    signal: abort.signal,
    [Symbol.dispose]() {
      disarm();
      signal.removeEventListener("abort", onStop);
    },
  };
}

/** Rejects when the signal aborts; never resolves. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(abortReason(signal));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}
