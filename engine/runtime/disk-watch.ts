import { abortReason } from "../core/abort-reason.ts";
import type { EngineError } from "../core/errors.ts";
import type { Scheduler } from "../core/ports/time.ts";

/** How often a disk that was full or failed is tried again. */
export const DISK_PROBE_MS = 5000;

/**
 * Whether the disk takes what is to be kept. Where it does not, one try every five seconds decides when it does again:
 * nothing is taken for granted before that.
 */
export interface DiskWatch {
  /** Whoever could not write says so; the same failure said again changes nothing. */
  fail(error: EngineError): void;
  /** Null while all is well. */
  readonly failure: EngineError | null;
  /**
   * Resolves when the disk is well; rejects with the signal's reason when it aborts first. After `stop` one that fails
   * stays so.
   */
  well(signal: AbortSignal): Promise<void>;
  /** Tries no more, and waits for the try that goes on. */
  stop(): Promise<void>;
}

export interface DiskWatchParams {
  readonly scheduler: Scheduler;
  /** Once for each failure. */
  readonly onFailed: (error: EngineError) => void;
  /** Goes on with the record where that is possible; rejects where it is not. */
  readonly tryAgain: () => Promise<void>;
}

export function openDiskWatch({ scheduler, onFailed, tryAgain }: DiskWatchParams): DiskWatch {
  let failure: EngineError | null = null;
  let isStopped = false;
  let trying: Promise<void> = Promise.resolve();
  let disarm = (): void => {};
  const waiting = new Set<() => void>();

  const arm = (): void => {
    disarm();
    if (isStopped) return;
    disarm = scheduler.after(DISK_PROBE_MS, () => {
      trying = probe();
    });
  };

  /** Never rejects. What fails again on the way is a new failure: it is told, and tried again by itself. */
  const probe = async (): Promise<void> => {
    const before = failure;
    failure = null;
    try {
      await tryAgain();
    } catch {
      failure ??= before;
    }
    if (failure !== null) {
      arm();
      return;
    }
    for (const goOn of waiting) goOn();
  };

  return {
    get failure() {
      return failure;
    },
    fail(error) {
      if (failure !== null) return;
      failure = error;
      arm();
      onFailed(error);
    },
    async well(signal) {
      while (failure !== null) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const onAbort = (): void => reject(abortReason(signal));
        waiting.add(resolve);
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort, { once: true });
        await promise.finally(() => {
          waiting.delete(resolve);
          signal.removeEventListener("abort", onAbort);
        });
      }
    },
    async stop() {
      isStopped = true;
      disarm();
      await trying;
    },
  };
}
