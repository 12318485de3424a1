import Database from "better-sqlite3";
import { EngineError } from "../core/errors.ts";

export type Connection = Database.Database;
export type Statement<P extends unknown[] = unknown[], R = unknown> = Database.Statement<P, R>;

const PAGE_SIZE_BYTES = 8192;
const CACHE_KIB = 16_384;
const BUSY_TIMEOUT_MS = 5000;

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

function refused(file: string, error: unknown): EngineError {
  const text = error instanceof Error ? error.message : String(error);
  if (/not a database|malformed/.test(text)) {
    return new EngineError(
      "corrupt",
      `${file} is not a readable SQLite database (${text}). Move it and its -wal and -shm files aside, ` +
        `or restore a backup of the data directory; nothing was changed.`,
      { cause: error },
    );
  }
  return new EngineError("config", `cannot open the database ${file}: ${text}`, { cause: error });
}
