import { openDatabase } from "../../engine/store/database.ts";
import { migrate } from "../../engine/store/migrate.ts";

const HEAD = `-- The schema that the migrations make, for reading. Do not edit: a test compares it, and
-- \`node test/rigs/write-schema.ts\` writes it anew.
`;

/** The text of every table, index and trigger of a new database, in the order in which they were made. */
export function schemaText(): string {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  const made = db
    .prepare<[], string>(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    )
    .pluck()
    .all();
  db.close();
  return `${HEAD}\n${made.map((sql) => `${sql};`).join("\n\n")}\n`;
}
