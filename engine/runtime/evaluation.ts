import type { TickOutcome } from "../core/automation.ts";
import { abortReason } from "../core/abort-reason.ts";
import { EngineError } from "../core/errors.ts";
import type { LogLine } from "../core/events.ts";
import type { Clerk } from "../core/ports/clerk.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { StepLog } from "../core/run-context.ts";
import type { ResourceMap } from "../core/resources.ts";
import { readOutcome } from "../core/tick-outcome.ts";
import { type CodeOwner, type CodeScopes, scopedSignal } from "./code-scopes.ts";
import type { ResourcePool } from "./resource-pool.ts";
import { bufferedLog } from "./step-log.ts";

/** What an evaluation came to, thrown errors included. */
export interface Evaluation {
  readonly result:
    | { readonly ok: true; readonly outcome: TickOutcome }
    | { readonly ok: false; readonly error: unknown };
  readonly log: readonly LogLine[];
  readonly startedAtMs: number;
}

/** What evaluations stand on. */
export interface EvaluationBasis {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly resources: ResourcePool;
  readonly scopes: CodeScopes;
  readonly clerk: Clerk;
  readonly onInternalError: (error: unknown) => void;
}

export interface EvaluationParams extends EvaluationBasis {
  readonly automation: { readonly name: string; readonly resources: ResourceMap };
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal;
  /** User code: what it returns is looked at closely. */
  readonly evaluate: (context: EvaluationContext) => unknown;
}

export interface EvaluationContext {
  readonly signal: AbortSignal;
  readonly log: StepLog;
  readonly resources: Readonly<Record<string, unknown>>;
}

export const EVALUATION_TIMEOUT_MS = 60_000;

/** Runs a sensor's or a schedule's code, with a time limit. Never rejects. */
export async function evaluateAutomation(params: EvaluationParams): Promise<Evaluation> {
  const { clock, scheduler, scopes, automation } = params;
  const startedAtMs = clock.now();
  const lines: LogLine[] = [];
  const log = bufferedLog({ ordinal: 0, attempt: 0, clock, scheduler, write: (batch) => lines.push(...batch) });
  const limit = limitedSignal(params);
  const owner = automationOwner(automation.name, params);
  const scoped = scopedSignal(limit.signal, { scopes, owner });
  const evaluate = async (): Promise<unknown> => {
    const resources = await params.resources.values(automation.resources, limit);
    // What was opened too late is nobody's, and the code's turn is over.
    if (limit.signal.aborted) await params.resources.closeFor(limit);
    limit.signal.throwIfAborted();
    const leave = params.clerk.enter({ label: automation.name, tell: tellBlocked(automation.name, params) });
    try {
      return await scopes.run(owner, () => params.evaluate({ signal: scoped.signal, log, resources }));
    } finally {
      leave();
    }
  };
  try {
    const outcome = readOutcome(await Promise.race([evaluate(), rejectOnAbort(limit.signal)]));
    return { result: { ok: true, outcome }, log: [...lines, ...log.end()], startedAtMs };
  } catch (error) {
    return { result: { ok: false, error }, log: [...lines, ...log.end()], startedAtMs };
  } finally {
    limit[Symbol.dispose]();
    void params.resources.closeFor(limit);
  }
}

/** Tells an error that a sensor's or a schedule's code did not catch. */
export function automationOwner(
  name: string,
  { onInternalError }: Pick<EvaluationBasis, "onInternalError">,
): CodeOwner {
  return (message) => onInternalError(new EngineError("user_code", `${name}: ${message}`));
}

function tellBlocked(name: string, { onInternalError }: EvaluationBasis): (message: string) => void {
  return (message) => onInternalError(new EngineError("user_code", `${name}: ${message}`));
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
