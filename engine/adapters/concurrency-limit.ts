import { abortReason } from "../core/abort-reason.ts";

/** Runs tasks, at most so many at a time; the others wait in the order in which they came. */
export interface ConcurrencyLimit {
  /** Rejects with the signal's reason where it aborts before the task's turn; the task itself is never cut off. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function concurrencyLimit(most: number): ConcurrencyLimit {
  const waiting = new Set<() => void>();
  let running = 0;

  const turn = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(go);
        if (signal !== undefined) reject(abortReason(signal));
      };
      waiting.add(go);
      signal?.addEventListener("abort", leave, { once: true });
    });

  return Object.freeze({
    async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      signal?.throwIfAborted();
      // A place that is given back goes to the next in the line without being counted down in between.
      if (running < most) running += 1;
      else await turn(signal);
      try {
        return await task();
      } finally {
        const [next] = waiting;
        if (next === undefined) {
          running -= 1;
        } else {
          waiting.delete(next);
          next();
        }
      }
    },
  });
}
