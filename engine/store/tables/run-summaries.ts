import { type CheckOutcome, checkOutcomes, isTerminalRun, type StepStatus, stepStatuses } from "../../core/states.ts";
import type { Connection, Statement } from "../database.ts";
import type { RunRow } from "./runs.ts";

/** What a run's row refers to that many runs share. */
interface SharedColumns {
  readonly set_name: string;
  readonly set_dimensions: string;
  /** The keys of what it makes and checks, in the order of its plan; JSON. */
  readonly assets: string;
  readonly step_count: number;
}

/** A run as lists show it: its row, and by name what the row refers to by id. */
export interface RunSummaryRow extends RunRow, SharedColumns {
  readonly partition_key: string;
  readonly tags: string;
  readonly parent_uid: string | null;
  readonly root_uid: string | null;
  readonly backfill_uid: string | null;
  /** Of the steps that have a row; the others are pending. */
  readonly step_counts: Readonly<Partial<Record<StepStatus, number>>>;
  /** What its checks found. */
  readonly check_counts: Readonly<Partial<Record<CheckOutcome, number>>>;
}

export type RunSummaries = ReturnType<typeof runSummaries>;

type FoundRow = Omit<RunSummaryRow, keyof SharedColumns | "step_counts" | "check_counts"> & { readonly set_id: number };

/**
 * Runs by id; those that are gone are left out. Lookups instead of joins: SQLite plans a join with a bound value anew
 * at each execution (it reads the value while it plans), which takes twenty times as long as these lookups.
 */
export function runSummaries(db: Connection) {
  const byId = db.prepare<[number], FoundRow>(
    `SELECT r.*, (SELECT key FROM partitions WHERE id = r.partition_id) AS partition_key,
      (SELECT set_id FROM partitions WHERE id = r.partition_id) AS set_id,
      (SELECT body FROM tag_sets WHERE id = r.tag_set_id) AS tags,
      (SELECT uid FROM runs WHERE id = r.parent_id) AS parent_uid,
      (SELECT uid FROM runs WHERE id = r.root_id) AS root_uid,
      (SELECT uid FROM backfills WHERE id = r.backfill_id) AS backfill_uid
    FROM runs r WHERE r.id = ?`,
  );
  const setById = db.prepare<[number], Pick<SharedColumns, "set_name" | "set_dimensions">>(
    "SELECT name AS set_name, dimensions AS set_dimensions FROM partition_sets WHERE id = ?",
  );
  const assetsById = db.prepare<[number], Pick<SharedColumns, "assets">>(
    "SELECT body AS assets FROM asset_sets WHERE id = ?",
  );
  const planById = db.prepare<[number], Pick<SharedColumns, "step_count">>(
    "SELECT step_count FROM run_plans WHERE id = ?",
  );
  const steps = wordCounter<StepStatus>(db, { from: "steps", column: "status", words: stepStatuses });
  const checks = wordCounter<CheckOutcome>(db, { from: "check_evaluations", column: "outcome", words: checkOutcomes });
  return (ids: readonly number[]): readonly RunSummaryRow[] => {
    const set = oncePerPage(setById);
    const assets = oncePerPage(assetsById);
    const plan = oncePerPage(planById);
    return ids.flatMap((id) => {
      const row = byId.get(id);
      if (row === undefined) return [];
      const shared = Object.assign(row, set(row.set_id), assets(row.asset_set_id), plan(row.plan_id));
      const checkCounts = shared.assets.includes(":") ? checks(row) : {};
      return Object.assign(shared, { step_counts: steps(row), check_counts: checkCounts });
    });
  };
}

/** The runs of a page share most of what they refer to; between pages it may change, so nothing is kept longer. */
function oncePerPage<R extends object>(byId: Statement<[number], R>): (id: number) => R {
  const found = new Map<number, R>();
  return (id) => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const row = byId.get(id);
    // The columns that lead here are foreign keys.
    if (row === undefined) throw new Error(`no row ${id} for ${byId.source}`);
    found.set(id, row);
    return row;
  };
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
