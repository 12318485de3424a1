import { EngineError } from "../core/errors.ts";
import type { EngineEvent, RecordedEvent } from "../core/events.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import { type Connection, fileError, type Statement } from "./database.ts";
import type { Tables } from "./tables.ts";

/**
 * The one writer of the database, with group commit.
 *
 * W1. Tasks run in the order in which they were given, each in a savepoint: one that throws leaves no trace and rejects
 *     alone. A `careful` task needs no savepoint, which costs a copy of every page that it touches: it changes nothing
 *     before it can throw no more, or has called `mustCommit` or `undoable`.
 * W2. A promise resolves only after the commit that holds its changes is on disk.
 * W3. Every flush checks the epoch: an engine whose lease was taken writes nothing.
 * W4. Events are handed to listeners after the commit, in `seq` order, every one exactly once.
 * W5. After a failed commit, and after the throw of a task that changed memory together with its rows (`mustCommit`),
 *     nothing is written any more, and nothing waits: the state in memory may be ahead of the disk.
 *     An error of the disk or of the file stops it too, whichever task met it.
 * W6. What a task wants done after the commit is done after it, in order, and not at all where the task left no trace.
 */
export interface Writer {
  write<T>(task: (tx: Transaction) => T, options?: WriteOptions): Promise<T>;
  /** Runs all that waits now. For shutdown and tests. */
  flush(): void;
  /** Runs all that waits and takes nothing any more. */
  close(): void;
  /** Takes nothing any more, and refuses what waits: what the record needs beside it cannot be written. */
  fail(error: EngineError): void;
  /** False after the end, and after a failure: then it has been told, and whoever is refused a change need not tell it. */
  readonly isOpen: boolean;
  readonly waiting: number;
  /** Commits since the engine was opened. */
  readonly commits: number;
}

export interface WriteOptions {
  /** Whether the task has changed nothing where it throws before `mustCommit` or `undoable` (W1). Default false. */
  readonly careful?: boolean;
}

/** The tables as a task sees them, within one transaction. */
export interface Transaction extends Tables {
  readonly nowMs: number;
  /** Records an event in this transaction; returns its `seq`. */
  emit(event: EngineEvent): number;
  /** Does this when the task's changes are on disk. It must not throw. */
  afterCommit(action: () => void): void;
  /** To be called by a careful task that cannot be, before its first change: where it throws, that is undone. */
  undoable(): void;
  /** To be called before the task changes what is kept in memory: from here on it must not throw (W5). */
  mustCommit(): void;
}

export interface WriterParams {
  readonly db: Connection;
  readonly tables: Tables;
  readonly epoch: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly faults: FaultPoints;
  readonly onCommit: (events: readonly RecordedEvent[]) => void;
  /** Called once, when no more can be written. */
  readonly onFatal: (error: EngineError) => void;
}

/** How long a flush may hold the engine's thread before the rest waits for the next one. */
const FLUSH_BUDGET_MS = 5;
const MAX_WAITING_TASKS = 200_000;

