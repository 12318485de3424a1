import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "../../engine/store/database.ts";
import { migrate } from "../../engine/store/migrate.ts";

const MEMORY_FOLDER = "/dev/shm";

export interface SimulationFolder extends Disposable {
  readonly folder: string;
  readonly template: string;
}

/** A place for data directories, in memory where the system has such a folder, and an empty record to start from. */
export function simulationFolder(): SimulationFolder {
  const folder = mkdtempSync(path.join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), "sheaf-simulation-"));
  const template = path.join(folder, "template");
  mkdirSync(template);
  const db = openDatabase(path.join(template, "sheaf.db"));
  migrate(db, 0);
  db.close();
  return { folder, template, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
