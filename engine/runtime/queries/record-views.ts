import type { RecordedEvent } from "../../core/events.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Dimension } from "../../core/partitions.ts";
import { splitKeys } from "../../core/targets.ts";
import type { AuditRow } from "../../store/reader/audit.ts";
import type { LogLineRow } from "../../store/reader/logs.ts";
import type { BackfillSummaryRow } from "../../store/tables/backfill-summaries.ts";
import type { HeldRetirementRow, PartitionRow, SetRow } from "../../store/tables/partitions.ts";
import type { BackfillView, EventView, LogLineView, PartitionKeyView, PartitionSetView } from "../views.ts";
import { describeEvent } from "./event-sentences.ts";
import { instant, instantOrNull } from "./instants.ts";
import type { KeyParts } from "./key-parts.ts";
import { parseFailure } from "./run-views.ts";

export function eventView(event: RecordedEvent): EventView {
  return {
    seq: event.seq,
    at: instant(event.atMs),
    type: event.type,
    step: "ordinal" in event ? event.ordinal : null,
    message: describeEvent(event),
    data: eventData(event),
  };
}

/** An event's facts with ids as strings and instants as text, like everywhere outside. */
function eventData(event: RecordedEvent): Json {
  if (event.type === "step.succeeded") {
    return { materializations: event.data.materializations.map((made) => ({ ...made, id: String(made.id) })) };
  }
  if (event.type === "check.evaluated") return { ...event.data, id: String(event.data.id) };
  if (event.type === "step.retrying") {
    const { attempt, retryAtMs, error } = event.data;
    return { attempt, retryAt: instant(retryAtMs), error: { ...error } as JsonObject };
  }
  return "data" in event && event.data !== undefined ? (event.data as Json) : null;
}

export function logLineView(row: LogLineRow): LogLineView {
  return {
    id: String(row.id),
    step: row.ordinal,
    attempt: row.attempt,
    at: instant(row.at_ms),
    level: row.level,
    message: row.message,
    fields: row.fields === null ? null : (JSON.parse(row.fields) as JsonObject),
  };
}

export function backfillView(row: BackfillSummaryRow): BackfillView {
  return {
    id: row.uid,
    status: row.status,
    job: row.job,
    ...splitKeys(row.assets),
    tags: JSON.parse(row.tags) as Readonly<Record<string, string>>,
    priority: row.priority,
    origin: { kind: row.origin_kind, name: row.origin_name },
    reason: row.reason,
    total: row.total,
    launched: row.launched,
    succeeded: row.succeeded,
    failed: row.failed,
    canceled: row.canceled,
    createdAt: instant(row.created_at_ms),
    startedAt: instantOrNull(row.started_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    error: parseFailure(row.error),
  };
}

export function partitionSetView(row: SetRow, held: HeldRetirementRow | undefined): PartitionSetView {
  return {
    name: row.name,
    kind: row.kind,
    dimensions: JSON.parse(row.dimensions) as readonly Dimension[],
    total: row.active + row.retired,
    active: row.active,
    retired: row.retired,
    held:
      held === undefined
        ? null
        : {
            keys: JSON.parse(held.keys) as readonly string[],
            origin: held.origin,
            reason: held.reason,
            since: instant(held.held_at_ms),
          },
  };
}

export function partitionKeyView(
  row: PartitionRow,
  { dimensions, keyParts }: { readonly dimensions: string; readonly keyParts: KeyParts },
): PartitionKeyView {
  return {
    key: row.key,
    parts: keyParts(dimensions, row.key),
    state: row.state,
    addedAt: instant(row.added_at_ms),
    changedAt: instant(row.changed_at_ms),
    reason: row.reason,
  };
}

export function auditView(row: AuditRow): JsonObject {
  return {
    id: String(row.id),
    at: instant(row.at_ms),
    actor: row.actor,
    role: row.role,
    action: row.action,
    target: row.target,
    outcome: row.outcome,
    details: row.details === null ? null : (JSON.parse(row.details) as JsonObject),
  };
}
