import { EngineError, isEngineError } from "../../core/errors.ts";
import { keyedLock } from "../keyed-lock.ts";

/** Every call to the store goes through here: after the store is open, and before it is closed. */
export interface WorkGate {
  /** Runs a task once the store is open, and opens it where it is not; its signal aborts with the caller's and when the store closes. */
  run<T>(task: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** One task of a namespace at a time, in order of coming; who aborts in the line leaves at once. */
  exclusively<T>(namespace: string, signal: AbortSignal, task: () => Promise<T>): Promise<T>;
  /** Opens the store now, where no call has yet. */
  open(): void;
  /** Aborts what runs, and waits for `end` and for all of it. */
  close(end: (reason: Error) => Promise<void>): Promise<void>;
}

export interface WorkGateParams {
  readonly directory: string;
  /** Called once. */
  readonly open: () => Promise<void>;
}

export function workGate({ directory, open }: WorkGateParams): WorkGate {
  const lock = keyedLock();
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  let opened: Promise<void> | null = null;
  const untilOpen = (): Promise<void> => {
    opened ??= open();
    opened.catch(() => undefined);
    return opened;
  };

  return Object.freeze({
    async run(task, signal) {
      const until = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      until.throwIfAborted();
      const run = untilOpen().then(
        () => task(until),
        (error: unknown) => {
          throw unavailable(directory, error);
        },
      );
      running.add(run);
      try {
        return await run;
      } catch (error) {
        // A thread that was ended from under a task: the reason is the closing.
        if (closing.signal.aborted && isEngineError(error, "worker_crashed")) throw closing.signal.reason;
        throw error;
      } finally {
        running.delete(run);
      }
    },

    exclusively: <T>(namespace: string, signal: AbortSignal, task: () => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        const leave = (): void => reject(signal.reason as Error);
        signal.addEventListener("abort", leave, { once: true });
        lock(namespace, async () => {
          signal.removeEventListener("abort", leave);
          signal.throwIfAborted();
          return task();
        }).then(resolve, reject);
      }),

    open: () => void untilOpen(),

    async close(end) {
      const reason = new EngineError("canceled", "the embedded triplestore was closed");
      closing.abort(reason);
      await end(reason);
      await Promise.allSettled([opened, ...running]);
    },
  } satisfies WorkGate);
}

function unavailable(directory: string, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `the embedded triplestore in ${directory} does not open: ${reason}`;
  return new EngineError("triplestore_unavailable", message, { cause });
}