interface QueuedTask {
  readonly isCareful: boolean;
  readonly run: (tx: Transaction) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What a flush owes to the outside once its commit is on disk. */
interface Flush {
  readonly events: RecordedEvent[];
  readonly afterCommit: (() => void)[];
  readonly settled: (() => void)[];
  /** Whether what the task that runs now changes can be undone. */
  hasSavepoint: boolean;
  /** Whether the task that runs now has changed memory. */
  mustCommit: boolean;
}

export function groupCommitWriter(params: WriterParams): Writer {
  const { db, tables, clock, scheduler, faults } = params;
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
  let closed = false;
  let commits = 0;

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

  const runTask = (task: QueuedTask, { tx, flush }: { tx: Transaction; flush: Flush }): void => {
    const before = { events: flush.events.length, afterCommit: flush.afterCommit.length };
    flush.mustCommit = false;
    flush.hasSavepoint = false;
    if (!task.isCareful) tx.undoable();
    try {
      const value = task.run(tx);
      if (value instanceof Promise) {
        value.catch(() => null);
        throw new EngineError("internal", "a change of the record must not wait for anything: it returned a promise");
      }
      if (flush.hasSavepoint) statements.release.run();
      flush.settled.push(() => task.resolve(value));
    } catch (error) {
      const hasTrace = !flush.hasSavepoint && flush.events.length > before.events;
      if (!db.inTransaction || flush.mustCommit || hasTrace || fileError(db.name, error) !== null) throw error;
      if (flush.hasSavepoint) {
        statements.undo.run();
        statements.release.run();
      }
      flush.events.length = before.events;
      flush.afterCommit.length = before.afterCommit;
      flush.settled.push(() => task.reject(error));
    }
  };

  /** Runs what waits, as far as the budget goes, and commits it. */
  const commitTasks = (flush: Flush): void => {
    faults.reach("flush.before-begin");
    statements.begin.run();
    if (statements.epoch.get()?.epoch !== params.epoch) {
      throw new EngineError("locked", "another engine took over this data directory; this one writes nothing any more");
    }
    const tx = openTransaction(tables, { nowMs: clock.now(), flush, savepoint: statements.savepoint });
    const deadline = clock.monotonic() + FLUSH_BUDGET_MS;
    for (const task of queue) {
      runTask(task, { tx, flush });
      if (clock.monotonic() >= deadline) break;
    }
    faults.reach("flush.before-commit");
    statements.commit.run();
    commits++;
    tables.interned.committed();
    faults.reach("flush.after-commit");
    queue = queue.slice(flush.settled.length);
  };

  const flush = (): void => {
    if (queue.length === 0 || fatal !== null) return;
    const current: Flush = { events: [], afterCommit: [], settled: [], hasSavepoint: false, mustCommit: false };
    try {
      commitTasks(current);
    } catch (error) {
      const reason = fatalError(db, error);
      rollBack();
      stop(reason);
      return;
    }
    if (current.events.length > 0) params.onCommit(current.events);
    try {
      for (const action of current.afterCommit) action();
      faults.reach("flush.before-settled");
    } catch (error) {
      stop(fatalError(db, error));
    }
    for (const settle of current.settled) settle();
  };

  /** Where even that fails there is nothing left to save: the transaction dies with the connection. */
  const rollBack = (): void => {
    try {
      if (db.inTransaction) statements.rollback.run();
    } catch {}
  };

  return {
    write<T>(task: (tx: Transaction) => T, { careful = false }: WriteOptions = {}): Promise<T> {
      if (fatal !== null) return Promise.reject(fatal);
      if (closed) return Promise.reject(new EngineError("conflict", "the record is closed"));
      if (queue.length >= MAX_WAITING_TASKS) {
        return Promise.reject(
          new EngineError("too_large", `over ${MAX_WAITING_TASKS} changes wait to be written`, { retryable: true }),
        );
      }
      return new Promise<T>((resolve, reject) => {
        queue.push({ run: task, isCareful: careful, resolve: resolve as (value: unknown) => void, reject });
        plan();
      });
    },
    flush() {
      while (queue.length > 0) flush();
    },
    close() {
      while (queue.length > 0) flush();
      closed = true;
    },
    fail: stop,
    get isOpen() {
      return fatal === null && !closed;
    },
    get waiting() {
      return queue.length;
    },
    get commits() {
      return commits;
    },
  };
}

interface OpenTransactionParams {
  readonly nowMs: number;
  readonly flush: Flush;
  readonly savepoint: Statement;
}

function openTransaction(tables: Tables, { nowMs, flush, savepoint }: OpenTransactionParams): Transaction {
  return {
    ...tables,
    nowMs,
    emit(event) {
      const seq = tables.events.append(event, nowMs);
      flush.events.push({ ...event, seq, atMs: nowMs });
      return seq;
    },
    afterCommit: (action) => void flush.afterCommit.push(action),
    undoable() {
      if (flush.hasSavepoint) return;
      savepoint.run();
      flush.hasSavepoint = true;
    },
    mustCommit() {
      flush.mustCommit = true;
    },
  };
}

function fatalError(db: Connection, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const known = fileError(db.name, error);
  if (known !== null) return known;
  const text = error instanceof Error ? error.message : String(error);
  return new EngineError("internal", `the record cannot be written (${text}); the engine takes no more work`, {
    cause: error,
  });
}
