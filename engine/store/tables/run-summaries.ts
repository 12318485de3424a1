import type { CheckOutcome, StepStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import type { RunRow } from "./runs.ts";

/** A run as lists show it: its row, and by name what the row refers to by id. */
export interface RunSummaryRow extends RunRow {
  readonly partition_key: string;
  readonly set_name: string;
  readonly set_dimensions: string;
  readonly tags: string;
  /** The keys of what it makes and checks, in the order of its plan; JSON. */
  readonly assets: string;
  readonly step_count: number;
  readonly parent_uid: string | null;
  readonly root_uid: string | null;
  readonly backfill_uid: string | null;
  /** Of the steps that have a row; the others are pending. */
  readonly step_counts: Readonly<Partial<Record<StepStatus, number>>>;
  /** What its checks found. */
  readonly check_counts: Readonly<Partial<Record<CheckOutcome, number>>>;
}

export type RunSummaries = ReturnType<typeof runSummaries>;

const SET_ID = "(SELECT set_id FROM partitions WHERE id = r.partition_id)";

/**
 * Runs by id; those that are gone are left out. Lookups instead of joins: SQLite plans a join with a bound value anew
 * at each execution (it reads the value while it plans), which takes twenty times as long as these lookups.
 */
export function runSummaries(db: Connection) {
  const byId = db.prepare<[number], Omit<RunSummaryRow, "step_counts" | "check_counts">>(
    `SELECT r.*, (SELECT key FROM partitions WHERE id = r.partition_id) AS partition_key,
      (SELECT name FROM partition_sets WHERE id = ${SET_ID}) AS set_name,
      (SELECT dimensions FROM partition_sets WHERE id = ${SET_ID}) AS set_dimensions,
      (SELECT body FROM tag_sets WHERE id = r.tag_set_id) AS tags,
      (SELECT body FROM asset_sets WHERE id = r.asset_set_id) AS assets,
      (SELECT step_count FROM run_plans WHERE id = r.plan_id) AS step_count,
      (SELECT uid FROM runs WHERE id = r.parent_id) AS parent_uid,
      (SELECT uid FROM runs WHERE id = r.root_id) AS root_uid,
      (SELECT uid FROM backfills WHERE id = r.backfill_id) AS backfill_uid
    FROM runs r WHERE r.id = ?`,
  );
  const statuses = db.prepare<[number], StepStatus>("SELECT status FROM steps WHERE run_id = ?").pluck();
  const outcomes = db.prepare<[number], CheckOutcome>("SELECT outcome FROM check_evaluations WHERE run_id = ?").pluck();
  return (ids: readonly number[]): readonly RunSummaryRow[] =>
    ids.flatMap((id) => {
      const row = byId.get(id);
      if (row === undefined) return [];
      const step_counts = countsOf(statuses.all(id));
      return { ...row, step_counts, check_counts: row.assets.includes(":") ? countsOf(outcomes.all(id)) : {} };
    });
}

function countsOf<W extends string>(words: readonly W[]): Partial<Record<W, number>> {
  const counts: Partial<Record<W, number>> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
