import type { StepDefinition } from "../../core/assets.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { JsonObject } from "../../core/json.ts";
import type { PartitionSet } from "../../core/partitions.ts";
import type { PlannedStep } from "../../core/plan.ts";
import type { StepStatus } from "../../core/states.ts";
import type { Store } from "../../store/store.ts";
import type { EvaluationRow } from "../../store/tables/check-summaries.ts";
import type { MadeRow } from "../../store/tables/materialization-summaries.ts";
import { NO_PARTITION } from "../../store/tables/partitions.ts";
import type { RunRow } from "../../store/tables/runs.ts";
import type { StepRow } from "../../store/tables/steps.ts";
import type { Page, StepView } from "../views.ts";
import { evaluationView } from "./check-views.ts";
import { instantOrNull } from "./instants.ts";
import type { KeyParts } from "./key-parts.ts";
import type { LiveState } from "./live-state.ts";
import { parseFailure, untouchedStatus } from "./run-views.ts";

export interface StepViewParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly live: LiveState;
  readonly keyParts: KeyParts;
}

/** Of a run's steps, which come with it; the others are pages away. */
export const MAX_SHOWN_STEPS = 500;

export interface StepRange {
  readonly from: number;
  readonly limit: number;
}

/** Some of a run's steps: its plan, and what their rows say of those that are more than pending. */
export function stepPage(run: RunRow, params: StepViewParams & StepRange): Page<StepView> {
  const { from, limit } = params;
  const { tables } = params.store;
  const { steps } = tables.interned.plan(run.plan_id);
  const below = Math.min(from + limit, steps.length);
  const rows = new Map(tables.steps.between(run.id, { from, below }).map((row) => [row.ordinal, row]));
  const made = Map.groupBy(tables.summaries.materializations.ofSteps(run.id, { from, below }), (one) => one.ordinal);
  const evaluated = new Map(tables.summaries.checks.ofSteps(run.id, { from, below }).map((one) => [one.ordinal, one]));
  const runPartition = placeOfRun(run, params);
  const items = steps.slice(from, below).map((planned, index) => {
    const ordinal = from + index;
    const found = { row: rows.get(ordinal), made: made.get(ordinal) ?? [], evaluated: evaluated.get(ordinal) };
    return stepView({ run, planned, ordinal, runPartition, ...found }, params);
  });
  return { items, nextCursor: below < steps.length ? String(below) : null };
}

/** The steps of these numbers, as far as the run has them. */
export function stepViews(run: RunRow, params: StepViewParams & { ordinals: Iterable<number> }): readonly StepView[] {
  return [...params.ordinals].flatMap((from) => stepPage(run, { ...params, from, limit: 1 }).items);
}

interface Place {
  readonly key: string;
  readonly parts: Readonly<Record<string, string>>;
}

function placeOfRun(run: RunRow, { store, keyParts }: StepViewParams): Place | null {
  if (run.partition_id === NO_PARTITION) return null;
  const row = store.tables.partitions.byId(run.partition_id);
  const set = store.tables.partitions.sets().find((one) => one.id === row?.set_id);
  if (row === undefined || set === undefined) return null;
  return { key: row.key, parts: keyParts(set.dimensions, row.key) };
}

interface StepFacts {
  readonly run: RunRow;
  readonly planned: PlannedStep;
  readonly ordinal: number;
  readonly row: StepRow | undefined;
  readonly made: readonly MadeRow[];
  readonly evaluated: EvaluationRow | undefined;
  readonly runPartition: Place | null;
}

function stepView(facts: StepFacts, params: StepViewParams): StepView {
  const { run, planned, ordinal, row } = facts;
  const code = codeOf(planned, params);
  const place = placeOfStep(facts, { ...params, set: code?.partitions ?? null });
  const status = row?.status ?? untouchedStatus(run.status);
  return {
    step: ordinal,
    assets: planned.assets,
    check: planned.check ?? null,
    partition: place?.key ?? null,
    partitionParts: place?.parts ?? null,
    status,
    attempt: row?.attempt ?? 0,
    interruptions: row?.interruptions ?? 0,
    startedAt: instantOrNull(row?.started_at_ms ?? null),
    endedAt: instantOrNull(row?.ended_at_ms ?? null),
    retryAt: instantOrNull(row?.retry_at_ms ?? null),
    reason: row?.reason ?? row?.cancel_reason ?? planned.reason,
    waitReason: waitReason(status, facts, params),
    after: planned.after,
    afterEnd: planned.afterEnd,
    pool: code?.pool ?? null,
    progress: status === "running" ? params.live.progressOf(run.id, ordinal) : null,
    error: parseFailure(row?.error ?? null),
    materializations: facts.made.map((one) => ({
      asset: one.asset,
      dataVersion: one.data_version,
      metadata: JSON.parse(one.metadata) as JsonObject,
    })),
    evaluation: facts.evaluated === undefined ? null : evaluationView(facts.evaluated),
  };
}

function codeOf({ assets, check }: PlannedStep, { catalog }: StepViewParams): StepDefinition | null {
  return (check === undefined ? catalog.assets.get(assets[0] ?? "") : catalog.checks.get(check))?.step ?? null;
}

function waitReason(status: StepStatus, { run, row, ordinal }: StepFacts, { live }: StepViewParams): string | null {
  if (status === "running") return live.waitOf(run.id, ordinal);
  return status === "waiting" ? (row?.reason ?? null) : null;
}

function placeOfStep(
  { planned, runPartition }: StepFacts,
  { set, keyParts }: StepViewParams & { readonly set: PartitionSet | null },
): Place | null {
  if (planned.partition === null) return null;
  if (planned.partition.of === "run") return runPartition;
  const { key } = planned.partition;
  return { key, parts: set === null ? {} : keyParts(JSON.stringify(set.dimensions), key) };
}
