import type { Failure } from "../../core/events.ts";
import type { Json } from "../../core/json.ts";
import type { RunStatus, TerminalRunStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";

export interface RunRow {
  readonly id: number;
  readonly uid: string;
  readonly job: string | null;
  readonly status: RunStatus;
  readonly priority: number;
  readonly plan_id: number;
  readonly asset_set_id: number;
  readonly tag_set_id: number;
  readonly partition_id: number;
  readonly partition_count: number;
  readonly origin_kind: OriginKind;
  readonly origin_name: string | null;
  readonly run_key: string | null;
  readonly parent_id: number | null;
  readonly root_id: number | null;
  readonly backfill_id: number | null;
  readonly config: string | null;
  readonly reason: string;
  readonly created_at_ms: number;
  readonly started_at_ms: number | null;
  readonly ended_at_ms: number | null;
  readonly cancel_reason: string | null;
  readonly error: string | null;
  /** Queued runs start in this order (core/queue-order.ts). */
  readonly queue_rank_ms: number;
}

/** Who or what asked for a run. */
export type OriginKind = "operator" | "sensor" | "schedule" | "backfill";

export interface NewRun {
  readonly uid: string;
  readonly job: string | null;
  readonly priority: number;
  readonly planId: number;
  readonly tagSetId: number;
  readonly partitionId: number;
  readonly partitionCount: number;
  readonly originKind: OriginKind;
  readonly originName: string | null;
  readonly runKey: string | null;
  readonly parentId: number | null;
  readonly rootId: number | null;
  readonly backfillId: number | null;
  readonly config: Json;
  readonly reason: string;
  readonly nowMs: number;
}

interface QueuedParams {
  readonly after: Pick<RunRow, "queue_rank_ms" | "id"> | null;
  readonly withoutTagSets: readonly number[];
  readonly limit: number;
}

export type RunsTable = ReturnType<typeof runsTable>;

/** Runs. Transitions are guarded updates: they say whether the run was in the state that they expect. */
export function runsTable(db: Connection) {
  const sql = {
    insert: db.prepare(
      "INSERT INTO runs (uid, job, status, priority, plan_id, asset_set_id, tag_set_id, partition_id, partition_count, " +
        "origin_kind, origin_name, run_key, parent_id, root_id, backfill_id, config, reason, created_at_ms) " +
        "VALUES (?, ?, 'queued', ?, ?, (SELECT asset_set_id FROM run_plans WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    byId: db.prepare<[number], RunRow>("SELECT * FROM runs WHERE id = ?"),
    byUid: db.prepare<[string], RunRow>("SELECT * FROM runs WHERE uid = ?"),
    queued: db.prepare<[number, number, string, number], RunRow>(
      "SELECT * FROM runs WHERE status = 'queued' AND (queue_rank_ms, id) > (?, ?) " +
        "AND tag_set_id NOT IN (SELECT value FROM json_each(?)) ORDER BY queue_rank_ms, id LIMIT ?",
    ),
    prioritize: db.prepare("UPDATE runs SET priority = ? WHERE id = ? AND status = 'queued'"),
    queuedCount: db.prepare<[], { count: number }>("SELECT count(*) AS count FROM runs WHERE status = 'queued'"),
    live: db.prepare<[], RunRow>("SELECT * FROM runs WHERE status IN ('starting', 'running', 'canceling') ORDER BY id"),
    ofBackfill: db.prepare<[number, string, number], { id: number }>(
      "SELECT id FROM runs WHERE backfill_id = ? AND status IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?",
    ),
    start: db.prepare("UPDATE runs SET status = 'starting', started_at_ms = ? WHERE id = ? AND status = 'queued'"),
    running: db.prepare(
      "UPDATE runs SET status = 'running', started_at_ms = coalesce(started_at_ms, ?) " +
        "WHERE id = ? AND status IN ('queued', 'starting')",
    ),
    canceling: db.prepare(
      "UPDATE runs SET status = 'canceling', cancel_reason = ? WHERE id = ? AND status IN ('starting', 'running')",
    ),
    end: db.prepare(
      "UPDATE runs SET status = ?, ended_at_ms = ?, error = ? WHERE id = ? AND status IN ('starting', 'running')",
    ),
    endCanceling: db.prepare(
      "UPDATE runs SET status = ?, ended_at_ms = ?, error = ? WHERE id = ? AND status = 'canceling'",
    ),
    endQueued: db.prepare(
      "UPDATE runs SET status = ?, ended_at_ms = ?, error = ?, cancel_reason = ? WHERE id = ? AND status = 'queued'",
    ),
  };
  return {
    insert: (run: NewRun): number =>
      Number(
        sql.insert.run(
          run.uid,
          run.job,
          run.priority,
          run.planId,
          run.planId,
          run.tagSetId,
          run.partitionId,
          run.partitionCount,
          run.originKind,
          run.originName,
          run.runKey,
          run.parentId,
          run.rootId,
          run.backfillId,
          run.config === null ? null : JSON.stringify(run.config),
          run.reason,
          run.nowMs,
        ).lastInsertRowid,
      ),
    byId: (id: number): RunRow | undefined => sql.byId.get(id),
    byUid: (uid: string): RunRow | undefined => sql.byUid.get(uid),
    /** The next queued runs by priority and waiting, behind a given one, without those of the given tag sets. */
    queued({ after, withoutTagSets, limit }: QueuedParams): readonly RunRow[] {
      const rankMs = after?.queue_rank_ms ?? Number.MIN_SAFE_INTEGER;
      return sql.queued.all(rankMs, after?.id ?? 0, JSON.stringify(withoutTagSets), limit);
    },
    /** False where the run is not queued any more. */
    prioritize: (id: number, priority: number): boolean => sql.prioritize.run(priority, id).changes > 0,
    queuedCount: (): number => sql.queuedCount.get()?.count ?? 0,
    live: (): readonly RunRow[] => sql.live.all(),
    /** The newest first: in a backfill most of the older ones have ended. */
    idsOfBackfill: (
      backfillId: number,
      params: { readonly statuses: readonly RunStatus[]; readonly limit: number },
    ): readonly number[] =>
      sql.ofBackfill.all(backfillId, JSON.stringify(params.statuses), params.limit).map((row) => row.id),
    start: (id: number, nowMs: number): boolean => sql.start.run(nowMs, id).changes > 0,
    /** The first of its steps runs; where that is at once, it was never seen starting. */
    running: (id: number, nowMs: number): boolean => sql.running.run(nowMs, id).changes > 0,
    canceling: (id: number, reason: string): boolean => sql.canceling.run(reason, id).changes > 0,
    /** A run that is being canceled ends as canceled, and no other does. */
    end(params: { id: number; status: TerminalRunStatus; nowMs: number; error: Failure | null }): boolean {
      const statement = params.status === "canceled" ? sql.endCanceling : sql.end;
      return statement.run(params.status, params.nowMs, failureText(params.error), params.id).changes > 0;
    },
    endQueued: (params: {
      id: number;
      status: "canceled" | "failed";
      nowMs: number;
      error: Failure | null;
      reason: string | null;
    }): boolean =>
      sql.endQueued.run(params.status, params.nowMs, failureText(params.error), params.reason, params.id).changes > 0,
  };
}

function failureText(failure: Failure | null): string | null {
  return failure === null ? null : JSON.stringify(failure);
}
