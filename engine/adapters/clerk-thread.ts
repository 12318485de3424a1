import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Clerk, EnteredCode } from "../core/ports/clerk.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import { BEAT, type ClerkOrders, CODE, CLOSED, watchThread } from "./clerk-thread/watch-thread.ts";

/**
 * A thread that watches this one. Every quarter of the limit this thread counts a number up in shared memory; where that
 * number stands still for the limit and a quarter more, the thread says on standard error, while this one is still
 * blocked, whose code was entered last, and has it told on its run when this one is free again.
 */
export interface ClerkThread extends Clerk {
  close(): Promise<void>;
}

export interface ClerkThreadParams {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Default 1,000. */
  readonly limitMs?: number;
  /** Where a blocked thread is told at once: a file descriptor. Default: standard error's. */
  readonly descriptor?: number;
}

const DEFAULT_LIMIT_MS = 1000;
const STANDARD_ERROR = 2;
/** Of the limit: how often the number is counted up, and looked at. */
const BEATS_A_LIMIT = 4;
/** Codes that were entered last, of which the watching thread may still name one. A power of two. */
const REMEMBERED_CODES = 256;
/** A number holds a name in its upper and a count in its lower half; beyond these it starts anew, or names nothing. */
const MAX_NAMES = 0x7fff;
const COUNT_MASK = 0xffff;
/** It holds nothing; a thread without limits would reserve as much as this one. */
const HEAP_MB = 8;

export function openClerkThread(params: ClerkThreadParams): ClerkThread {
  const { clock, scheduler, limitMs = DEFAULT_LIMIT_MS, descriptor = STANDARD_ERROR } = params;
  const cells = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const { port1: names, port2: namesThere } = new MessageChannel();
  names.unref();
  const intervalMs = limitMs / BEATS_A_LIMIT;
  const orders: ClerkOrders = { cells, names: namesThere, intervalMs, silentRounds: BEATS_A_LIMIT + 1, descriptor };
  // A module would load the type stripper's WASM a second time; a function's text is plain JavaScript.
  const worker = new Worker(`(${watchThread.toString()})()`, {
    eval: true,
    workerData: orders,
    transferList: [namesThere],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 1 },
  });
  worker.unref();

  const remembered: (EnteredCode & { readonly word: number })[] = [];
  const nameOf = clerkNames(names);
  let entered = 0;
  let inside = 0;
  let beatAtMs = clock.monotonic();
  /** Between two beats, when the thread was blocked last. */
  let blockedMs = 0;
  let disarm = (): void => {};

  const beat = (): void => {
    const nowMs = clock.monotonic();
    if (nowMs - beatAtMs > limitMs) blockedMs = nowMs - beatAtMs;
    beatAtMs = nowMs;
    Atomics.add(cells, BEAT, 1);
    disarm = scheduler.after(intervalMs, beat);
  };
  beat();

  worker.on("message", (word: number) => {
    const code = remembered.find((one) => one.word === word);
    // The beat that was due meanwhile comes before or after this.
    code?.tell(blockedFor(Math.max(blockedMs, clock.monotonic() - beatAtMs)));
    blockedMs = 0;
  });
  // It only watches: without it all goes on, unwatched.
  worker.on("error", () => undefined);

  return {
    enter(code) {
      const word = (nameOf(code.label) << 16) | (entered & COUNT_MASK);
      remembered[entered % REMEMBERED_CODES] = { ...code, word };
      entered++;
      inside++;
      Atomics.store(cells, CODE, word);
      return () => {
        if (--inside === 0) Atomics.store(cells, CODE, 0);
      };
    },
    async close() {
      disarm();
      Atomics.store(cells, BEAT, CLOSED);
      Atomics.notify(cells, BEAT);
      names.close();
      await worker.terminate();
    },
  };
}

/** Numbers for labels, which the watching thread is told; 0 for those that are too many. */
function clerkNames(port: MessagePort): (label: string) => number {
  const numbers = new Map<string, number>();
  return (label) => {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    if (numbers.size === MAX_NAMES) return 0;
    numbers.set(label, numbers.size + 1);
    port.postMessage({ name: numbers.size, label });
    return numbers.size;
  };
}

function blockedFor(ms: number): string {
  return (
    `its code was the last that was entered before the engine's thread was blocked for about ${(ms / 1000).toFixed(1)} s, ` +
    `in which nothing else went on; run what computes in a worker (workerModule)`
  );
}
