import { EngineError } from "../core/errors.ts";
import type { Connection } from "./database.ts";
import Database from "better-sqlite3";

/** What one engine says of itself to the next that finds the directory taken. */
export interface Holder {
  readonly holder: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAtMs: number;
}

/**
 * Holds a data directory against other engines: an exclusive transaction on a SQLite file of its own, which the
 * operating system ends with the process (design §3.4). Throws `locked`, naming who the lease says holds it, or `config`
 * where the directory cannot be locked at all.
 */
export function lockDirectory(lockFile: string, databaseFile: string): Disposable {
  let lock: Connection | null = null;
  try {
    lock = new Database(lockFile, { timeout: 0 });
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_BUSY")) {
      const text = error instanceof Error ? error.message : String(error);
      throw new EngineError("config", `cannot lock the data directory: ${lockFile}: ${text}`, { cause: error });
    }
    throw new EngineError("locked", `another engine holds this data directory: ${describeHolder(databaseFile)}`, {
      cause: error,
    });
  }
  const held = lock;
  return {
    [Symbol.dispose]() {
      held.close();
    },
  };
}

function describeHolder(databaseFile: string): string {
  try {
    const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
    const row = db
      .prepare<[], { host: string; pid: number; started_at_ms: number }>("SELECT host, pid, started_at_ms FROM lease")
      .get();
    db.close();
    if (row === undefined) return "it has no lease yet";
    return `process ${row.pid} on ${row.host}, started ${new Date(row.started_at_ms).toISOString()}`;
  } catch {
    return "its lease cannot be read";
  }
}

export interface Lease {
  readonly epoch: number;
  /** Whether the holder before ended in order. */
  readonly cleanBefore: boolean;
}

/**
 * Takes the lease under the lock: the next epoch, and this engine's name in the row. `isRenewal`: it had it already, and
 * throws `locked` where another one has taken it since.
 */
export function takeLease(db: Connection, holder: Holder, { isRenewal }: { readonly isRenewal: boolean }): Lease {
  return db
    .transaction((): Lease => {
      const before = db
        .prepare<[], { epoch: number; holder: string; ended_at_ms: number | null }>(
          "SELECT epoch, holder, ended_at_ms FROM lease",
        )
        .get();
      if (isRenewal && before?.holder !== holder.holder) {
        throw new EngineError("locked", "another engine took over this data directory while the disk failed");
      }
      const epoch = (before?.epoch ?? 0) + 1;
      db.prepare(
        "INSERT OR REPLACE INTO lease (id, epoch, holder, host, pid, started_at_ms, ended_at_ms) VALUES (1, ?, ?, ?, ?, ?, NULL)",
      ).run(epoch, holder.holder, holder.host, holder.pid, holder.startedAtMs);
      return { epoch, cleanBefore: before === undefined || before.ended_at_ms !== null };
    })
    .immediate();
}

/** Marks an orderly end. */
export function endLease(db: Connection, params: { epoch: number; nowMs: number }): void {
  db.prepare("UPDATE lease SET ended_at_ms = ? WHERE epoch = ?").run(params.nowMs, params.epoch);
}
