import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { EngineError } from "../core/errors.ts";
import type { RecordedEvent } from "../core/events.ts";
import { listenersOf } from "../core/listeners.ts";
import { type FaultPoints, noFaults } from "../core/ports/fault-points.ts";
import type { Clock, IdSource, Scheduler } from "../core/ports/time.ts";
import { removeLeftCopies } from "./care/backup.ts";
import { completeRestore } from "./care/restore.ts";
import { checkFiles, type EndedState, writeState } from "./care/ended-state.ts";
import { type Connection, fileError, openDatabase } from "./database.ts";
import { endLease, type Holder, lockDirectory, takeLease } from "./lock.ts";
import { migrate } from "./migrate.ts";
import { openReader, type Reader } from "./reader/reader.ts";
import { prepareTables, type Tables } from "./tables.ts";
import { type ValueStore, valueStore } from "./values.ts";
import { groupCommitWriter, type Writer } from "./writer.ts";

/** An engine's record, opened. Point reads go through `tables`, changes through `writer`, lists through `reader`. */
export interface Store {
  readonly tables: Tables;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly values: ValueStore;
  readonly epoch: number;
  /** Who this engine is in the lease. */
  readonly holder: string;
  /** The database's file. */
  readonly file: string;
  /** Whether the engine before ended in order. */
  readonly endedCleanly: boolean;
  /** New at each restore; cursors carry it (design §3.14). */
  readonly generation: string;
  /** Made with the record and kept through restores: what labels of containers say whose they are by. */
  readonly lineage: string;
  /** Tells of every commit that recorded events, after it. Returns how to stop. */
  onCommit(listener: CommitListener): () => void;
  /** Writes and syncs as much as the next changes may need, and takes it back. Throws `disk_failed`. */
  proveWritable(): Promise<void>;
  /** Writes what waits and gives the lease back. */
  close(): Promise<void>;
  /** Closes without a write: of a record that cannot be written, or that another opening took over. */
  abandon(): Promise<void>;
}

export type CommitListener = (events: readonly RecordedEvent[]) => void;

export interface OpenStoreParams {
  readonly directory: string;
  readonly host: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly onFatal: (error: EngineError) => void;
  /** A listener's throw is a bug that must not stop the others. */
  readonly onListenerError: (error: unknown) => void;
  readonly faults?: FaultPoints;
  /** The directory's, held for as long as it is the caller's; default: taken, and given back at the close. */
  readonly lock?: RecordLock;
  /** Of an opening before this one, whose values may not all be named; default: a new one. */
  readonly values?: ValueStore;
  /** Who held the lease, of an engine that opens its record anew: it goes on only where nobody else took it since. */
  readonly renewing?: string;
  /** How the file is opened; default: `openDatabase`. */
  readonly connect?: (file: string) => Connection;
}

/** Held while an engine may write to its directory. */
export type RecordLock = Disposable;

/**
 * Takes the directory, and finishes what a kill left of a restore or a backup. Throws `locked`, or `config` where the
 * directory cannot be used.
 */
export function lockRecord(directory: string): RecordLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(path.join(directory, LOCK_FILE), path.join(directory, DATABASE_FILE));
  try {
    completeRestore(directory);
    removeLeftCopies(directory);
    return lock;
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

export const DATABASE_FILE = "sheaf.db";
const LOCK_FILE = "lock.db";

/** Throws `locked`, `schema`, `corrupt`, `disk_failed`, or `config` where the directory cannot be used. */
export async function openStore(params: OpenStoreParams): Promise<Store> {
  const { directory, connect = openDatabase } = params;
  const file = path.join(directory, DATABASE_FILE);
  const lock = params.lock ?? lockRecord(directory);
  const release = (): void => {
    if (params.lock === undefined) lock[Symbol.dispose]();
  };
  let db: Connection | null = null;
  try {
    checkFiles(directory, file);
    db = connect(file);
    migrate(db, params.clock.now());
    return await assemble(db, { ...params, file, release });
  } catch (error) {
    db?.close();
    release();
    throw fileError(file, error) ?? error;
  }
}

interface AssembleParams extends OpenStoreParams {
  readonly file: string;
  readonly release: () => void;
}

async function assemble(db: Connection, params: AssembleParams): Promise<Store> {
  const { clock, scheduler, ids } = params;
  const holder: Holder = {
    holder: params.renewing ?? ids.uuid(),
    host: params.host,
    pid: params.pid,
    startedAtMs: clock.now(),
  };
  const { epoch, cleanBefore } = takeLease(db, holder, { isRenewal: params.renewing !== undefined });
  const generation = readId(db, "generation", ids);
  const lineage = readId(db, "lineage", ids);
  writeState(params.directory, { generation, epoch, phase: "open" });
  const tables = prepareTables(db);
  const commits = listenersOf<readonly RecordedEvent[]>(params.onListenerError);
  const writer = groupCommitWriter({
    db,
    tables,
    epoch,
    clock,
    scheduler,
    faults: params.faults ?? noFaults,
    onCommit: (events) => commits.tell(events),
    onFatal: params.onFatal,
  });
  const reader = openReader({ file: params.file, scheduler });
  return {
    tables,
    writer,
    reader,
    values: params.values ?? valueStore(path.join(params.directory, "values")),
    file: params.file,
    endedCleanly: cleanBefore,
    epoch,
    holder: holder.holder,
    generation,
    lineage,
    onCommit: (listener) => commits.add(listener),
    proveWritable: async () => proveWritable(db, params.file),
    async close() {
      const wasOpen = writer.isOpen;
      try {
        writer.close();
        await reader.close();
        if (wasOpen) endLease(db, { epoch, nowMs: clock.now() });
      } finally {
        const told = { directory: params.directory, generation, epoch };
        tellPhase("closing", told);
        db.close();
        if (!existsSync(`${params.file}-wal`)) tellPhase("closed", told);
        params.release();
      }
    },
    async abandon() {
      await reader.close();
      db.close();
      params.release();
    },
  };
}

interface PhaseParams extends Omit<EndedState, "phase"> {
  readonly directory: string;
}

/** A disk that fails now has been told of; the next start looks at the files themselves. */
function tellPhase(phase: EndedState["phase"], { directory, ...state }: PhaseParams): void {
  try {
    writeState(directory, { ...state, phase });
  } catch {}
}

/** More than a flush of the usual size takes. */
const PROOF_BYTES = 1024 * 1024;

function proveWritable(db: Connection, file: string): void {
  try {
    db.pragma("wal_checkpoint(TRUNCATE)");
    db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('proof', ?)").run("x".repeat(PROOF_BYTES));
    db.prepare("DELETE FROM meta WHERE key = 'proof'").run();
    db.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    throw fileError(file, error) ?? error;
  }
}

/** The id under this key, made at the first opening. */
function readId(db: Connection, key: string, ids: IdSource): string {
  db.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)").run(key, ids.uuid());
  const row = db.prepare<[string], { value: string }>("SELECT value FROM meta WHERE key = ?").get(key);
  return row?.value ?? "";
}
