import { EngineError } from "../core/errors.ts";
import type { EngineEvent, RecordedEvent } from "../core/events.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { Connection } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * The one writer of the database, with group commit.
 *
 * W1. Tasks run in the order in which they were given, each in a savepoint: one that throws leaves no trace and rejects
 *     alone.
 * W2. A promise resolves only after the commit that holds its changes is on disk.
 * W3. Every flush checks the epoch: an engine whose lease was taken writes nothing.
 * W4. Events are handed to listeners after the commit, in `seq` order, every one exactly once.
 * W5. After a failed commit nothing is written any more, and nothing waits: the state in memory may be ahead of the disk.
 */
export interface Writer {
  write<T>(task: (tx: Transaction) => T): Promise<T>;
  /** Runs all that waits now. For shutdown and tests. */
  flush(): void;
  readonly waiting: number;
}

/** The tables as a task sees them, within one transaction. */
export interface Transaction extends Tables {
  readonly nowMs: number;
  /** Records an event in this transaction; returns its `seq`. */
  emit(event: EngineEvent): number;
}

export interface WriterParams {
  readonly db: Connection;
  readonly tables: Tables;
  readonly epoch: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly onCommit: (events: readonly RecordedEvent[]) => void;
  /** Called once, when no more can be written. */
  readonly onFatal: (error: EngineError) => void;
}

/** How long a flush may hold the engine's thread before the rest waits for the next one. */
const FLUSH_BUDGET_MS = 5;
const MAX_WAITING_TASKS = 200_000;

interface QueuedTask {
  readonly run: (tx: Transaction) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function groupCommitWriter(params: WriterParams): Writer {
  const { db, tables, clock, scheduler } = params;
  const statements = {
    begin: db.prepare("BEGIN IMMEDIATE"),
    commit: db.prepare("COMMIT"),
    rollback: db.prepare("ROLLBACK"),
    savepoint: db.prepare("SAVEPOINT task"),
    release: db.prepare("RELEASE task"),
    undo: db.prepare("ROLLBACK TO task"),
    epoch: db.prepare<[], { epoch: number }>("SELECT epoch FROM lease"),
  };
  let queue: QueuedTask[] = [];
  let flushPlanned = false;
  let fatal: EngineError | null = null;

  const plan = (): void => {
    if (flushPlanned) return;
    flushPlanned = true;
    scheduler.defer(() => {
      flushPlanned = false;
      flush();
      if (queue.length > 0) plan();
    });
  };

  const stop = (error: EngineError): void => {
    if (fatal !== null) return;
    fatal = error;
    for (const task of queue) task.reject(error);
    queue = [];
    params.onFatal(error);
  };

  const runTask = (task: QueuedTask, tx: Transaction, events: RecordedEvent[]): (() => void) => {
    const eventsBefore = events.length;
    statements.savepoint.run();
    try {
      const value = task.run(tx);
      if (value instanceof Promise) {
        value.catch(() => null);
        throw new EngineError("internal", "a change of the record must not wait for anything: it returned a promise");
      }
      statements.release.run();
      return () => task.resolve(value);
    } catch (error) {
      if (!db.inTransaction) throw error;
      statements.undo.run();
      statements.release.run();
      events.length = eventsBefore;
      return () => task.reject(error);
    }
  };

  const flush = (): void => {
    if (queue.length === 0 || fatal !== null) return;
    const events: RecordedEvent[] = [];
    const settled: (() => void)[] = [];
    const nowMs = clock.now();
    let begun: QueuedTask[] = [];
    try {
      statements.begin.run();
      if (statements.epoch.get()?.epoch !== params.epoch) {
        throw new EngineError(
          "locked",
          "another engine took over this data directory; this one writes nothing any more",
        );
      }
      const tx = openTransaction(tables, { nowMs, events });
      const deadline = clock.monotonic() + FLUSH_BUDGET_MS;
      let taken = 0;
      for (const task of queue) {
        taken++;
        settled.push(runTask(task, tx, events));
        if (clock.monotonic() >= deadline) break;
      }
      begun = queue.splice(0, taken);
      statements.commit.run();
    } catch (error) {
      if (db.inTransaction) statements.rollback.run();
      const reason = fatalError(error);
      for (const task of begun) task.reject(reason);
      stop(reason);
      return;
    }
    if (events.length > 0) params.onCommit(events);
    for (const settle of settled) settle();
  };

  return {
    write<T>(task: (tx: Transaction) => T): Promise<T> {
      if (fatal !== null) return Promise.reject(fatal);
      if (queue.length >= MAX_WAITING_TASKS) {
        return Promise.reject(
          new EngineError("too_large", `over ${MAX_WAITING_TASKS} changes wait to be written`, { retryable: true }),
        );
      }
      return new Promise<T>((resolve, reject) => {
        queue.push({ run: task, resolve: resolve as (value: unknown) => void, reject });
        plan();
      });
    },
    flush() {
      while (queue.length > 0) flush();
    },
    get waiting() {
      return queue.length;
    },
  };
}

function openTransaction(tables: Tables, params: { nowMs: number; events: RecordedEvent[] }): Transaction {
  return {
    ...tables,
    nowMs: params.nowMs,
    emit(event) {
      const seq = tables.events.append(event, params.nowMs);
      params.events.push({ ...event, seq, atMs: params.nowMs });
      return seq;
    },
  };
}

function fatalError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new EngineError("internal", `the record cannot be written (${text}); the engine takes no more work`, {
    cause: error,
  });
}
