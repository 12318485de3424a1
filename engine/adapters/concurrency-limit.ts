import { abortReason } from "../core/abort-reason.ts";

/** Runs tasks, at most so many at a time; the others wait in the order in which they came. */
export interface ConcurrencyLimit {
  /** Rejects with the signal's reason where it aborts before the task's turn; the task itself is never cut off. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function concurrencyLimit(most: number): ConcurrencyLimit {
  const waiting = new Set<() => void>();
  const listenTo = abortListeners();
  let running = 0;

  const turn = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        stopListening?.();
        resolve();
      };
      const leave = (reason: Error): void => {
        waiting.delete(go);
        reject(reason);
      };
      waiting.add(go);
      const stopListening = signal === undefined ? null : listenTo(signal, leave);
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

type OnAbort = (reason: Error) => void;

/**
 * Listens to a signal once for all who wait with it: adding a listener to a signal takes as long as it has listeners,
 * and thousands may wait with the signal of one step.
 */
function abortListeners(): (signal: AbortSignal, onAbort: OnAbort) => () => void {
  const groups = new Map<AbortSignal, { readonly members: Set<OnAbort>; readonly tell: () => void }>();

  const groupOf = (signal: AbortSignal) => {
    const known = groups.get(signal);
    if (known !== undefined) return known;
    const members = new Set<OnAbort>();
    const tell = (): void => {
      groups.delete(signal);
      for (const member of members) member(abortReason(signal));
    };
    signal.addEventListener("abort", tell, { once: true });
    const group = { members, tell };
    groups.set(signal, group);
    return group;
  };

  return (signal, onAbort) => {
    const { members, tell } = groupOf(signal);
    members.add(onAbort);
    return () => {
      members.delete(onAbort);
      if (members.size > 0) return;
      signal.removeEventListener("abort", tell);
      groups.delete(signal);
    };
  };
}
