import type { RunKeyPolicy } from "../../core/automation.ts";
import type { Failure } from "../../core/events.ts";
import type { Json } from "../../core/json.ts";
import type { TickStatus } from "../../core/states.ts";
import type { Connection } from "../database.ts";

export interface AutomationRow {
  readonly name: string;
  readonly kind: "sensor" | "schedule";
  /** NULL: as the code says. */
  readonly enabled: 0 | 1 | null;
  readonly cursor: string | null;
  readonly events_seq: number;
  readonly due_after_ms: number | null;
  readonly last_tick_id: number | null;
}

export interface TickRow {
  readonly id: number;
  readonly automation: string;
  readonly status: TickStatus;
  readonly scheduled_at_ms: number | null;
  readonly started_at_ms: number;
  readonly ended_at_ms: number | null;
  readonly reason: string | null;
  readonly error: string | null;
  readonly cursor: string | null;
  readonly changes: string | null;
  readonly log: string | null;
}

export interface RunKeyRow {
  readonly origin: string;
  readonly run_key: string;
  readonly policy: RunKeyPolicy;
  readonly uid: string;
  readonly kind: "run" | "backfill";
  readonly status: "live" | "succeeded" | "failed" | "canceled";
  readonly at_ms: number;
}

export interface TickRequest {
  readonly outcome: "run" | "backfill" | "blocked" | "refused";
  readonly uid: string | null;
  readonly runKey: string | null;
  readonly reason: string;
}

export interface EndTickParams {
  readonly id: number;
  readonly automation: string;
  readonly status: Exclude<TickStatus, "started">;
  readonly nowMs: number;
  readonly reason: string | null;
  readonly error: Failure | null;
  /** Undefined: the cursor stays. */
  readonly cursor: string | undefined;
  readonly eventsSeq: number | undefined;
  readonly dueAfterMs: number | undefined;
  readonly changes: Json;
  readonly log: Json;
  readonly requests: readonly TickRequest[];
}

export type AutomationsTable = ReturnType<typeof automationsTable>;

/** Sensors and schedules, their ticks, and the ledger of run keys. */
export function automationsTable(db: Connection) {
  const sql = {
    declare: db.prepare(
      "INSERT INTO automations (name, kind, events_seq, due_after_ms) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, events_seq = excluded.events_seq, " +
        "due_after_ms = excluded.due_after_ms " +
        "WHERE kind <> excluded.kind OR (due_after_ms IS NULL AND excluded.due_after_ms IS NOT NULL)",
    ),
    get: db.prepare<[string], AutomationRow>("SELECT * FROM automations WHERE name = ?"),
    all: db.prepare<[], AutomationRow>("SELECT * FROM automations ORDER BY name"),
    enable: db.prepare("UPDATE automations SET enabled = ?, due_after_ms = ? WHERE name = ?"),
    insertTick: db.prepare(
      "INSERT INTO ticks (automation, status, scheduled_at_ms, started_at_ms) VALUES (?, 'started', ?, ?)",
    ),
    endTick: db.prepare(
      "UPDATE ticks SET status = ?, ended_at_ms = ?, reason = ?, error = ?, cursor = ?, changes = ?, log = ? " +
        "WHERE id = ? AND status = 'started'",
    ),
    afterTick: db.prepare(
      "UPDATE automations SET last_tick_id = ?, cursor = coalesce(?, cursor), events_seq = coalesce(?, events_seq), " +
        "due_after_ms = coalesce(?, due_after_ms) WHERE name = ?",
    ),
    skipEvents: db.prepare("UPDATE automations SET events_seq = ? WHERE name = ? AND events_seq < ?"),
    insertRequest: db.prepare(
      "INSERT INTO tick_requests (tick_id, ordinal, outcome, uid, run_key, reason) VALUES (?, ?, ?, ?, ?, ?)",
    ),
    startedTicks: db.prepare<[], TickRow>("SELECT * FROM ticks WHERE status = 'started' ORDER BY id"),
    tick: db.prepare<[number], TickRow>("SELECT * FROM ticks WHERE id = ?"),
    runKey: db.prepare<[string, string], RunKeyRow>("SELECT * FROM run_keys WHERE origin = ? AND run_key = ?"),
    putRunKey: db.prepare(
      "INSERT OR REPLACE INTO run_keys (origin, run_key, policy, uid, kind, status, at_ms) VALUES (?, ?, ?, ?, ?, 'live', ?)",
    ),
    endRunKey: db.prepare("UPDATE run_keys SET status = ? WHERE uid = ?"),
  };
  return {
    /** `eventsSeq` and `dueAfterMs` are where a new automation starts, or one of another kind; a known one keeps its own. */
    declare(params: { name: string; kind: "sensor" | "schedule"; eventsSeq: number; dueAfterMs: number | null }): void {
      sql.declare.run(params.name, params.kind, params.eventsSeq, params.dueAfterMs);
    },
    get: (name: string): AutomationRow | undefined => sql.get.get(name),
    all: (): readonly AutomationRow[] => sql.all.all(),
    /** Turning on starts afresh: what a schedule missed while it was off stays missed. */
    enable: (params: { name: string; enabled: boolean; dueAfterMs: number | null }): boolean =>
      sql.enable.run(params.enabled ? 1 : 0, params.dueAfterMs, params.name).changes > 0,
    /** Moves a sensor on over events that do not concern it. */
    skipEvents: (name: string, untilSeq: number): boolean => sql.skipEvents.run(untilSeq, name, untilSeq).changes > 0,
    startTick: (params: { automation: string; scheduledAtMs: number | null; nowMs: number }): number =>
      Number(sql.insertTick.run(params.automation, params.scheduledAtMs, params.nowMs).lastInsertRowid),
    /** The tick's whole outcome; false where the tick has ended already. */
    endTick(params: EndTickParams): boolean {
      const { changes } = sql.endTick.run(
        params.status,
        params.nowMs,
        params.reason,
        params.error === null ? null : JSON.stringify(params.error),
        params.cursor ?? null,
        params.changes === null ? null : JSON.stringify(params.changes),
        params.log === null ? null : JSON.stringify(params.log),
        params.id,
      );
      if (changes === 0) return false;
      for (const [ordinal, one] of params.requests.entries()) {
        sql.insertRequest.run(params.id, ordinal, one.outcome, one.uid, one.runKey, one.reason);
      }
      sql.afterTick.run(
        params.id,
        params.cursor ?? null,
        params.eventsSeq ?? null,
        params.dueAfterMs ?? null,
        params.automation,
      );
      return true;
    },
    startedTicks: (): readonly TickRow[] => sql.startedTicks.all(),
    tick: (id: number): TickRow | undefined => sql.tick.get(id),
    runKey: (origin: string, runKey: string): RunKeyRow | undefined => sql.runKey.get(origin, runKey),
    putRunKey(params: {
      origin: string;
      runKey: string;
      policy: RunKeyPolicy;
      uid: string;
      kind: "run" | "backfill";
      nowMs: number;
    }): void {
      sql.putRunKey.run(params.origin, params.runKey, params.policy, params.uid, params.kind, params.nowMs);
    },
    endRunKey: (uid: string, status: "succeeded" | "failed" | "canceled"): void => {
      sql.endRunKey.run(status, uid);
    },
  };
}
