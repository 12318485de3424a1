import { EngineError, type ErrorCode } from "../../core/errors.ts";
import type { Scheduler } from "../../core/ports/time.ts";
import { siblingModule } from "../../core/sibling-module.ts";
import { type DatabaseThread, databaseThread } from "../database-thread.ts";
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

export interface OpenReaderParams {
  readonly file: string;
  readonly scheduler: Scheduler;
}

export function openReader(params: OpenReaderParams): Reader {
  const line = new QueryLine(params);
  return {
    query: (name, query, options) =>
      new Promise((resolve, reject) => {
        line.ask({ name, params: query }, { deadlineMs: options?.deadlineMs ?? DEFAULT_DEADLINE_MS, resolve, reject });
      }),
    close: () => line.close(),
  };
}

interface Waiter {
  readonly deadlineMs: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

interface Asked extends Waiter {
  readonly request: ReaderRequest;
}

interface Running extends Asked {
  readonly thread: DatabaseThread;
  readonly disarm: () => void;
}

/** The queries that wait, and the one that runs. */
class QueryLine {
  readonly #params: OpenReaderParams;
  readonly #waiting: Asked[] = [];
  readonly #ending = new Set<Promise<unknown>>();
  #running: Running | null = null;
  #thread: DatabaseThread | null = null;
  #nextId = 1;
  #closed = false;

  constructor(params: OpenReaderParams) {
    this.#params = params;
  }

  ask(query: Omit<ReaderRequest, "id">, waiter: Waiter): void {
    if (this.#closed) {
      waiter.reject(storeClosed());
      return;
    }
    if (this.#waiting.length >= MAX_WAITING_QUERIES) {
      waiter.reject(new EngineError("too_large", `over ${MAX_WAITING_QUERIES} queries wait`, { retryable: true }));
      return;
    }
    this.#waiting.push({ ...waiter, request: { id: this.#nextId++, ...query } });
    this.#next();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const asked of this.#waiting.splice(0)) asked.reject(storeClosed());
    if (this.#running !== null) this.#finish(this.#running).reject(storeClosed());
    if (this.#thread !== null) this.#end(this.#thread);
    this.#thread = null;
    await Promise.all(this.#ending);
  }

  #next(): void {
    if (this.#running !== null) return;
    const asked = this.#waiting.shift();
    if (asked === undefined) {
      this.#thread?.worker.unref();
      return;
    }
    const thread = (this.#thread ??= this.#start());
    thread.worker.ref();
    thread.worker.postMessage(asked.request);
    const disarm = this.#params.scheduler.after(asked.deadlineMs, () => this.#abandon());
    this.#running = { ...asked, thread, disarm };
  }

  #start(): DatabaseThread {
    const thread = databaseThread({
      module: new URL(siblingModule(import.meta.url, "reader-worker")),
      workerData: { file: this.#params.file },
      onMessage: (answer) => this.#answer(thread, answer as ReaderAnswer),
      onError: (error) => this.#lose(thread, error),
      onExit: () => this.#lose(thread, new Error("the reader's thread ended")),
    });
    return thread;
  }

  #answer(thread: DatabaseThread, answer: ReaderAnswer): void {
    if (this.#running?.thread !== thread || this.#running.request.id !== answer.id) return;
    const { resolve, reject } = this.#finish(this.#running);
    if (answer.ok) resolve(answer.value as never);
    else reject(new EngineError(answer.code, answer.message));
    this.#next();
  }

  #finish(running: Running): Running {
    running.disarm();
    this.#running = null;
    return running;
  }

  #abandon(): void {
    if (this.#running === null) return;
    const { thread, deadlineMs, reject, request } = this.#finish(this.#running);
    this.#thread = null;
    this.#end(thread);
    reject(
      new EngineError("timeout", `the query "${request.name}" took over ${deadlineMs} ms and was ended; ask for less`, {
        retryable: true,
      }),
    );
    this.#next();
  }

  #lose(lost: DatabaseThread, cause: unknown): void {
    if (this.#thread !== lost) return;
    this.#thread = null;
    if (this.#running !== null) {
      const text = cause instanceof Error ? cause.message : String(cause);
      const error = new EngineError("internal", `the record cannot be read: ${text}`, { cause, retryable: true });
      this.#finish(this.#running).reject(error);
    }
    this.#next();
  }

  #end(thread: DatabaseThread): void {
    const ended = thread.end().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}

function storeClosed(): EngineError {
  return new EngineError("conflict", "the store is closed");
}
