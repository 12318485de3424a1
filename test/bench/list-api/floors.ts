import { openReadOnly } from "../../../engine/store/database.ts";
import { quantile } from "../engine/figures.ts";
import type { FloorName } from "./questions.ts";

const SAMPLES = 200;
const ROWS = 50;

/** A page of each table by its index, as bare as can be. */
const READS: Readonly<Record<FloorName, string>> = {
  runs: "SELECT * FROM runs ORDER BY id DESC LIMIT ?",
  steps: "SELECT * FROM steps WHERE run_id = (SELECT max(id) FROM runs WHERE status = 'succeeded') LIMIT ?",
  events: "SELECT * FROM events WHERE run_id IS NOT NULL ORDER BY run_id, seq LIMIT ?",
  logs: "SELECT * FROM log_lines ORDER BY run_id, id LIMIT ?",
  partitions:
    "SELECT p.key, a.*, m.* FROM partitions p JOIN asset_partitions a ON a.partition_id = p.id AND a.asset_id = " +
    "(SELECT id FROM assets WHERE key = 'load/upload') JOIN materializations m ON m.id = a.materialization_id " +
    "WHERE p.set_id = (SELECT id FROM partition_sets WHERE name = 'tenant_sources') ORDER BY p.key LIMIT ?",
  keys: "SELECT * FROM partitions WHERE set_id = 1 ORDER BY key LIMIT ?",
  materializations: "SELECT * FROM materializations ORDER BY id DESC LIMIT ?",
  ticks: "SELECT * FROM ticks ORDER BY id DESC LIMIT ?",
  backfills: "SELECT * FROM backfills ORDER BY id DESC LIMIT ?",
  audit: "SELECT * FROM audit ORDER BY id DESC LIMIT ?",
};

/** What better-sqlite3 alone takes for a page and its JSON, in ms: the 99th percentile, as the row's own figure is. */
export function measureFloors(file: string): ReadonlyMap<FloorName, number> {
  const db = openReadOnly(file);
  try {
    return new Map(
      Object.entries(READS).map(([name, sql]) => {
        const statement = db.prepare<[number]>(sql);
        const ms = Array.from({ length: SAMPLES }, () => {
          const startedAt = performance.now();
          JSON.stringify(statement.all(ROWS));
          return performance.now() - startedAt;
        });
        return [
          name as FloorName,
          quantile(
            ms.sort((a, b) => a - b),
            0.99,
          ) ?? 0,
        ];
      }),
    );
  } finally {
    db.close();
  }
}
