import { readdirSync, readFileSync } from "node:fs";
import { EngineError } from "../core/errors.ts";
import { sha256 } from "../core/json.ts";
import { corruptError } from "./care/repair.ts";
import type { Connection } from "./database.ts";

interface Migration {
  readonly id: number;
  readonly name: string;
  readonly sha256: string;
  readonly sql: string;
}

interface Applied {
  readonly id: number;
  readonly name: string;
  readonly sha256: string;
}

const FOLDER = new URL("./migrations/", import.meta.url);

/**
 * Brings the database to the newest schema, each file in a transaction of its own. Throws `schema` where the database
 * has migrations that this version lacks, or one that was changed since it was applied.
 */
export function migrate(db: Connection, nowMs: number): void {
  refuseForeign(db);
  db.exec(
    "CREATE TABLE IF NOT EXISTS migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, " +
      "applied_at_ms INTEGER NOT NULL) STRICT",
  );
  const known = readMigrations();
  const applied = db.prepare<[], Applied>("SELECT id, name, sha256 FROM migrations ORDER BY id").all();
  for (const [index, row] of applied.entries()) {
    const migration = known[index];
    if (migration === undefined) {
      throw new EngineError(
        "schema",
        `the database holds migration ${row.name}, which this version of Sheaf does not know: it was written by a newer ` +
          `version. Start that version, or restore a backup made before the upgrade: sheaf restore FILE`,
      );
    }
    if (migration.id !== row.id || migration.sha256 !== row.sha256) {
      throw new EngineError(
        "schema",
        `migration ${row.name} was changed after it was applied: this is not the version of Sheaf that wrote the ` +
          `database. Start that version (put ${migration.name} back as it was), or restore a backup made before: ` +
          `sheaf restore FILE`,
      );
    }
  }
  const insert = db.prepare("INSERT INTO migrations (id, name, sha256, applied_at_ms) VALUES (?, ?, ?, ?)");
  for (const migration of known.slice(applied.length)) {
    db.transaction(() => {
      db.exec(migration.sql);
      insert.run(migration.id, migration.name, migration.sha256, nowMs);
    }).immediate();
  }
}

/** A database of something else must not get our tables beside its own. */
function refuseForeign(db: Connection): void {
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  if (tables.length === 0 || tables.includes("migrations")) return;
  throw corruptError(`${db.name} is no record of Sheaf: it holds ${tables.slice(0, 5).join(", ")}`);
}

function readMigrations(): readonly Migration[] {
  const names = readdirSync(FOLDER).filter((name) => /^\d{4}_[a-z_]+\.sql$/.test(name));
  return names.sort().map((name, index) => {
    const id = Number(name.slice(0, 4));
    if (id !== index + 1)
      throw new EngineError("schema", `migration ${name} is out of order; expected number ${index + 1}`);
    const sql = readFileSync(new URL(name, FOLDER), "utf8");
    return { id, name, sha256: sha256(sql), sql };
  });
}
