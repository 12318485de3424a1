import type { ContainerExit } from "../../core/ports/container-runner.ts";
import type { Connection } from "../database.ts";
import type { AttemptRef } from "./steps.ts";

export interface ExternalWorkRow {
  readonly run_id: number;
  readonly ordinal: number;
  readonly attempt: number;
  readonly key: string;
  readonly name: string;
  readonly container_id: string | null;
  /** `created`: it is known to exist, or to have existed. */
  readonly state: "intended" | "created" | "exited";
  readonly exit_code: number | null;
  readonly exit_error: string | null;
  readonly log_position: string | null;
  readonly keep: 0 | 1;
  readonly stop_grace_ms: number;
  readonly restarts: number;
  readonly intended_at_ms: number;
}

/** A container of an attempt. */
export interface WorkRef extends AttemptRef {
  readonly key: string;
}

export interface Intent {
  readonly name: string;
  readonly keep: boolean;
  readonly stopGraceMs: number;
  readonly nowMs: number;
}

export type ExternalWorkTable = ReturnType<typeof externalWorkTable>;

/** Containers that steps asked for, until they are gone. */
export function externalWorkTable(db: Connection) {
  const ref = "run_id = ? AND ordinal = ? AND attempt = ? AND key = ?";
  const isLive =
    "EXISTS (SELECT 1 FROM steps s WHERE s.run_id = w.run_id AND s.ordinal = w.ordinal AND s.status = 'running' " +
    "AND s.attempt = w.attempt)";
  const sql = {
    intend: db.prepare(
      "INSERT INTO external_work (run_id, ordinal, attempt, key, name, state, keep, stop_grace_ms, intended_at_ms) " +
        "SELECT run_id, ordinal, attempt, ?, ?, 'intended', ?, ?, ? FROM steps " +
        "WHERE run_id = ? AND ordinal = ? AND attempt = ? AND status = 'running'",
    ),
    created: db.prepare(
      `UPDATE external_work SET state = 'created', container_id = ? WHERE ${ref} AND state <> 'exited'`,
    ),
    exited: db.prepare(
      `UPDATE external_work SET state = 'exited', exit_code = ?, exit_error = ? WHERE ${ref} AND state <> 'intended'`,
    ),
    restarted: db.prepare(
      "UPDATE external_work SET restarts = restarts + 1 WHERE run_id = ? AND ordinal = ? AND attempt = ?",
    ),
    gone: db.prepare(`DELETE FROM external_work WHERE ${ref}`),
    ofStep: db.prepare<[number, number], ExternalWorkRow>(
      "SELECT * FROM external_work WHERE run_id = ? AND ordinal = ? ORDER BY attempt, key",
    ),
    ofAttempt: db.prepare<[number, number, number], ExternalWorkRow>(
      "SELECT * FROM external_work WHERE run_id = ? AND ordinal = ? AND attempt = ? ORDER BY key",
    ),
    get: db.prepare<[number, number, number, string], ExternalWorkRow>(`SELECT * FROM external_work WHERE ${ref}`),
    ended: db.prepare<[number], ExternalWorkRow>(`SELECT * FROM external_work w WHERE NOT ${isLive} LIMIT ?`),
    isLive: db.prepare<[number, number, number, string], { live: number }>(
      `SELECT ${isLive} AS live FROM external_work w WHERE ${ref}`,
    ),
  };
  const at = ({ runId, ordinal, attempt, key }: WorkRef) => [runId, ordinal, attempt, key] as const;
  return {
    /** Records that a container is about to be created; false where its attempt is not the live one. */
    intend: (work: WorkRef, { name, keep, stopGraceMs, nowMs }: Intent): boolean =>
      sql.intend.run(work.key, name, keep ? 1 : 0, stopGraceMs, nowMs, work.runId, work.ordinal, work.attempt).changes >
      0,
    created: (work: WorkRef, containerId: string): boolean => sql.created.run(containerId, ...at(work)).changes > 0,
    exited: (work: WorkRef, { exitCode, error }: ContainerExit): boolean =>
      sql.exited.run(exitCode, error, ...at(work)).changes > 0,
    restarted({ runId, ordinal, attempt }: AttemptRef): void {
      sql.restarted.run(runId, ordinal, attempt);
    },
    gone(work: WorkRef): void {
      sql.gone.run(...at(work));
    },
    ofStep: (runId: number, ordinal: number): readonly ExternalWorkRow[] => sql.ofStep.all(runId, ordinal),
    ofAttempt: ({ runId, ordinal, attempt }: AttemptRef): readonly ExternalWorkRow[] =>
      sql.ofAttempt.all(runId, ordinal, attempt),
    get: (work: WorkRef): ExternalWorkRow | undefined => sql.get.get(...at(work)),
    /** Those whose attempt has ended, so that their containers have to go. */
    ended: (limit: number): readonly ExternalWorkRow[] => sql.ended.all(limit),
    /** Whether the work is on record and its attempt runs. */
    isLive: (work: WorkRef): boolean => sql.isLive.get(...at(work))?.live === 1,
  };
}
