import { abortReason } from "../../core/abort-reason.ts";
import { EngineError, isEngineError } from "../../core/errors.ts";
import type { Clock, Scheduler } from "../../core/ports/time.ts";

/** A call that takes longer is given up, as one that may have taken effect. */
export const CALL_LIMIT_MS = 30_000;
const FIRST_DELAY_MS = 500;
/** 0.5, 1, 2, 4, 8, 16, 30, 30, … seconds. */
const MAX_DELAY_MS = 30_000;

export interface HostCallParams {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Ends waiting for the host. */
  readonly signal: AbortSignal;
  /** The engine's end: cuts off even a call that has begun. */
  readonly ended: AbortSignal;
  /** Told what the call waits for, and null when it waits no longer. */
  readonly onWait: (reason: string | null) => void;
  /**
   * How long one call may take; null: as long as it takes, until `signal` aborts it, which only a call that changes
   * nothing may be. Default `CALL_LIMIT_MS`.
   */
  readonly limitMs?: number | null;
}

/**
 * Calls the container host, again and again while it does not answer, so the call must be one that may be repeated.
 * A limited call that has begun is not cut off by `signal`: only its own answer says whether it took effect. The engine's
 * end does cut it off: the next engine looks for itself.
 */
export async function callHost<T>(call: (signal: AbortSignal) => Promise<T>, params: HostCallParams): Promise<T> {
  const { clock, signal, ended, onWait, limitMs = CALL_LIMIT_MS } = params;
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted();
    try {
      const answer =
        limitMs === null ? await untilAborted(call(signal), signal) : await limited(call, { ...params, limitMs });
      if (failures > 0) onWait(null);
      return answer;
    } catch (error) {
      if (ended.aborted) throw ended.reason;
      if (signal.aborted) throw signal.reason;
      if (!isEngineError(error, "container_host_unavailable")) {
        if (failures > 0) onWait(null);
        throw error;
      }
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures, 10), MAX_DELAY_MS);
      onWait(`waits for the container host, asked again every ${delayMs / 1000} s: ${error.message}`);
      await clock.sleep(delayMs, signal);
    }
  }
}

async function limited<T>(
  call: (signal: AbortSignal) => Promise<T>,
  { scheduler, ended, limitMs }: Pick<HostCallParams, "scheduler" | "ended"> & { readonly limitMs: number },
): Promise<T> {
  const limit = new AbortController();
  const late = new EngineError("container_host_unavailable", `no answer within ${limitMs} ms`, {
    retryable: true,
  });
  const tooLate = Promise.withResolvers<never>();
  const giveUp = (reason: Error): void => {
    limit.abort(reason);
    tooLate.reject(reason);
  };
  const onEnd = (): void => giveUp(abortReason(ended));
  const disarm = scheduler.after(limitMs, () => giveUp(late));
  if (ended.aborted) onEnd();
  else ended.addEventListener("abort", onEnd, { once: true });
  try {
    return await Promise.race([call(limit.signal), tooLate.promise]);
  } finally {
    disarm();
    ended.removeEventListener("abort", onEnd);
  }
}

/** A host's client may not heed its signal. */
async function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(abortReason(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
