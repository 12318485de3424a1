import { setFlagsFromString } from "node:v8";
import type { Worker } from "node:worker_threads";
import type { Scheduler } from "../core/ports/time.ts";

/** In which the process has loaded all that it needs, and has a while of rest where it has nothing to do. */
const STARTED_MS = 30_000;
/** In which others that worked on the same thing have ended too, and what they shared is free. */
const SETTLE_MS = 3000;
/** V8 looks every 8 s whether a heap that nothing is added to should be collected, and needs some steps to do it. */
const COLLECT_MS = 10_000;
/** At the end of each arena. */
const KEPT_BYTES = 0;

/**
 * Gives free memory back to the system some time after the start, and some seconds after threads of this process have
 * ended, whoever started them: first V8's garbage, then what the C library keeps. What threads freed lies between pieces
 * that others use, and glibc gives back by itself only what lies at the end: without this, 25 MB stay with the process after
 * a harvest. Disposing of it ends that.
 */
export function giveMemoryBack({ scheduler, favorSize, giveBack }: GiveBackParams): Disposable {
  let disarm = (): void => {};
  let isCollecting = false;
  let isOver = false;
  const stop = (): void => {
    disarm();
    if (isCollecting) favorSize(false);
    isCollecting = false;
  };
  const collect = (): void => {
    stop();
    favorSize(true);
    isCollecting = true;
    disarm = scheduler.after(COLLECT_MS, () => {
      stop();
      giveBack();
    });
  };
  const disarmStart = scheduler.after(STARTED_MS, collect);
  const settle = (): void => {
    if (isOver) return;
    stop();
    disarm = scheduler.after(SETTLE_MS, collect);
  };
  // One that starts has to find V8 as always: its settings are part of where it looks for what was compiled before.
  const onWorker = (worker: Worker): void => {
    settle();
    worker.once("exit", settle);
  };
  process.on("worker", onWorker);
  return {
    [Symbol.dispose]() {
      isOver = true;
      process.off("worker", onWorker);
      disarmStart();
      stop();
    },
  };
}

export interface GiveBackParams {
  readonly scheduler: Scheduler;
  /** Whether V8 is to collect sooner than it would. */
  readonly favorSize: (isOn: boolean) => void;
  readonly giveBack: () => void;
}

/**
 * Has V8 hold a small heap dearer than speed. At rest it then collects within some 8 s, in steps that take milliseconds;
 * left alone it does so 100 s after its last collection, since what looks for rest (V8's MemoryReducer) takes a process
 * that hands it no memory from outside for one that is busy. `gc()` would hold up the thread for 30 ms and keep the pages.
 */
export function favorSizeInV8(isOn: boolean): void {
  setFlagsFromString(isOn ? "--optimize-for-size" : "--no-optimize-for-size");
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
