import path from "node:path";
import type { EngineError } from "../../engine/core/errors.ts";
import type { RecordedEvent } from "../../engine/core/events.ts";
import type { FaultPoints } from "../../engine/core/ports/fault-points.ts";
import type { IdSource } from "../../engine/core/ports/time.ts";
import { type Connection, openReadOnly } from "../../engine/store/database.ts";
import { prepareQueries, type Queries } from "../../engine/store/reader/queries.ts";
import { openStore, type Store } from "../../engine/store/store.ts";
import type { Transaction } from "../../engine/store/writer.ts";
import { type ManualClock, manualClock, seededIds } from "./manual-clock.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** An opened record on a folder of its own, in a time that only the test moves on. */
export interface RecordRig extends AsyncDisposable {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly ids: IdSource;
  readonly directory: string;
  /** The database's file, for a look from outside. */
  readonly file: string;
  /** The reader's queries on a connection of the test's own thread. */
  readonly queries: Queries;
  /** What the store committed, in order. */
  readonly events: readonly RecordedEvent[];
  /** What it reported of itself; a test that expects a problem empties it. */
  readonly problems: unknown[];
  /** Writes and commits at once. */
  write<T>(task: (tx: Transaction) => T): Promise<T>;
  /** Lets the clock go on until the promise settles. */
  during<T>(promise: Promise<T>): Promise<T>;
  /** Closes the store; what is closed already stays so. */
  close(): Promise<void>;
  /** Closes the store and opens it again. */
  reopen(): Promise<RecordRig>;
}

export interface RecordRigOptions {
  readonly directory?: string;
  readonly clock?: ManualClock;
  readonly seed?: string;
  readonly faults?: FaultPoints;
}

const MAX_SETTLE_ROUNDS = 10_000;

export async function recordRig(options: RecordRigOptions = {}): Promise<RecordRig> {
  const folder = options.directory === undefined ? await temporaryFolder() : null;
  const directory = options.directory ?? path.join(folder?.path ?? "", "data");
  const file = path.join(directory, "sheaf.db");
  const clock = options.clock ?? manualClock();
  const ids = seededIds(options.seed ?? "record", clock);
  const problems: unknown[] = [];
  const events: RecordedEvent[] = [];
  const store = await openStore({
    directory,
    host: "test-host",
    pid: process.pid,
    clock,
    scheduler: clock,
    ids,
    onFatal: (error: EngineError) => problems.push(error),
    onListenerError: (error) => problems.push(error),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  store.onCommit((committed) => events.push(...committed));
  let isOpen = true;
  const others: RecordRig[] = [];
  let reading: { readonly db: Connection; readonly queries: Queries } | null = null;
  const close = async (): Promise<void> => {
    reading?.db.close();
    reading = null;
    if (isOpen) await store.close();
    isOpen = false;
  };
  return {
    store,
    clock,
    ids,
    directory,
    file,
    get queries() {
      if (reading === null) {
        const db = openReadOnly(file);
        reading = { db, queries: prepareQueries(db) };
      }
      return reading.queries;
    },
    events,
    problems,
    async write(task) {
      const written = store.writer.write(task);
      store.writer.flush();
      return await written;
    },
    during: (promise) => during(clock, promise),
    close,
    async reopen() {
      await close();
      const other = await recordRig({ directory, clock, seed: `${options.seed ?? "record"} again` });
      others.push(other);
      return other;
    },
    async [Symbol.asyncDispose]() {
      for (const other of others) await other[Symbol.asyncDispose]();
      await close();
      await folder?.[Symbol.asyncDispose]();
      if (problems.length > 0) throw new AggregateError(problems, "the record reported problems");
    },
  };
}

async function during<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let done = false;
  const settled = promise.finally(() => {
    done = true;
  });
  settled.catch(() => {});
  for (let round = 0; round < MAX_SETTLE_ROUNDS && !done; round++) await clock.settle();
  return await settled;
}
