import type { StepDefinition } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import { partitionOf, type PartitionSet } from "../core/partitions.ts";
import type { PlannedStep, RunPlan } from "../core/plan.ts";
import type { JsonObject } from "../core/json.ts";
import { isTerminalStep, type StepStatus } from "../core/states.ts";
import type { Store } from "../store/store.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { StepRow } from "../store/tables/steps.ts";

/** A started run in memory: a cache of its rows, and the attempts that run right now. */
export interface Execution {
  readonly run: RunRow;
  readonly tags: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, string>>;
  readonly steps: readonly ExecutedStep[];
  status: "starting" | "running" | "canceling";
  cancelReason: string | null;
  /** Steps that have not ended. */
  open: number;
}

export interface ExecutedStep {
  readonly ordinal: number;
  readonly planned: PlannedStep;
  /** Null where the code does not define these assets as one step any more. */
  readonly definition: StepDefinition | null;
  readonly key: string | null;
  readonly partitionId: number;
  /** Steps that depend on this one. */
  readonly downstream: number[];
  status: StepStatus;
  /** The newest attempt, 0 before the first. */
  attempt: number;
  interruptions: number;
  failureMessage: string | null;
  /** Upstream steps that have not ended. */
  blockedBy: number;
  /** The attempt that runs right now. */
  live: LiveAttempt | null;
  progress: JsonObject | null;
  /** Set while it waits for its next attempt. */
  disarmRetry: (() => void) | null;
}

export interface LiveAttempt {
  readonly attempt: number;
  readonly abort: AbortController;
}

interface BuildParams {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly rows: readonly StepRow[];
}

/** Builds the execution of a run from its plan and what its steps' rows say. */
export function buildExecution(run: RunRow, { catalog, store, rows }: BuildParams): Execution {
  const plan: RunPlan = store.tables.interned.plan(run.plan_id);
  const runPartition = run.partition_id === NO_PARTITION ? undefined : store.tables.partitions.byId(run.partition_id);
  const known = new Map(rows.map((row) => [row.ordinal, row]));
  const steps = plan.steps.map((planned, ordinal): ExecutedStep => {
    const definition = definitionOf(catalog, planned);
    const place = placeOf(planned, { definition, store, run, runKey: runPartition?.key ?? null });
    const row = known.get(ordinal);
    return {
      ordinal,
      planned,
      definition,
      ...place,
      downstream: [],
      status: row?.status ?? "pending",
      attempt: row?.attempt ?? 0,
      interruptions: row?.interruptions ?? 0,
      failureMessage: null,
      blockedBy: 0,
      live: null,
      progress: null,
      disarmRetry: null,
    };
  });
  for (const step of steps) {
    for (const ordinal of new Set([...step.planned.after, ...step.planned.afterEnd])) {
      const upstream = steps[ordinal];
      if (upstream === undefined) continue;
      upstream.downstream.push(step.ordinal);
      if (!isTerminalStep(upstream.status)) step.blockedBy++;
    }
  }
  const set = runPartition === undefined ? undefined : setOf(catalog, { store, setId: runPartition.set_id });
  return {
    run,
    tags: store.tables.interned.tags(run.tag_set_id),
    parts: set === undefined || runPartition === undefined ? {} : partitionOf(set, runPartition.key).parts,
    steps,
    status: run.status === "canceling" ? "canceling" : run.status === "running" ? "running" : "starting",
    cancelReason: run.cancel_reason,
    open: steps.filter((step) => !isTerminalStep(step.status)).length,
  };
}

function definitionOf(catalog: Catalog, planned: PlannedStep): StepDefinition | null {
  const definition = catalog.assets.get(planned.assets[0] ?? "")?.step;
  if (definition === undefined) return null;
  const keys = [...definition.outputs.values()].map((asset) => asset.key);
  return planned.assets.every((key) => keys.includes(key)) ? definition : null;
}

interface PlaceParams {
  readonly definition: StepDefinition | null;
  readonly store: Store;
  readonly run: RunRow;
  readonly runKey: string | null;
}

function placeOf(planned: PlannedStep, params: PlaceParams): { key: string | null; partitionId: number } {
  if (planned.partition === null) return { key: null, partitionId: NO_PARTITION };
  if (planned.partition.of === "run") return { key: params.runKey, partitionId: params.run.partition_id };
  const { key } = planned.partition;
  const set = params.definition?.partitions;
  const row = set == null ? undefined : params.store.tables.partitions.find(set.name, key);
  return { key, partitionId: row?.id ?? NO_PARTITION };
}

function setOf(catalog: Catalog, params: { store: Store; setId: number }): PartitionSet | undefined {
  const name = params.store.tables.partitions.sets().find((row) => row.id === params.setId)?.name;
  return name === undefined ? undefined : catalog.partitionSets.get(name);
}
