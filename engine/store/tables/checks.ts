import { EngineError } from "../../core/errors.ts";
import type { Failure } from "../../core/events.ts";
import type { JsonObject } from "../../core/json.ts";
import type { CheckOutcome } from "../../core/states.ts";
import type { CheckSeverity } from "../../core/verdict.ts";
import type { Connection } from "../database.ts";
import type { KeyRow } from "./asset-partition-summaries.ts";

export interface CheckRow {
  readonly id: number;
  readonly key: string;
  readonly asset_id: number;
  readonly set_id: number;
  readonly defined: 0 | 1;
  readonly passed: number;
  readonly warned: number;
  readonly failed: number;
  readonly errored: number;
  readonly outdated: number;
}

export interface NewEvaluation {
  readonly checkId: number;
  readonly partitionId: number;
  readonly runId: number;
  readonly runUid: string;
  readonly ordinal: number;
  readonly nowMs: number;
  readonly outcome: CheckOutcome;
  readonly severity: CheckSeverity;
  readonly blocking: boolean;
  readonly description: string;
  readonly metadata: JsonObject;
  /** What was judged; null where there was nothing to judge. */
  readonly judged: { readonly materializationId: number; readonly dataVersion: string } | null;
  readonly error: Failure | null;
}

export interface DeclaredCheck {
  readonly key: string;
  readonly assetId: number;
  readonly setId: number;
}

export type ChecksTable = ReturnType<typeof checksTable>;

/** Checks, their evaluations, and where each partition stands. */
export function checksTable(db: Connection) {
  const sql = {
    byKey: db.prepare<[string], CheckRow>("SELECT * FROM checks WHERE key = ?"),
    all: db.prepare<[], CheckRow>("SELECT * FROM checks ORDER BY key"),
    insert: db.prepare("INSERT INTO checks (key, asset_id, set_id, defined) VALUES (?, ?, ?, 1)"),
    update: db.prepare("UPDATE checks SET set_id = ?, defined = 1 WHERE id = ?"),
    undefine: db.prepare("UPDATE checks SET defined = 0"),
    /** What was found of keys of another set stands outside the counters from now on. */
    moveToSet: db.prepare(
      "UPDATE check_partitions SET retired = " +
        "(SELECT p.state = 'retired' OR p.set_id <> ? FROM partitions p WHERE p.id = check_partitions.partition_id) " +
        "WHERE check_id = ?",
    ),
    insertEvaluation: db.prepare(
      "INSERT INTO check_evaluations (check_id, partition_id, run_id, run_uid, ordinal, at_ms, outcome, severity, blocking, " +
        "description, metadata, materialization_id, data_version, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    /** Outdated where the partition was made again while its earlier making was judged. */
    newest: db.prepare(
      "INSERT INTO check_partitions (check_id, partition_id, evaluation_id, outcome, outdated, retired) " +
        "SELECT c.id, p.id, @evaluationId, @outcome, @judgedId IS NOT " +
        "(SELECT a.materialization_id FROM asset_partitions a WHERE a.asset_id = c.asset_id AND a.partition_id = p.id), " +
        "p.state = 'retired' OR p.set_id <> c.set_id " +
        "FROM checks c CROSS JOIN partitions p WHERE c.id = @checkId AND p.id = @partitionId " +
        "ON CONFLICT (check_id, partition_id) DO UPDATE SET evaluation_id = excluded.evaluation_id, " +
        "outcome = excluded.outcome, outdated = excluded.outdated",
    ),
    outdate: db.prepare(
      "UPDATE check_partitions SET outdated = 1 WHERE check_id = ? AND partition_id = ? AND outdated = 0",
    ),
  };
  const keysByWord = {
    missing: db.prepare<[number], KeyRow>(
      "SELECT p.id, p.key FROM checks c CROSS JOIN asset_partitions a ON a.asset_id = c.asset_id " +
        "CROSS JOIN partitions p ON p.id = a.partition_id " +
        "LEFT JOIN check_partitions s ON s.check_id = c.id AND s.partition_id = a.partition_id " +
        "WHERE c.id = ? AND a.word = 'materialized' AND coalesce(s.word, 'outdated') = 'outdated' ORDER BY p.key",
    ),
    failed: db.prepare<[number], KeyRow>(
      "SELECT p.id, p.key FROM check_partitions s CROSS JOIN partitions p ON p.id = s.partition_id " +
        "WHERE s.check_id = ? AND s.word IN ('warned', 'failed', 'errored') ORDER BY p.key",
    ),
  };
  /** The checks of each asset that has some: read once, since a materialization of any other asset must cost nothing. */
  let checksOf: ReadonlyMap<number, readonly CheckRow[]> | null = null;
  return {
    /** Brings the table in line with the code; what is defined no more keeps its history. */
    declare(checks: readonly DeclaredCheck[]): void {
      sql.undefine.run();
      for (const { key, assetId, setId } of checks) {
        const row = sql.byKey.get(key);
        if (row === undefined) {
          sql.insert.run(key, assetId, setId);
          continue;
        }
        sql.update.run(setId, row.id);
        if (row.set_id !== setId) sql.moveToSet.run(setId, row.id);
      }
      checksOf = null;
    },
    all: (): readonly CheckRow[] => sql.all.all(),
    byKey: (key: string): CheckRow | undefined => sql.byKey.get(key),
    id(key: string): number {
      const row = sql.byKey.get(key);
      if (row === undefined)
        throw new EngineError("not_found", `there is no check "${key}"`, { details: { check: key } });
      return row.id;
    },
    /**
     * Active keys whose newest making was not evaluated (`missing`), or whose newest evaluation did not pass (`failed`).
     */
    keysByWord: (checkId: number, word: "missing" | "failed"): readonly KeyRow[] => keysByWord[word].all(checkId),
    /** Records an evaluation, which becomes the newest of its partition. */
    record(evaluation: NewEvaluation): number {
      const { checkId, partitionId, outcome, judged } = evaluation;
      const evaluationId = Number(
        sql.insertEvaluation.run(
          checkId,
          partitionId,
          evaluation.runId,
          evaluation.runUid,
          evaluation.ordinal,
          evaluation.nowMs,
          outcome,
          evaluation.severity,
          evaluation.blocking ? 1 : 0,
          evaluation.description,
          JSON.stringify(evaluation.metadata),
          judged?.materializationId ?? null,
          judged?.dataVersion ?? null,
          evaluation.error === null ? null : JSON.stringify(evaluation.error),
        ).lastInsertRowid,
      );
      sql.newest.run({ checkId, partitionId, evaluationId, outcome, judgedId: judged?.materializationId ?? null });
      return evaluationId;
    },
    /** To be called when a partition of the asset was made: what was found of it before says nothing of what it is now. */
    outdate(assetId: number, partitionId: number): void {
      checksOf ??= Map.groupBy(sql.all.all(), (row) => row.asset_id);
      for (const { id } of checksOf.get(assetId) ?? []) sql.outdate.run(id, partitionId);
    },
  };
}
