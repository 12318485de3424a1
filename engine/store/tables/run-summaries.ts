import { type CheckOutcome, checkOutcomes, isTerminalRun, type StepStatus, stepStatuses } from "../../core/states.ts";
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
  const steps = wordCounter<StepStatus>(db, { from: "steps", column: "status", words: stepStatuses });
  const checks = wordCounter<CheckOutcome>(db, { from: "check_evaluations", column: "outcome", words: checkOutcomes });
  return (ids: readonly number[]): readonly RunSummaryRow[] =>
    ids.flatMap((id) => {
      const row = byId.get(id);
      if (row === undefined) return [];
      return { ...row, step_counts: steps(row), check_counts: row.assets.includes(":") ? checks(row) : {} };
    });
}

const KEPT_COUNTS = 10_000;

interface WordCounterParams<W extends string> {
  readonly from: "steps" | "check_evaluations";
  readonly column: "status" | "outcome";
  readonly words: readonly W[];
}

type WordCounts<W extends string> = Readonly<Partial<Record<W, number>>>;

/** How many of a run's rows have which word. Of a run that has ended that never changes, and is kept. */
function wordCounter<W extends string>(
  db: Connection,
  { from, column, words }: WordCounterParams<W>,
): (run: Pick<RunRow, "id" | "uid" | "status">) => WordCounts<W> {
  const columns = words.map((word) => `count(*) FILTER (WHERE ${column} = '${word}')`).join(", ");
  const count = db.prepare<[number], readonly number[]>(`SELECT ${columns} FROM ${from} WHERE run_id = ?`).raw();
  const kept = new Map<string, WordCounts<W>>();
  return ({ id, uid, status }) => {
    const known = kept.get(uid);
    if (known !== undefined) return known;
    const found = count.get(id) ?? [];
    const counts = Object.fromEntries(
      words.flatMap((word, at) => ((found[at] ?? 0) > 0 ? [[word, found[at]]] : [])),
    ) as WordCounts<W>;
    // What a change may still take back is not kept.
    if (!isTerminalRun(status) || (db.inTransaction && !db.readonly)) return counts;
    kept.set(uid, counts);
    if (kept.size > KEPT_COUNTS) kept.delete(kept.keys().next().value ?? "");
    return counts;
  };
}
