import type { Failure } from "../../core/events.ts";
import type { Json } from "../../core/json.ts";
import { checkOutcomes, type CheckOutcome, isTerminalRun, type RunStatus, type StepStatus } from "../../core/states.ts";
import { splitKeys } from "../../core/targets.ts";
import { NO_PARTITION } from "../../store/tables/partitions.ts";
import type { RunSummaryRow } from "../../store/tables/run-summaries.ts";
import type { RunView } from "../views.ts";
import { instant, instantOrNull } from "./instants.ts";
import type { KeyParts } from "./key-parts.ts";
import type { LiveState } from "./live-state.ts";

const NO_EVALUATIONS = Object.fromEntries(checkOutcomes.map((outcome) => [outcome, 0])) as Record<CheckOutcome, number>;

export interface RunViewParams {
  readonly live: LiveState;
  readonly keyParts: KeyParts;
}

export function runView(row: RunSummaryRow, { live, keyParts }: RunViewParams): RunView {
  const isAtOnePartition = row.partition_id !== NO_PARTITION && row.partition_count <= 1;
  return {
    id: row.uid,
    job: row.job,
    ...splitKeys(JSON.parse(row.assets) as readonly string[]),
    checkCounts: { ...NO_EVALUATIONS, ...row.check_counts },
    partition: isAtOnePartition ? row.partition_key : null,
    partitionParts: isAtOnePartition ? keyParts(row.set_dimensions, row.partition_key) : null,
    partitionSet: isAtOnePartition ? row.set_name : null,
    partitionCount: row.partition_count,
    status: row.status,
    tags: JSON.parse(row.tags) as Readonly<Record<string, string>>,
    priority: row.priority,
    parentRunId: row.parent_uid,
    rootRunId: row.root_uid,
    backfillId: row.backfill_uid,
    origin: { kind: row.origin_kind, name: row.origin_name },
    runKey: row.run_key,
    createdAt: instant(row.created_at_ms),
    startedAt: instantOrNull(row.started_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    reason: row.reason,
    waitingFor: row.status === "queued" ? live.waitReason(row.id) : null,
    cancelReason: row.cancel_reason,
    config: row.config === null ? null : (JSON.parse(row.config) as Json),
    error: parseFailure(row.error),
    stepCounts: stepCounts(row),
  };
}

/** What a step without a row is: pending, or, once its run has ended, what the run's end made of it. */
export function untouchedStatus(run: RunStatus): StepStatus {
  if (!isTerminalRun(run)) return "pending";
  return run === "canceled" ? "canceled" : "skipped";
}

export function parseFailure(text: string | null): Failure | null {
  return text === null ? null : (JSON.parse(text) as Failure);
}

function stepCounts(row: RunSummaryRow): RunView["stepCounts"] {
  const counts: { total: number } & Partial<Record<StepStatus, number>> = { total: row.step_count, ...row.step_counts };
  const touched = Object.values(row.step_counts).reduce((sum, count) => sum + count, 0);
  const untouched = row.step_count - touched;
  if (untouched > 0) {
    const status = untouchedStatus(row.status);
    counts[status] = (counts[status] ?? 0) + untouched;
  }
  return counts;
}
