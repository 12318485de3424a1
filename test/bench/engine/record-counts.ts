import { openReadOnly } from "../../../engine/store/database.ts";
import type { FloorResult } from "./floor-process.ts";

/** Other events than those of runs, which the floor does not write: the engine's start, a change of a set or backfill. */
const MAX_OTHER_EVENTS = 1000;

/** Throws where the floor did not write as many rows as the engine: then it is no floor. */
export function checkFloor(database: string, { counts }: FloorResult): void {
  const db = openReadOnly(database);
  try {
    for (const [table, expected] of Object.entries(counts)) {
      const found = db.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${table}`).get()?.count ?? 0;
      const more = table === "events" ? MAX_OTHER_EVENTS : 0;
      if (found >= expected && found <= expected + more) continue;
      throw new Error(`the engine wrote ${found} rows of ${table}, the floor ${expected}`);
    }
  } finally {
    db.close();
  }
}
