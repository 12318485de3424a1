import { EngineError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import type { Scheduler } from "../core/ports/time.ts";

export interface AbandonmentParams {
  readonly signal: AbortSignal;
  readonly scheduler: Scheduler;
  /** How long code may go on after its signal aborted. */
  readonly graceMs: number;
  readonly onAbandoned: (message: string) => void;
  /** Code that was abandoned has settled at last. */
  readonly onLate: (how: string) => void;
}

/** Thrown in place of what abandoned code would have come to. */
export class AbandonedError extends EngineError {
  constructor(message: string) {
    super("canceled", message);
    this.name = "AbandonedError";
  }
}

const ABANDONED = Symbol("abandoned");

/**
 * Waits for code, but once its signal has aborted only for the grace (design §3.8); then it throws `AbandonedError`. Code on
 * the engine's thread cannot be ended: it is heard of again when it settles.
 */
export async function untilAbandoned<T>(code: Promise<T>, params: AbandonmentParams): Promise<T> {
  const { signal, scheduler, graceMs } = params;
  const abandoned = Promise.withResolvers<typeof ABANDONED>();
  let disarm = (): void => {};
  const onAbort = (): void => {
    disarm = scheduler.after(graceMs, () => abandoned.resolve(ABANDONED));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    const first = await Promise.race([code, abandoned.promise]);
    if (first !== ABANDONED) return first;
  } finally {
    disarm();
    signal.removeEventListener("abort", onAbort);
  }
  const message = `the code ignored its signal for ${graceMs} ms and is abandoned; it may still run`;
  params.onAbandoned(message);
  code.then(
    () => params.onLate("returned"),
    (error: unknown) => params.onLate(`threw: ${failureOf(error).message}`),
  );
  throw new AbandonedError(message);
}
