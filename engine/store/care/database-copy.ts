import type { Connection } from "../database.ts";

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
