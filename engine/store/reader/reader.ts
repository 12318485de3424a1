import { Worker } from "node:worker_threads";
import { EngineError } from "../../core/errors.ts";
import type { Clock, Scheduler } from "../../core/ports/time.ts";
import { siblingModule } from "../../core/sibling-module.ts";
import type { Queries, QueryName } from "./queries.ts";

/**
 * Lists, searches and counts, in a worker with a connection of its own: better-sqlite3 blocks its thread, and the
 * engine's must not be it. A query over its deadline ends the worker; the next query starts another.
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
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

const DEFAULT_DEADLINE_MS = 5000;
const MAX_WAITING_QUERIES = 1000;

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
  readonly request: ReaderRequest;
  readonly disarm: () => void;
}

export interface OpenReaderParams {
  readonly file: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

export async function openReader(params: OpenReaderParams): Promise<Reader> {
  const pending = new Map<number, Pending>();
  let worker: Worker | null = null;
  let nextId = 1;
  let closed = false;

  const fail = (id: number, error: Error): void => {
    const one = pending.get(id);
    if (one === undefined) return;
    pending.delete(id);
    one.disarm();
    one.reject(error);
  };

  const start = (): Worker => {
    const started = new Worker(new URL(siblingModule(import.meta.url, "reader-worker")), {
      workerData: { file: params.file },
    });
    started.on("message", (answer: ReaderAnswer) => {
      const one = pending.get(answer.id);
      if (one === undefined) return;
      if (!answer.ok) {
        fail(
          answer.id,
          new EngineError(answer.code === "invalid_request" ? "invalid_request" : "internal", answer.message),
        );
        return;
      }
      pending.delete(answer.id);
      one.disarm();
      one.resolve(answer.value as never);
    });
    started.on("error", (error) => lose(started, error instanceof Error ? error : new Error(String(error))));
    started.unref();
    return started;
  };

  const lose = (lost: Worker, error: Error): void => {
    if (worker !== lost) return;
    worker = null;
    for (const id of [...pending.keys()]) fail(id, error);
  };

  /** Queries that wait behind the late one move to the next worker. */
  const abandon = (id: number, deadlineMs: number): void => {
    fail(
      id,
      new EngineError("timeout", `the query took over ${deadlineMs} ms and was ended; ask for less`, {
        retryable: true,
      }),
    );
    const late = worker;
    worker = start();
    for (const one of pending.values()) worker.postMessage(one.request);
    void late?.terminate();
  };

  return {
    query(name, queryParams, options = {}) {
      if (closed) return Promise.reject(new EngineError("conflict", "the store is closed"));
      if (pending.size >= MAX_WAITING_QUERIES) {
        return Promise.reject(
          new EngineError("too_large", `over ${MAX_WAITING_QUERIES} queries wait`, { retryable: true }),
        );
      }
      const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
      const request: ReaderRequest = { id: nextId++, name, params: queryParams };
      worker ??= start();
      const answering = worker;
      return new Promise((resolve, reject) => {
        const disarm = params.scheduler.after(deadlineMs, () => abandon(request.id, deadlineMs));
        pending.set(request.id, { resolve: resolve as (value: never) => void, reject, request, disarm });
        answering.postMessage(request);
      });
    },
    async close() {
      closed = true;
      const last = worker;
      worker = null;
      for (const id of [...pending.keys()]) fail(id, new EngineError("conflict", "the store is closed"));
      await last?.terminate();
    },
  };
}
