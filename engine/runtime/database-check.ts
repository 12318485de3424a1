import { EngineError } from "../core/errors.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import { careThreads, type RecordCare } from "../store/care/care-thread.ts";
import { corruptError } from "../store/care/repair.ts";
import type { Store } from "../store/store.ts";

export const CHECK_INTERVAL_MS = 24 * 3_600_000;
/** A check that could not be made is tried again. */
const RETRY_MS = 3_600_000;
const MAX_TOLD_CHARACTERS = 300;

/**
 * Looks for damage in the database, in a thread of its own: after an engine that did not end in order at once, else
 * once a day. A start does not wait for it.
 */
export interface DatabaseCheck {
  start(): void;
  /** One check, whether it is due or not; true where the database is sound. */
  tick(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface DatabaseCheckParams {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onDamage: (error: EngineError) => void;
  readonly onProblem: (error: unknown) => void;
  /** Default: `careThreads`. */
  readonly care?: RecordCare;
}

export function openDatabaseCheck(params: DatabaseCheckParams): DatabaseCheck {
  const { store, clock, scheduler, care = careThreads } = params;
  const abort = new AbortController();
  let busy: Promise<void> = Promise.resolve();
  let disarm = (): void => {};

  const arm = (delayMs: number): void => {
    if (abort.signal.aborted) return;
    disarm = scheduler.after(delayMs, () => {
      busy = round();
    });
  };

  const tick = async (): Promise<boolean> => {
    const findings = await care.check(store.file, abort.signal);
    if (findings.length > 0) {
      const told = findings.join("; ").replaceAll("\n", "; ").slice(0, MAX_TOLD_CHARACTERS);
      params.onDamage(corruptError(`the database ${store.file} is damaged (${told})`));
      return false;
    }
    await store.writer.write((tx) => tx.meta.setCheckedAtMs(tx.nowMs));
    return true;
  };

  /** Never rejects. A damaged database is not looked at again: the engine waits for an operator. */
  const round = async (): Promise<void> => {
    try {
      if (await tick()) arm(CHECK_INTERVAL_MS);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (store.writer.isOpen) params.onProblem(error);
      arm(RETRY_MS);
    }
  };

  return {
    tick,
    start() {
      const nowMs = clock.now();
      const checkedMs = store.tables.meta.checkedAtMs() ?? nowMs;
      arm(store.endedCleanly ? Math.min(Math.max(0, checkedMs + CHECK_INTERVAL_MS - nowMs), CHECK_INTERVAL_MS) : 0);
    },
    async stop() {
      abort.abort(new EngineError("canceled", "the engine stops"));
      disarm();
      await busy;
    },
  };
}
