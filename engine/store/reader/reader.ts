import { Worker } from "node:worker_threads";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import type { Scheduler } from "../../core/ports/time.ts";
import { siblingModule } from "../../core/sibling-module.ts";
import type { Queries, QueryName } from "./queries.ts";

/**
 * Lists, searches and counts, in a worker with a connection of its own: better-sqlite3 blocks its thread, and the
 * engine's must not be it.
 *
 * R1. Queries run one at a time, in the order in which they were asked.
 * R2. A query's deadline counts from when it starts, so that one that is late does not end those behind it.
 * R3. A query over its deadline ends its worker; the next query starts another.
 */
export interface Reader {
  query<N extends QueryName>(
    name: N,
    params: Parameters<Queries[N]>[0],
    options?: QueryOptions,
  ): Promise<ReturnType<Queries[N]>>;
  close(): Promise<void>;
}

export interface QueryOptions {
  /** Default 5,000. */
  readonly deadlineMs?: number;
}

export interface ReaderRequest {
  readonly id: number;
  readonly name: QueryName;
  readonly params: unknown;
}

export type ReaderAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly code: ErrorCode; readonly message: string };

const DEFAULT_DEADLINE_MS = 5000;
const MAX_WAITING_QUERIES = 1000;

interface Asked {
  readonly request: ReaderRequest;
  readonly deadlineMs: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

interface Running extends Asked {
  readonly worker: Worker;
  readonly disarm: () => void;
}

export interface OpenReaderParams {
  readonly file: string;
  readonly scheduler: Scheduler;
}

export function openReader({ file, scheduler }: OpenReaderParams): Reader {
  const waiting: Asked[] = [];
  const ending = new Set<Promise<unknown>>();
  let running: Running | null = null;
  let worker: Worker | null = null;
  let nextId = 1;
  let closed = false;

  const start = (): Worker => {
    const started = new Worker(new URL(siblingModule(import.meta.url, "reader-worker")), { workerData: { file } });
    started.on("message", (answer: ReaderAnswer) => {
      if (running?.worker !== started || running.request.id !== answer.id) return;
      const { resolve, reject } = finish(running);
      if (answer.ok) resolve(answer.value as never);
      else reject(new EngineError(answer.code, answer.message));
      next();
    });
    started.on("error", (error) => lose(started, error));
    started.on("exit", () => lose(started, new Error("the reader's thread ended")));
    return started;
  };

  const next = (): void => {
    if (running !== null) return;
    const asked = waiting.shift();
    if (asked === undefined) {
      worker?.unref();
      return;
    }
    worker ??= start();
    worker.ref();
    worker.postMessage(asked.request);
    running = { ...asked, worker, disarm: scheduler.after(asked.deadlineMs, abandon) };
  };

  const finish = (query: Running): Running => {
    query.disarm();
    running = null;
    return query;
  };

  const abandon = (): void => {
    if (running === null) return;
    const { worker: late, deadlineMs, reject, request } = finish(running);
    worker = null;
    end(late);
    reject(
      new EngineError("timeout", `the query "${request.name}" took over ${deadlineMs} ms and was ended; ask for less`, {
        retryable: true,
      }),
    );
    next();
  };

  const lose = (lost: Worker, cause: unknown): void => {
    if (worker !== lost) return;
    worker = null;
    if (running !== null) {
      const text = cause instanceof Error ? cause.message : String(cause);
      const error = new EngineError("internal", `the record cannot be read: ${text}`, { cause, retryable: true });
      finish(running).reject(error);
    }
    next();
  };

  const end = (late: Worker): void => {
    const ended = late.terminate().finally(() => ending.delete(ended));
    ending.add(ended);
  };

  return {
    query(name, params, options = {}) {
      if (closed) return Promise.reject(storeClosed());
      if (waiting.length >= MAX_WAITING_QUERIES) {
        return Promise.reject(
          new EngineError("too_large", `over ${MAX_WAITING_QUERIES} queries wait`, { retryable: true }),
        );
      }
      const request: ReaderRequest = { id: nextId++, name, params };
      return new Promise((resolve, reject) => {
        waiting.push({
          request,
          deadlineMs: options.deadlineMs ?? DEFAULT_DEADLINE_MS,
          resolve,
          reject,
        });
        next();
      });
    },
    async close() {
      closed = true;
      for (const asked of waiting.splice(0)) asked.reject(storeClosed());
      if (running !== null) finish(running).reject(storeClosed());
      if (worker !== null) end(worker);
      worker = null;
      await Promise.all(ending);
    },
  };
}

function storeClosed(): EngineError {
  return new EngineError("conflict", "the store is closed");
}
