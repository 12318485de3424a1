import type { Clock } from "../../core/ports/time.ts";
import type { Opened, OpenParams } from "../rdf-work/protocol.ts";
import { startRdfThread, type RdfThread } from "../rdf-work/rdf-thread.ts";
import type { Slot } from "./worker-slots.ts";

/**
 * A namespace in the memory of a thread of its own. Jobs run one after the other in the order in which they came, so
 * a change that was queued is seen by every query that came later.
 *
 *   opening → at rest ⇄ at work → gone
 */
export interface NamespaceCopy {
  readonly state: "opening" | "at rest" | "at work" | "gone";
  run<T>(job: (thread: RdfThread) => Promise<T>): Promise<T>;
  /** Ends it as soon as it is at rest. */
  retire(): void;
  end(): Promise<void>;
}

export interface CopyParams {
  readonly clock: Clock;
  readonly slot: Slot;
  readonly open: OpenParams;
  readonly idleMs: number;
  readonly onOpened: (opened: Opened) => void;
  /** It could not be opened. */
  readonly onFailed: (error: unknown) => void;
  readonly onRest: () => void;
  readonly onGone: () => void;
}

/**
 * Where namespaces wait for a worker, a copy first answers this many requests of its own (building it was work), then
 * lets another have its place.
 */
const TURN_JOBS = 16;

/** WebAssembly's memory never shrinks: a copy that a query has made this much larger is dropped. */
const BLOAT_BYTES = 128_000_000;

export function openNamespaceCopy(params: CopyParams): NamespaceCopy {
  const { clock, slot } = params;
  const thread = startRdfThread(clock, "resident");
  let isOpened = false;
  let isRetired = false;
  let jobs = 0;
  let done = 0;
  let last: Promise<unknown> = Promise.resolve();
  let usualBytes = 0;
  let idle = new AbortController();

  const end = async (): Promise<void> => {
    idle.abort();
    await thread.end();
  };
  const rest = (): void => {
    if (thread.isEnded) return;
    if (isRetired) {
      void end();
      return;
    }
    idle = new AbortController();
    void endAfter(idle.signal);
    const hasHadTurn = done > TURN_JOBS;
    if (!hasHadTurn) params.onRest();
    if (copy.state === "at rest") slot.atRest(() => void end());
    if (hasHadTurn) params.onRest();
  };
  const endAfter = async (signal: AbortSignal): Promise<void> => {
    try {
      await clock.sleep(params.idleMs, signal);
    } catch {
      return;
    }
    await end();
  };
  const work = async <T>(job: (thread: RdfThread) => Promise<T>): Promise<T> => {
    const startedAt = clock.monotonic();
    try {
      return await job(thread);
    } finally {
      if (clock.monotonic() - startedAt >= SLOW_JOB_MS) {
        const bytes = (await thread.memoryBytes()) ?? 0;
        if (bytes > usualBytes + BLOAT_BYTES) isRetired = true;
      }
    }
  };

  const copy: NamespaceCopy = Object.freeze({
    get state() {
      if (thread.isEnded) return "gone";
      if (!isOpened) return "opening";
      return jobs > 0 ? "at work" : "at rest";
    },
    run<T>(job: (thread: RdfThread) => Promise<T>) {
      idle.abort();
      slot.busy();
      jobs += 1;
      const result = last.then(() => work(job));
      last = result.then(
        () => undefined,
        () => undefined,
      );
      void last.then(() => {
        jobs -= 1;
        done += 1;
        if (jobs === 0) rest();
      });
      return result;
    },
    retire() {
      isRetired = true;
      if (copy.state === "at rest") void end();
    },
    end,
  });

  void thread.ended.then(() => {
    idle.abort();
    slot.release();
    params.onGone();
  });
  copy
    .run(async (thread) => {
      const opened = await thread.call("open", params.open);
      usualBytes = (await thread.memoryBytes()) ?? 0;
      isOpened = true;
      params.onOpened(opened);
    })
    .catch(async (error: unknown) => {
      params.onFailed(error);
      await end();
    });
  return copy;
}

/** A faster job cannot have taken much memory, and is not slowed down by looking. */
const SLOW_JOB_MS = 200;
