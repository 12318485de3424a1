import type { Worker } from "node:worker_threads";
import type { Scheduler } from "../core/ports/time.ts";

/** In which others that worked on the same thing have ended too, and what they shared is free. */
const SETTLE_MS = 5000;
/** At the end of each arena. */
const KEPT_BYTES = 0;

/**
 * Gives free memory back to the system some seconds after threads of this process have ended, whoever started them. What
 * they freed lies between pieces that others use, and glibc gives back by itself only what lies at the end: without this,
 * 25 MB stay with the process after a harvest. Disposing of it ends that.
 */
export function giveBackAfterThreads({ scheduler, giveBack }: GiveBackParams): Disposable {
  let disarm = (): void => {};
  let isOver = false;
  const onExit = (): void => {
    disarm();
    if (!isOver) disarm = scheduler.after(SETTLE_MS, giveBack);
  };
  const onWorker = (worker: Worker): void => void worker.once("exit", onExit);
  process.on("worker", onWorker);
  return {
    [Symbol.dispose]() {
      isOver = true;
      process.off("worker", onWorker);
      disarm();
    },
  };
}

export interface GiveBackParams {
  readonly scheduler: Scheduler;
  readonly giveBack: () => void;
}

/**
 * Has the C library look through all that it holds (https://man7.org/linux/man-pages/man3/malloc_trim.3.html), which takes
 * some milliseconds in a thread of its own. Does nothing where the library is another one, or koffi has no build for the
 * machine.
 */
export async function giveFreeMemoryBack(): Promise<void> {
  const trim = await (mallocTrim ??= findMallocTrim());
  if (trim !== null) await new Promise<void>((resolve) => trim.async(KEPT_BYTES, () => resolve()));
}

interface MallocTrim {
  async(keptBytes: number, done: (error: unknown) => void): void;
}

let mallocTrim: Promise<MallocTrim | null> | undefined;

async function findMallocTrim(): Promise<MallocTrim | null> {
  if (process.platform !== "linux") return null;
  try {
    const { default: koffi } = await import("koffi");
    return koffi.load("libc.so.6").func("int malloc_trim(size_t kept)");
  } catch {
    return null;
  }
}
