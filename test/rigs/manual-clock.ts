import { createHash } from "node:crypto";
import type { Clock, IdSource, Scheduler } from "../../engine/core/ports/time.ts";
import { uuidV7 } from "../../engine/core/uuid-v7.ts";

/** A clock that stands still until it is told to go on, and the scheduler of the same time. */
export interface ManualClock extends Clock, Scheduler {
  /**
   * Moves the time on by `ms`, stopping at each timer that falls due, in order of due time, then of setting. Before
   * the first timer, after each and at the end, what was deferred runs and promises (and I/O that has ended) settle.
   */
  advance(ms: number): Promise<void>;
  /** Runs what was deferred and lets promises settle; the time stands still. */
  settle(): Promise<void>;
  /** When the next timer is due; `null` where none waits. */
  nextTimerAtMs(): number | null;
  /** Timers and sleeps that wait, and deferred tasks that have not run. */
  readonly pending: number;
}

interface Timer {
  readonly dueMs: number;
  readonly ordinal: number;
  readonly task: () => void;
}

/** Deferred tasks that defer others, for ever, are a bug of the code under test. */
const MAX_DEFERRED_ROUNDS = 10_000;

export const MANUAL_CLOCK_START_MS = Date.UTC(2026, 0, 1);

export function manualClock(startAtMs: number = MANUAL_CLOCK_START_MS): ManualClock {
  const timers = new Set<Timer>();
  let deferred: (() => void)[] = [];
  let elapsedMs = 0;
  let ordinal = 0;

  const next = (): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) {
      const isEarlier = first === null || timer.dueMs < first.dueMs;
      if (isEarlier || (timer.dueMs === first?.dueMs && timer.ordinal < first.ordinal)) first = timer;
    }
    return first;
  };

  const after = (ms: number, task: () => void): (() => void) => {
    const timer = { dueMs: elapsedMs + Math.max(0, ms), ordinal: ordinal++, task };
    timers.add(timer);
    return () => timers.delete(timer);
  };

  const settle = async (): Promise<void> => {
    for (let round = 0; round < MAX_DEFERRED_ROUNDS; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (deferred.length === 0) return;
      const due = deferred;
      deferred = [];
      for (const task of due) task();
    }
    throw new Error(`deferred tasks go on deferring after ${MAX_DEFERRED_ROUNDS} rounds`);
  };

  const advance = async (ms: number): Promise<void> => {
    const endMs = elapsedMs + ms;
    await settle();
    for (let timer = next(); timer !== null && timer.dueMs <= endMs; timer = next()) {
      timers.delete(timer);
      elapsedMs = Math.max(elapsedMs, timer.dueMs);
      timer.task();
      await settle();
    }
    elapsedMs = Math.max(elapsedMs, endMs);
  };

  return Object.freeze({
    now: () => startAtMs + elapsedMs,
    monotonic: () => elapsedMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error);
          return;
        }
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason as Error);
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        });
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
    defer: (task: () => void) => void deferred.push(task),
    after,
    advance,
    settle,
    nextTimerAtMs: () => {
      const timer = next();
      return timer === null ? null : startAtMs + timer.dueMs;
    },
    get pending() {
      return timers.size + deferred.length;
    },
  });
}

/** Ids that are the same in every run with the same seed: UUIDv7s of the given clock, SHA-256 in place of randomness. */
export function seededIds(seed: string | number = 0, clock: Pick<Clock, "now"> = manualClock()): IdSource {
  let drawn = 0;
  const take = (count: number): Buffer => {
    const blocks: Buffer[] = [];
    for (let length = 0; length < count; length += 32) {
      blocks.push(
        createHash("sha256")
          .update(JSON.stringify([seed, drawn++]))
          .digest(),
      );
    }
    return Buffer.concat(blocks).subarray(0, count);
  };
  return Object.freeze({
    uuid: uuidV7({ now: () => clock.now(), randomBytes: take }),
    random: () => take(6).readUIntBE(0, 6) / 2 ** 48,
    secret: (bytes: number) => take(bytes).toString("base64url"),
  });
}
