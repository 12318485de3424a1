import type { StepStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import type { RunRow } from "./runs.ts";

/** A run as lists show it: its row, and by name what the row refers to by id. */
export interface RunSummaryRow extends RunRow {
  readonly partition_key: string;
  readonly set_name: string;
  readonly set_dimensions: string;
  readonly tags: string;
  /** What it makes, in the order of its plan; JSON. */
  readonly assets: string;
  readonly step_count: number;
  readonly parent_uid: string | null;
  readonly root_uid: string | null;
  readonly backfill_uid: string | null;
  /** Of the steps that have a row; the others are pending. */
  readonly step_counts: Readonly<Partial<Record<StepStatus, number>>>;
}

export type RunSummaries = ReturnType<typeof runSummaries>;

/** Runs by id; those that are gone are left out. */
export function runSummaries(db: Connection) {
  const byId = db.prepare<[number], Omit<RunSummaryRow, "step_counts">>(
    "SELECT r.*, p.key AS partition_key, s.name AS set_name, s.dimensions AS set_dimensions, t.body AS tags, " +
      "a.body AS assets, pl.step_count, pa.uid AS parent_uid, ro.uid AS root_uid, b.uid AS backfill_uid " +
      "FROM runs r JOIN partitions p ON p.id = r.partition_id JOIN partition_sets s ON s.id = p.set_id " +
      "JOIN tag_sets t ON t.id = r.tag_set_id JOIN asset_sets a ON a.id = r.asset_set_id " +
      "JOIN run_plans pl ON pl.id = r.plan_id LEFT JOIN runs pa ON pa.id = r.parent_id " +
      "LEFT JOIN runs ro ON ro.id = r.root_id LEFT JOIN backfills b ON b.id = r.backfill_id WHERE r.id = ?",
  );
  const counts = db.prepare<[number], { status: StepStatus; count: number }>(
    "SELECT status, count(*) AS count FROM steps WHERE run_id = ? GROUP BY status",
  );
  return (ids: readonly number[]): readonly RunSummaryRow[] =>
    ids.flatMap((id) => {
      const row = byId.get(id);
      if (row === undefined) return [];
      const stepCounts = Object.fromEntries(counts.all(id).map((one) => [one.status, one.count]));
      return { ...row, step_counts: stepCounts };
    });
}
