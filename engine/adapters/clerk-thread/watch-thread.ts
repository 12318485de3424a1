import type { MessagePort } from "node:worker_threads";

/** What the shared memory holds: a number that the watched thread counts up, and the code that was entered last. */
export const BEAT = 0;
export const CODE = 1;
/** In place of the count: there is nothing to watch any more. */
export const CLOSED = -1;

export interface ClerkOrders {
  readonly cells: Int32Array;
  /** Brings the names of codes: `{ name, label }`. */
  readonly names: MessagePort;
  readonly intervalMs: number;
  /** So many looks at a number that stands still mean a blocked thread. */
  readonly silentRounds: number;
  readonly descriptor: number;
}

/** Runs in a thread of its own, from its text alone: it must use nothing that stands outside of it. */
export function watchThread(): void {
  const threads = process.getBuiltinModule("node:worker_threads");
  const files = process.getBuiltinModule("node:fs");
  const { cells, names, intervalMs, silentRounds, descriptor } = threads.workerData as ClerkOrders;
  const labels = new Map<number, string>();

  const labelOf = (word: number): string => {
    for (
      let told = threads.receiveMessageOnPort(names);
      told !== undefined;
      told = threads.receiveMessageOnPort(names)
    ) {
      const { name, label } = told.message as { readonly name: number; readonly label: string };
      labels.set(name, label);
    }
    return labels.get(word >>> 16) ?? "code without a name";
  };

  const report = (): void => {
    const word = Atomics.load(cells, 1);
    const who = word === 0 ? "no asset's or sensor's code runs" : `the code entered last is that of ${labelOf(word)}`;
    const seconds = (intervalMs * (silentRounds - 1)) / 1000;
    try {
      // Not `process.stderr`: that one is written by the thread that is blocked.
      files.writeSync(descriptor, `warning  the engine's thread has been blocked for over ${seconds} s: ${who}\n`);
    } catch {
      // Whoever read it is gone.
    }
    if (word !== 0) threads.parentPort?.postMessage(word);
  };

  let last = Atomics.load(cells, 0);
  let silent = 0;
  for (;;) {
    Atomics.wait(cells, 0, last, intervalMs);
    const now = Atomics.load(cells, 0);
    if (now === -1) return;
    if (now === last) silent++;
    else silent = 0;
    last = now;
    if (silent === silentRounds) report();
  }
}
