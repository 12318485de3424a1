import { type Connection, openReadOnly } from "../database.ts";

export const MAX_CHECK_FINDINGS = 10;
/** 8 MB at the page size of the record. */
const PAGES_A_STEP = 1024;

/**
 * Copies the database as it is at one moment. The read transaction holds that moment: without it SQLite begins anew
 * whenever another connection commits, and under load never ends
 * (https://www.sqlite.org/c3ref/backup_finish.html#sqlite3backupstep).
 */
export async function copyDatabase(db: Connection, to: string): Promise<void> {
  db.exec("BEGIN");
  try {
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    await db.backup(to, { progress: () => PAGES_A_STEP });
  } finally {
    db.exec("COMMIT");
  }
}

/** What a copy is like. */
export interface CheckedCopy {
  /** Empty where it is sound. */
  readonly findings: readonly string[];
  /** The values that it names. */
  readonly hashes: readonly string[];
  readonly generation: string;
  readonly newestSeq: number;
}

export function checkCopy(file: string): CheckedCopy {
  const db = openReadOnly(file);
  try {
    const rows = db.pragma(`quick_check(${MAX_CHECK_FINDINGS})`) as { readonly quick_check: string }[];
    const findings = rows.map((row) => row.quick_check).filter((finding) => finding !== "ok");
    const text = (sql: string): readonly string[] => db.prepare<[], string>(sql).pluck().all();
    return {
      findings,
      hashes: text("SELECT DISTINCT value_sha256 FROM materializations WHERE value_sha256 IS NOT NULL"),
      generation: text("SELECT value FROM meta WHERE key = 'generation'")[0] ?? "",
      newestSeq: db.prepare<[], number | null>("SELECT max(seq) FROM events").pluck().get() ?? 0,
    };
  } finally {
    db.close();
  }
}
