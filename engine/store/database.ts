import Database from "better-sqlite3";
import { EngineError } from "../core/errors.ts";
import { corruptError } from "./care/repair.ts";

export type Connection = Database.Database;
export type Statement<P extends unknown[] = unknown[], R = unknown> = Database.Statement<P, R>;

const PAGE_SIZE_BYTES = 8192;
const CACHE_KIB = 16_384;
const BUSY_TIMEOUT_MS = 5000;
/**
 * After how many pages in the `-wal` a commit copies them into the database. The commit waits for the disk to have them:
 * with SQLite's default of 1,000 pages of this size for 12 ms and more, with this for some 3 ms, at the same throughput.
 */
const CHECKPOINT_PAGES = 250;
/**
 * While somebody reads one moment (a backup, a check, a list up to its deadline), the `-wal` cannot begin anew and grows.
 * After that SQLite would keep it as long as it was; with a limit the next beginning cuts it to this.
 */
export const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * The writer's connection; every pragma is set here. `synchronous=FULL` has to be said, since better-sqlite3 compiles
 * WAL databases to NORMAL, which can drop commits when the power fails. `page_size` and `auto_vacuum` only take
 * before the first table, so they are set on a file that has none.
 */
export function openDatabase(file: string): Connection {
  const db = openFile(file, {});
  try {
    if (db.pragma("page_count", { simple: true }) === 0) {
      db.pragma(`page_size = ${PAGE_SIZE_BYTES}`);
      db.pragma("auto_vacuum = INCREMENTAL");
    }
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
    db.pragma("foreign_keys = ON");
    db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma("temp_store = MEMORY");
    return db;
  } catch (error) {
    db.close();
    throw refused(file, error);
  }
}

/** A reader's connection: it cannot write and does not wait long. */
export function openReadOnly(file: string): Connection {
  const db = openFile(file, { readonly: true, fileMustExist: true });
  db.pragma("query_only = ON");
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma("temp_store = MEMORY");
  return db;
}

function openFile(file: string, options: Database.Options): Connection {
  try {
    return new Database(file, options);
  } catch (error) {
    throw refused(file, error);
  }
}

/** What an error of SQLite means to who opens or writes a record; null for an error that is none of the files. */
export function fileError(file: string, error: unknown): EngineError | null {
  if (!(error instanceof Database.SqliteError)) return null;
  const { code, message } = error;
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return corruptError(`${file} is not a sound SQLite database (${message})`, error);
  }
  if (code !== "SQLITE_FULL" && !code.startsWith("SQLITE_IOERR") && !code.startsWith("SQLITE_READONLY")) return null;
  const what = code === "SQLITE_FULL" ? "the disk is full" : `the disk fails (${message}, ${code})`;
  return new EngineError("disk_failed", `${what}: ${file} cannot be written`, { cause: error, retryable: true });
}

function refused(file: string, error: unknown): EngineError {
  const known = fileError(file, error);
  if (known !== null) return known;
  const text = error instanceof Error ? error.message : String(error);
  return new EngineError("config", `cannot open the database ${file}: ${text}`, { cause: error });
}
