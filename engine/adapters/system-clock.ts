import { randomBytes } from "node:crypto";
import { abortReason } from "../core/abort-reason.ts";
import type { Clock, IdSource, Scheduler } from "../core/ports/time.ts";
import { uuidV7 } from "../core/uuid-v7.ts";

/**
 * Node cuts a longer timer to 1 ms, with a warning
 * (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args), so longer waits are taken in pieces.
 */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Random bytes are drawn from the system in blocks of this size; a call for 8 bytes costs almost as much as for 4,096. */
const RANDOM_BLOCK_BYTES = 4096;

/** The computer's clock. */
export function systemClock(): Clock {
  const scheduler = systemScheduler();
  return Object.freeze({
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(abortReason(signal));
          return;
        }
        const cancel = scheduler.after(ms, () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        });
        const onAbort = (): void => {
          cancel();
          if (signal !== undefined) reject(abortReason(signal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  });
}

/** Node's own timers. `defer` is `setImmediate`: after the I/O that is due, before the next timers. */
export function systemScheduler(): Scheduler {
  return Object.freeze({
    defer(task: () => void) {
      setImmediate(task);
    },
    after(ms: number, task: () => void) {
      let leftMs = Math.max(0, ms);
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        const pieceMs = Math.min(leftMs, MAX_TIMER_MS);
        leftMs -= pieceMs;
        timer = setTimeout(leftMs > 0 ? arm : task, pieceMs);
      };
      arm();
      return () => clearTimeout(timer);
    },
  });
}

/** Ids and randomness from the operating system's generator. */
export function systemIds(): IdSource {
  const take = randomSource();
  const uuid = uuidV7({ now: () => Date.now(), randomBytes: take });
  return Object.freeze({
    uuid,
    random: () => {
      const bytes = take(7);
      // 53 bits, as many as a double holds exactly: 48 from the first six bytes, five from the seventh.
      return (bytes.readUIntBE(0, 6) * 32 + (bytes.readUInt8(6) & 31)) / 2 ** 53;
    },
    secret: (bytes: number) => randomBytes(bytes).toString("base64url"),
  });
}

/** Hands out slices of a block of random bytes, each byte once. */
function randomSource(): (count: number) => Buffer {
  let block = Buffer.alloc(0);
  let used = 0;
  return (count) => {
    if (used + count > block.length) {
      block = randomBytes(RANDOM_BLOCK_BYTES);
      used = 0;
    }
    used += count;
    return block.subarray(used - count, used);
  };
}
