import type { Failure } from "../../core/events.ts";
import type { StepStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";

export interface StepRow {
  readonly run_id: number;
  readonly ordinal: number;
  readonly status: StepStatus;
  readonly partition_id: number;
  readonly attempt: number;
  readonly interruptions: number;
  readonly started_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly retry_at_ms: number | null;
  readonly reason: string | null;
  readonly error: string | null;
  /** Set while it runs: why it is to end as canceled. */
  readonly cancel_reason: string | null;
}

/** A step's attempt: the fence around what its code may still write. */
export interface AttemptRef {
  readonly runId: number;
  readonly ordinal: number;
  readonly attempt: number;
}

export type StepsTable = ReturnType<typeof stepsTable>;

/** Steps and the slots they hold. */
export function stepsTable(db: Connection) {
  const sql = {
    start: db.prepare(
      "INSERT INTO steps (run_id, ordinal, status, partition_id, attempt, started_at_ms) VALUES (?, ?, 'running', ?, ?, ?) " +
        "ON CONFLICT (run_id, ordinal) DO UPDATE SET status = 'running', attempt = excluded.attempt, retry_at_ms = NULL, " +
        "reason = NULL, started_at_ms = coalesce(started_at_ms, excluded.started_at_ms) " +
        "WHERE status IN ('pending', 'waiting')",
    ),
    wait: db.prepare(
      "INSERT INTO steps (run_id, ordinal, status, partition_id, attempt, reason, retry_at_ms) VALUES (?, ?, 'waiting', ?, ?, ?, ?) " +
        "ON CONFLICT (run_id, ordinal) DO UPDATE SET status = 'waiting', reason = excluded.reason, " +
        "retry_at_ms = excluded.retry_at_ms WHERE status IN ('pending', 'waiting', 'running')",
    ),
    interrupt: db.prepare(
      "UPDATE steps SET status = 'waiting', interruptions = interruptions + 1, reason = ?, retry_at_ms = NULL " +
        "WHERE run_id = ? AND ordinal = ? AND status = 'running'",
    ),
    canceling: db.prepare(
      "UPDATE steps SET cancel_reason = ? WHERE run_id = ? AND ordinal = ? AND status = 'running' AND attempt = ?",
    ),
    end: db.prepare(
      "UPDATE steps SET status = ?, ended_at_ms = ?, reason = ?, error = ? " +
        "WHERE run_id = ? AND ordinal = ? AND status = 'running' AND attempt = ?",
    ),
    endIdle: db.prepare(
      "INSERT INTO steps (run_id, ordinal, status, partition_id, attempt, ended_at_ms, reason, error) VALUES (?, ?, ?, ?, 0, ?, ?, ?) " +
        "ON CONFLICT (run_id, ordinal) DO UPDATE SET status = excluded.status, ended_at_ms = excluded.ended_at_ms, " +
        "reason = excluded.reason, error = excluded.error WHERE status IN ('pending', 'waiting')",
    ),
    ofRun: db.prepare<[number], StepRow>("SELECT * FROM steps WHERE run_id = ? ORDER BY ordinal"),
    between: db.prepare<[number, number, number], StepRow>(
      "SELECT * FROM steps WHERE run_id = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal",
    ),
    takeSlot: db.prepare("INSERT INTO slots (pool, run_id, ordinal, taken_at_ms) VALUES (?, ?, ?, ?)"),
    releaseSlots: db.prepare("DELETE FROM slots WHERE run_id = ? AND ordinal = ?"),
    slotOf: db.prepare<[number, number], string>("SELECT pool FROM slots WHERE run_id = ? AND ordinal = ?").pluck(),
    slotsTaken: db.prepare<[string], { count: number }>("SELECT count(*) AS count FROM slots WHERE pool = ?"),
    holders: db.prepare<[string], { run_uid: string; ordinal: number; taken_at_ms: number }>(
      "SELECT r.uid AS run_uid, s.ordinal, s.taken_at_ms FROM slots s JOIN runs r ON r.id = s.run_id WHERE s.pool = ? " +
        "ORDER BY s.taken_at_ms",
    ),
  };
  return {
    /** Begins an attempt; false where the step is not waiting for one. */
    start: (ref: AttemptRef, params: { partitionId: number; nowMs: number }): boolean =>
      sql.start.run(ref.runId, ref.ordinal, params.partitionId, ref.attempt, params.nowMs).changes > 0,
    /** Waits for a slot (no time) or for its next attempt. */
    wait: (ref: AttemptRef, params: { partitionId: number; reason: string; retryAtMs: number | null }): boolean =>
      sql.wait.run(ref.runId, ref.ordinal, params.partitionId, ref.attempt, params.reason, params.retryAtMs).changes >
      0,
    interrupt: (ref: AttemptRef, reason: string): boolean =>
      sql.interrupt.run(reason, ref.runId, ref.ordinal).changes > 0,
    /** Says that a running step is to end as canceled; false where that attempt is not the live one. */
    canceling: (ref: AttemptRef, reason: string): boolean =>
      sql.canceling.run(reason, ref.runId, ref.ordinal, ref.attempt).changes > 0,
    /** Ends a running attempt; false where that attempt is not the live one. */
    end: (ref: AttemptRef, params: EndStepParams): boolean =>
      sql.end.run(
        params.status,
        params.nowMs,
        params.reason,
        params.error === null ? null : JSON.stringify(params.error),
        ref.runId,
        ref.ordinal,
        ref.attempt,
      ).changes > 0,
    /** Ends a step that is not running: skipped, canceled, or failed for want of what it needs. */
    endIdle: (ref: Omit<AttemptRef, "attempt">, params: EndStepParams & { readonly partitionId: number }): boolean =>
      sql.endIdle.run(
        ref.runId,
        ref.ordinal,
        params.status,
        params.partitionId,
        params.nowMs,
        params.reason,
        params.error === null ? null : JSON.stringify(params.error),
      ).changes > 0,
    ofRun: (runId: number): readonly StepRow[] => sql.ofRun.all(runId),
    /** Those with `from <= ordinal < below` that have a row. */
    between: (runId: number, { from, below }: { readonly from: number; readonly below: number }): readonly StepRow[] =>
      sql.between.all(runId, from, below),
    takeSlot(pool: string, params: { runId: number; ordinal: number; nowMs: number }): void {
      sql.takeSlot.run(pool, params.runId, params.ordinal, params.nowMs);
    },
    releaseSlots: (runId: number, ordinal: number): boolean => sql.releaseSlots.run(runId, ordinal).changes > 0,
    /** The pool of which a step holds a slot. */
    slotOf: (runId: number, ordinal: number): string | null => sql.slotOf.get(runId, ordinal) ?? null,
    slotsTaken: (pool: string): number => sql.slotsTaken.get(pool)?.count ?? 0,
    slotHolders: (pool: string) => sql.holders.all(pool),
  };
}

export interface EndStepParams {
  readonly status: "succeeded" | "failed" | "skipped" | "canceled";
  readonly nowMs: number;
  readonly reason: string | null;
  readonly error: Failure | null;
}
