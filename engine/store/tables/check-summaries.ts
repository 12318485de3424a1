import type { CheckOutcome } from "../../core/states.ts";
import type { CheckSeverity } from "../../core/verdict.ts";
import type { Connection } from "../database.ts";

/** An evaluation as views show it: by name what it refers to by id. */
export interface EvaluationRow {
  readonly id: number;
  readonly check_id: number;
  readonly check_key: string;
  readonly partition_id: number;
  /** Null: not partitioned. */
  readonly partition_key: string | null;
  readonly run_uid: string;
  readonly ordinal: number;
  readonly at_ms: number;
  readonly outcome: CheckOutcome;
  readonly severity: CheckSeverity;
  readonly blocking: 0 | 1;
  readonly description: string;
  readonly metadata: string;
  readonly data_version: string | null;
  readonly error: string | null;
  /** Whether what it judged is still the newest of its partition. */
  readonly is_current: 0 | 1;
}

/** Of `check_evaluations e`. */
export const EVALUATION_SUMMARY =
  "e.id, e.check_id, (SELECT c.key FROM checks c WHERE c.id = e.check_id) AS check_key, e.partition_id, " +
  "CASE WHEN e.partition_id <> 0 THEN (SELECT p.key FROM partitions p WHERE p.id = e.partition_id) END AS partition_key, " +
  "e.run_uid, e.ordinal, e.at_ms, e.outcome, e.severity, e.blocking, e.description, e.metadata, e.data_version, e.error, " +
  "e.materialization_id IS (SELECT a.materialization_id FROM asset_partitions a WHERE a.asset_id = " +
  "(SELECT c.asset_id FROM checks c WHERE c.id = e.check_id) AND a.partition_id = e.partition_id) AS is_current";

export type CheckSummaries = ReturnType<typeof checkSummaries>;

export function checkSummaries(db: Connection) {
  const newest = db.prepare<[number], EvaluationRow>(
    `SELECT ${EVALUATION_SUMMARY} FROM check_evaluations e INDEXED BY check_evaluations_by_check ` +
      "WHERE e.check_id = ? ORDER BY e.id DESC LIMIT 1",
  );
  const ofPartition = db.prepare<[number, number], EvaluationRow>(
    `SELECT ${EVALUATION_SUMMARY} FROM check_evaluations e INDEXED BY check_evaluations_by_partition ` +
      "WHERE e.check_id = ? AND e.partition_id = ? ORDER BY e.id DESC LIMIT 1",
  );
  const ofSteps = db.prepare<[number, number, number], EvaluationRow>(
    `SELECT ${EVALUATION_SUMMARY} FROM check_evaluations e INDEXED BY check_evaluations_by_step ` +
      "WHERE e.run_id = ? AND e.ordinal >= ? AND e.ordinal < ? ORDER BY e.ordinal, e.id",
  );
  return {
    /** The newest evaluation of a check over all its partitions. */
    newest: (checkId: number): EvaluationRow | undefined => newest.get(checkId),
    newestOfPartition: (checkId: number, partitionId: number): EvaluationRow | undefined =>
      ofPartition.get(checkId, partitionId),
    /** What a run's checks with `from <= ordinal < below` found, each step's oldest first. */
    ofSteps: (
      runId: number,
      { from, below }: { readonly from: number; readonly below: number },
    ): readonly EvaluationRow[] => ofSteps.all(runId, from, below),
  };
}
