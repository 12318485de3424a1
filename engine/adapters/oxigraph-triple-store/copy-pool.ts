import { EngineError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/time.ts";
import type { Opened, OpenParams } from "../rdf-work/protocol.ts";
import type { RdfThread } from "../rdf-work/rdf-thread.ts";
import type { OxigraphLimits } from "./limits.ts";
import { openNamespaceCopy, type NamespaceCopy } from "./namespace-copy.ts";
import type { WorkerSlots } from "./worker-slots.ts";

/**
 * The copies of one namespace: made when a request comes and none is there, a second when requests have waited for the
 * first. A request waits here, not with a copy, so that none is lost with a copy that is killed.
 */
export interface CopyPool {
  /** Copies that take requests, and so have to be told of changes. */
  usable(): readonly NamespaceCopy[];
  readonly isReadingFiles: boolean;
  /** Runs a job on a copy at rest. */
  request<T>(job: CopyJob<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Gives a copy no further request, and ends it when it is at rest. */
  retire(copy: NamespaceCopy): void;
  close(reason: Error): Promise<void>;
}

export type CopyJob<T> = (thread: RdfThread, copy: NamespaceCopy) => Promise<T>;

export interface CopyPoolParams {
  readonly namespace: string;
  readonly clock: Clock;
  readonly slots: WorkerSlots;
  readonly limits: OxigraphLimits;
  /** What a copy made now has to hold. */
  readonly current: () => OpenParams;
  readonly onOpened: (opened: Opened) => void;
  readonly onGone: () => void;
}

interface Waiting {
  start(copy: NamespaceCopy): void;
  reject(error: unknown): void;
}

export function copyPool(params: CopyPoolParams): CopyPool {
  const { clock, slots, limits } = params;
  const copies = new Set<NamespaceCopy>();
  const retired = new Set<NamespaceCopy>();
  const queue = new Set<Waiting>();
  const closing = new AbortController();
  let starting = 0;
  let isSpareDue = false;

  const usable = (): NamespaceCopy[] => [...copies].filter((copy) => !retired.has(copy) && copy.state !== "gone");
  const isOpening = (): boolean => starting > 0 || usable().some((copy) => copy.state === "opening");

  const dispatch = (): void => {
    for (const item of queue) {
      const copy = usable().find((candidate) => candidate.state === "at rest");
      if (copy === undefined) break;
      queue.delete(item);
      item.start(copy);
    }
    if (queue.size === 0 || isOpening() || closing.signal.aborted) return;
    const count = usable().length;
    if (count === 0) void startCopy();
    else if (count < limits.copies) void startSpareLater();
  };

  const startSpareLater = async (): Promise<void> => {
    if (isSpareDue) return;
    isSpareDue = true;
    try {
      await clock.sleep(limits.spareAfterMs, closing.signal);
    } catch {
      return;
    } finally {
      isSpareDue = false;
    }
    const isStuck = usable().every((copy) => copy.state === "at work");
    if (queue.size > 0 && isStuck && !isOpening() && usable().length < limits.copies) await startCopy();
  };

  const startCopy = async (): Promise<void> => {
    starting += 1;
    try {
      const slot = await slots.take(closing.signal);
      if (closing.signal.aborted) {
        slot.release();
        return;
      }
      const copy = openNamespaceCopy({
        clock,
        slot,
        idleMs: limits.idleMs,
        open: params.current(),
        onOpened: params.onOpened,
        onFailed: failWaiting,
        onRest: dispatch,
        onGone() {
          copies.delete(copy);
          retired.delete(copy);
          params.onGone();
          dispatch();
        },
      });
      copies.add(copy);
    } catch (error) {
      failWaiting(error);
    } finally {
      starting -= 1;
    }
  };

  const failWaiting = (error: unknown): void => {
    for (const item of queue) item.reject(error);
    queue.clear();
  };

  return Object.freeze({
    usable,
    get isReadingFiles() {
      return [...copies].some((copy) => copy.state === "opening");
    },
    request: <T>(job: CopyJob<T>, signal: AbortSignal | undefined) =>
      new Promise<T>((resolve, reject) => {
        signal?.throwIfAborted();
        closing.signal.throwIfAborted();
        if (queue.size >= limits.waiting) throw busyError(params.namespace, limits.waiting);
        queue.add(waiting({ job, signal, resolve, reject }, queue));
        dispatch();
      }),
    retire(copy: NamespaceCopy) {
      retired.add(copy);
      copy.retire();
    },
    async close(reason: Error) {
      closing.abort(reason);
      failWaiting(reason);
      await Promise.all([...copies].map((copy) => copy.end()));
    },
  } satisfies CopyPool);
}

interface Request<T> {
  readonly job: CopyJob<T>;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A request in the line, which leaves it when its caller does. */
function waiting<T>({ job, signal, resolve, reject }: Request<T>, queue: Set<Waiting>): Waiting {
  const leave = (): void => {
    queue.delete(item);
    reject(signal?.reason);
  };
  const item: Waiting = {
    start(copy) {
      signal?.removeEventListener("abort", leave);
      copy.run((thread) => job(thread, copy)).then(resolve, reject);
    },
    reject(error) {
      signal?.removeEventListener("abort", leave);
      reject(error);
    },
  };
  signal?.addEventListener("abort", leave, { once: true });
  return item;
}

function busyError(namespace: string, waiting: number): EngineError {
  return new EngineError("query_limit", `${waiting} requests already wait for the namespace ${namespace}: try later`, {
    retryable: true,
    details: { limit: "waiting", waiting },
  });
}
