import { Piscina } from "piscina";
import { abortReason } from "../core/abort-reason.ts";
import { EngineError } from "../core/errors.ts";
import type { WorkerPool, WorkerTaskParams } from "../core/ports/worker-pool.ts";
import type { Scheduler } from "../core/ports/time.ts";
import { siblingModule } from "../core/sibling-module.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import type { WorkerAnswer, WorkerOrder } from "./piscina-workers/worker-entry.ts";
import { errorOfMessage } from "./piscina-workers/worker-error.ts";
import { systemScheduler } from "./system-clock.ts";

export interface PiscinaWorkersParams {
  /** How many tasks run at the same time, each in a thread of its own. */
  readonly threads: number;
  /** A worker's heap over this ends it (and its task with `worker_crashed`), not the process. */
  readonly maxOldSpaceMb: number;
  /** A thread without work ends after so long, and takes its loaded modules with it. Default 30,000. */
  readonly idleMs?: number | undefined;
  /** For `timeoutMs`. Default: the system's. */
  readonly scheduler?: Scheduler | undefined;
}

const DEFAULT_IDLE_MS = 30_000;

/** Tasks that wait for a thread. Whoever makes more of them than that makes them faster than they can be done. */
export const MAX_WAITING_TASKS = 10_000;

/** How a task ended before it answered. */
type Ending = "timeout" | "abort" | "close";

/**
 * Worker threads by piscina. A thread starts when the first task needs it, and stays warm for the next.
 *
 * The line of waiting tasks is kept here and not in piscina: there, a worker that is ended takes nothing over from the
 * line, and with one thread what waits would wait for ever.
 */
export function piscinaWorkers(params: PiscinaWorkersParams): WorkerPool {
  const { threads, maxOldSpaceMb, idleMs = DEFAULT_IDLE_MS, scheduler = systemScheduler() } = params;
  const pool = new Piscina<WorkerOrder, WorkerAnswer>({
    filename: siblingModule(import.meta.url, "piscina-workers/worker-entry"),
    name: "runOrder",
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: idleMs,
    resourceLimits: { maxOldGenerationSizeMb: maxOldSpaceMb },
    recordTiming: false,
    // A task relies on its argument alone, and secrets have no business in it.
    env: {},
  });
  // A worker that breaks after its task has answered: nobody waits for it, and the next task gets another.
  pool.on("error", () => undefined);
  const turns = concurrencyLimit(threads);
  const closing = new AbortController();
  let waiting = 0;

  const answerOf = async (task: WorkerTaskParams): Promise<WorkerAnswer> => {
    const { module, task: name, input, transfer = [], timeoutMs, signal } = task;
    const ending = Promise.withResolvers<Ending>();
    const end = new AbortController();
    const cancelTimer = timeoutMs === undefined ? null : scheduler.after(timeoutMs, () => ending.resolve("timeout"));
    const onAbort = (): void => ending.resolve("abort");
    const onClose = (): void => ending.resolve("close");
    signal?.addEventListener("abort", onAbort, { once: true });
    closing.signal.addEventListener("abort", onClose, { once: true });
    try {
      const order = { module, task: name, input };
      const answer = pool.run(order, { signal: end.signal, transferList: [...transfer] }).catch((error: unknown) => {
        throw crashError(error, task);
      });
      const first = await Promise.race([answer, ending.promise]);
      if (typeof first !== "string") return first;
      answer.catch(() => undefined);
      await endWorker(pool, end);
      throw endingError(first, task);
    } finally {
      cancelTimer?.();
      signal?.removeEventListener("abort", onAbort);
      closing.signal.removeEventListener("abort", onClose);
    }
  };

  return Object.freeze<WorkerPool>({
    size: threads,

    async run<O>(task: WorkerTaskParams): Promise<O> {
      task.signal?.throwIfAborted();
      if (closing.signal.aborted) throw closedError();
      if (waiting >= MAX_WAITING_TASKS) throw fullError();
      waiting += 1;
      let isWaiting = true;
      const started = (): void => {
        if (isWaiting) waiting -= 1;
        isWaiting = false;
      };
      try {
        const answer = await turns.run(async () => {
          started();
          // What waits when the pool is closed gets its turn at once, to hear of it.
          if (closing.signal.aborted) throw closedError();
          task.onStarted?.();
          return answerOf(task);
        }, task.signal);
        if (answer.outcome === "threw") throw errorOfMessage(answer.error);
        return answer.value as O;
      } finally {
        started();
      }
    },

    async close() {
      closing.abort(closedError());
      await pool.destroy();
    },
  });
}

/** Ends the worker that runs the task of `end`, and resolves when its thread is gone. */
async function endWorker(pool: Piscina, end: AbortController): Promise<void> {
  const before = pool.threads;
  end.abort();
  const left = new Set(pool.threads);
  await Promise.all(before.filter((thread) => !left.has(thread)).map((thread) => thread.terminate()));
}

function endingError(ending: Ending, { module, task, timeoutMs, signal }: WorkerTaskParams): Error {
  if (ending === "close") return closedError();
  if (ending === "abort" && signal !== undefined) return abortReason(signal);
  const message = `${task} of ${module} took longer than its ${timeoutMs} ms; its worker was ended`;
  return new EngineError("worker_timeout", message, { details: { module, task, timeoutMs } });
}

/** Piscina rejects only for what the task itself did not throw. */
function crashError(error: unknown, { module, task }: WorkerTaskParams): EngineError {
  const said = error instanceof Error ? error.message : String(error);
  // Of a DOMException that comes from a worker, only the stack arrives.
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  if (stack.startsWith("DataCloneError")) {
    const [told = ""] = stack.split("\n");
    const message = `the input or the result of ${task} of ${module} cannot be sent between threads: ${told}`;
    return new EngineError("bad_value", message, { details: { module, task }, cause: error });
  }
  const message = `the worker of ${task} of ${module} ended before the task did: ${said}`;
  return new EngineError("worker_crashed", message, { details: { module, task }, cause: error });
}

function closedError(): EngineError {
  return new EngineError("canceled", "the worker pool is closed");
}

function fullError(): EngineError {
  const message = `${MAX_WAITING_TASKS} tasks wait for a worker already; wait for some before giving more`;
  return new EngineError("too_large", message, { retryable: true, details: { limit: MAX_WAITING_TASKS } });
}
