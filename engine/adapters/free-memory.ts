import { setFlagsFromString } from "node:v8";
import type { Worker } from "node:worker_threads";
import type { Scheduler } from "../core/ports/time.ts";

/** In which the process has loaded all that it needs. */
const STARTED_MS = 30_000;
/** In which others that worked on the same thing have ended too, and what they shared is free. */
const SETTLE_MS = 2000;
/** V8 looks every 8 s whether a heap that nothing is added to should be collected, and needs some steps to do it. */
const COLLECT_SECONDS = 10;
const SECOND_MS = 1000;
/** Of a second; a thread that is busy for longer is not at rest. Collecting by itself takes less. */
const BUSY_SHARE = 0.5;
/** At the end of each arena. */
const KEPT_BYTES = 0;

/**
 * Gives free memory back to the system some time after the start, and some seconds after threads of this process have
 * ended, whoever started them: first V8's garbage, then what the C library keeps. What threads freed lies between pieces
 * that others use, and glibc gives back by itself only what lies at the end: without this, 25 MB stay with the process after
 * a harvest. While the thread is busy this is put off: it would hold it up for more than 100 ms. Disposing of it ends that.
 */
export function giveMemoryBack({ scheduler, favorSize, giveBack, busyShare }: GiveBackParams): Disposable {
  let disarm = (): void => {};
  let isCollecting = false;
  let isOver = false;
  const stop = (): void => {
    disarm();
    if (isCollecting) favorSize(false);
    isCollecting = false;
  };
  /** Goes on after a second at rest; after any other it waits anew. */
  const afterRest = (goOn: () => void): void => {
    busyShare();
    disarm = scheduler.after(SECOND_MS, () => (busyShare() < BUSY_SHARE ? goOn() : settle()));
  };
  const collect = (seconds: number): void => {
    if (seconds > 0) {
      afterRest(() => collect(seconds - 1));
      return;
    }
    stop();
    giveBack();
  };
  const begin = (): void => {
    stop();
    afterRest(() => {
      favorSize(true);
      isCollecting = true;
      collect(COLLECT_SECONDS);
    });
  };
  const disarmStart = scheduler.after(STARTED_MS, begin);
  const settle = (): void => {
    if (isOver) return;
    stop();
    disarm = scheduler.after(SETTLE_MS, begin);
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
  /** For how much of the time since it was last asked the thread was busy: 0 to 1. */
  readonly busyShare: () => number;
}

/** Of the thread's event loop. */
export function loopBusyShare(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
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
