import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { EngineError } from "../core/errors.ts";
import type { RecordedEvent } from "../core/events.ts";
import { listenersOf } from "../core/listeners.ts";
import { type FaultPoints, noFaults } from "../core/ports/fault-points.ts";
import type { Clock, IdSource, Scheduler } from "../core/ports/time.ts";
import { checkFiles, writeState } from "./care/ended-state.ts";
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
  /** The database's file. */
  readonly file: string;
  /** Whether the engine before ended in order. */
  readonly endedCleanly: boolean;
  /** New at each restore; cursors carry it (design §3.14). */
  readonly generation: string;
  /** Tells of every commit that recorded events, after it. Returns how to stop. */
  onCommit(listener: CommitListener): () => void;
  /** Writes what waits and gives the lease back. */
  close(): Promise<void>;
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
}

/** Throws `locked`, `schema`, `corrupt`, `disk_failed`, or `config` where the directory cannot be used. */
export async function openStore(params: OpenStoreParams): Promise<Store> {
  mkdirSync(params.directory, { recursive: true, mode: 0o700 });
  const file = path.join(params.directory, "sheaf.db");
  const lock = lockDirectory(path.join(params.directory, "lock.db"), file);
  let db: Connection | null = null;
  try {
    checkFiles(params.directory, file);
    db = openDatabase(file);
    migrate(db, params.clock.now());
    return await assemble(db, { ...params, file, lock });
  } catch (error) {
    db?.close();
    lock[Symbol.dispose]();
    throw fileError(file, error) ?? error;
  }
}

interface AssembleParams extends OpenStoreParams {
  readonly file: string;
  readonly lock: Disposable;
}

async function assemble(db: Connection, params: AssembleParams): Promise<Store> {
  const { clock, scheduler, ids } = params;
  const holder: Holder = { holder: ids.uuid(), host: params.host, pid: params.pid, startedAtMs: clock.now() };
  const { epoch, cleanBefore } = takeLease(db, holder);
  const generation = readGeneration(db, ids);
  writeState(params.directory, { generation, epoch, isClosed: false });
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
    values: valueStore(path.join(params.directory, "values")),
    file: params.file,
    endedCleanly: cleanBefore,
    epoch,
    generation,
    onCommit: (listener) => commits.add(listener),
    async close() {
      const wasOpen = writer.isOpen;
      try {
        writer.close();
        await reader.close();
        if (wasOpen) endLease(db, { epoch, nowMs: clock.now() });
      } finally {
        db.close();
        if (wasOpen) writeState(params.directory, { generation, epoch, isClosed: !existsSync(`${params.file}-wal`) });
        params.lock[Symbol.dispose]();
      }
    },
  };
}

function readGeneration(db: Connection, ids: IdSource): string {
  db.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES ('generation', ?)").run(ids.uuid());
  const row = db.prepare<[], { value: string }>("SELECT value FROM meta WHERE key = 'generation'").get();
  return row?.value ?? "";
}
