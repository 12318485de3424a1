import type { StepDefinition } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import type { EngineError } from "../core/errors.ts";
import type { Failure } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import { isKeyOf, partitionOf, type PartitionSet } from "../core/partitions.ts";
import type { PlannedStep, RunPlan } from "../core/plan.ts";
import { defaultRunPolicy, type RunPolicy } from "../core/run-policy.ts";
import { isTerminalStep, type RunStatus, type StepStatus } from "../core/states.ts";
import type { Store } from "../store/store.ts";
import type { Tables } from "../store/tables.ts";
import type { LiveStep } from "../store/tables/materializations.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { StepRow } from "../store/tables/steps.ts";

/** A started run in memory: a cache of its rows, and the attempts that run right now. */
export interface Execution {
  readonly run: RunRow;
  readonly tags: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, string>>;
  readonly steps: readonly ExecutedStep[];
  /** `queued` within the transaction that starts it: it goes on to `running` in one step, where one of its steps can. */
  status: "queued" | "starting" | "running" | "canceling";
  cancelReason: string | null;
  readonly policy: RunPolicy;
  /** Why the run is brought to its end as failed, whatever its steps come to. */
  stop: RunStop | null;
  /** Set while a timer runs for the run's time limit. */
  disarmTimeout: (() => void) | null;
  /** Steps that have not ended. */
  open: number;
  /** Steps whose code runs, in the order in which they began. */
  readonly live: Set<ExecutedStep>;
  isEnded: boolean;
}

export interface RunStop {
  readonly error: Failure;
  /** Said of the steps that are canceled for it. */
  readonly reason: string;
}

export interface ExecutedStep {
  readonly ordinal: number;
  readonly planned: PlannedStep;
  /** Null where the code does not make these assets of this partition any more. */
  readonly definition: StepDefinition | null;
  /** Why there is no definition. */
  readonly misfit: string;
  readonly key: string | null;
  readonly partitionId: number;
  /** Steps that depend on this one. */
  readonly downstream: number[];
  status: StepStatus;
  /** The newest attempt, 0 before the first. */
  attempt: number;
  interruptions: number;
  failure: Failure | null;
  /** Why it is to end as canceled, whatever comes of its attempt; null where nobody asked for that while it ran. */
  cancelReason: string | null;
  /** What its code left out, of several assets that it could make; by key, with the reason that it gave. */
  notMade: ReadonlyMap<string, string | null>;
  /** Upstream steps that have not ended. */
  blockedBy: number;
  /** The attempt that runs right now. */
  live: LiveAttempt | null;
  /** What it waits for, ready as it is. */
  parked: { readonly what: string; readonly reason: string } | null;
  /** When its next attempt is due. */
  retryAtMs: number | null;
  /** Set while a timer runs for its next attempt. */
  disarmRetry: (() => void) | null;
}

export interface LiveAttempt {
  readonly attempt: number;
  readonly abort: AbortController;
  /** An error that its code left to nobody: the attempt fails with it, whatever the code returns. */
  stray: EngineError | null;
  /** Its code has settled, or nobody waits for it any more: its context is revoked, whatever the record says by now. */
  isOver: boolean;
  /** What its code reported last. */
  progress: JsonObject | null;
  /** When it began, maybe in an earlier life of the engine. */
  readonly startedAtMs: number;
  /** The pool of which it holds a slot, whatever the code says by now. */
  readonly pool: string | null;
  /** What it waits for outside, such as a container host that does not answer. */
  waitsFor: string | null;
}

interface BuildParams {
  readonly catalog: Catalog;
  readonly store: Store;
  readonly rows: readonly StepRow[];
}

/** Builds the execution of a run from its plan and what its steps' rows say. */
export function buildExecution(run: RunRow, { catalog, store, rows }: BuildParams): Execution {
  const plan: RunPlan = store.tables.interned.plan(run.plan_id);
  const partition = runPartition(run, { catalog, tables: store.tables });
  const known = new Map(rows.map((row) => [row.ordinal, row]));
  const steps = plan.steps.map((planned, ordinal): ExecutedStep => {
    const row = known.get(ordinal);
    return {
      ordinal,
      planned,
      ...codeOf(planned, { catalog, tables: store.tables, partition, row }),
      downstream: [],
      status: row?.status ?? "pending",
      attempt: row?.attempt ?? 0,
      interruptions: row?.interruptions ?? 0,
      failure: row?.error == null ? null : (JSON.parse(row.error) as Failure),
      cancelReason: row?.cancel_reason ?? null,
      notMade: nothing,
      blockedBy: 0,
      live: null,
      parked: null,
      retryAtMs: row?.retry_at_ms ?? null,
      disarmRetry: null,
    };
  });
  linkSteps(steps);
  findNotMade(run, { steps, store });
  return {
    run,
    tags: store.tables.interned.tags(run.tag_set_id),
    parts: partition.parts,
    steps,
    status: isStarted(run.status) ? run.status : "queued",
    cancelReason: run.cancel_reason,
    policy: plan.policy ?? defaultRunPolicy,
    stop: null,
    disarmTimeout: null,
    live: new Set(),
    open: steps.filter((step) => !isTerminalStep(step.status)).length,
    isEnded: false,
  };
}

function isStarted(status: RunStatus): status is "starting" | "running" | "canceling" {
  return status === "starting" || status === "running" || status === "canceling";
}

/** Why what runs of a step has to end: its own cancel, or its run's; null where neither was asked for. */
export function whyCanceled(execution: Execution, step: ExecutedStep): string | null {
  if (step.cancelReason !== null) return step.cancelReason;
  return execution.status === "canceling" ? (execution.cancelReason ?? "canceled before a restart") : null;
}

function linkSteps(steps: readonly ExecutedStep[]): void {
  for (const step of steps) {
    for (const ordinal of new Set([...step.planned.after, ...step.planned.afterEnd])) {
      const upstream = steps[ordinal];
      if (upstream === undefined) continue;
      upstream.downstream.push(step.ordinal);
      if (!isTerminalStep(upstream.status)) step.blockedBy++;
    }
  }
}

const nothing: ExecutedStep["notMade"] = new Map();

/** What steps left out that had succeeded when the engine before ended. */
function findNotMade(run: RunRow, { steps, store }: { steps: readonly ExecutedStep[]; store: Store }): void {
  const several = steps.filter((step) => step.status === "succeeded" && step.planned.assets.length > 1);
  if (several.length === 0) return;
  const all = { from: 0, below: steps.length };
  const made = Map.groupBy(store.tables.summaries.materializations.ofSteps(run.id, all), (row) => row.ordinal);
  for (const step of several) {
    const keys = new Set(made.get(step.ordinal)?.map((row) => row.asset));
    step.notMade = new Map(step.planned.assets.flatMap((key) => (keys.has(key) ? [] : [[key, null] as const])));
  }
}

/** A run's own partition; `id` and `key` are those of none where the run has none. */
export interface RunPartition {
  readonly id: number;
  readonly key: string | null;
  readonly setName: string | null;
  /** By dimension; empty where the set has left the code, or its keys have another shape now. */
  readonly parts: Readonly<Record<string, string>>;
}

interface LookupParams {
  readonly catalog: Catalog;
  readonly tables: Pick<Tables, "partitions">;
}

export function runPartition(run: Pick<RunRow, "partition_id">, { catalog, tables }: LookupParams): RunPartition {
  const row = run.partition_id === NO_PARTITION ? undefined : tables.partitions.byId(run.partition_id);
  if (row === undefined) return { id: NO_PARTITION, key: null, setName: null, parts: {} };
  const setName = tables.partitions.setById(row.set_id)?.name ?? null;
  const set = setName === null ? undefined : catalog.partitionSets.get(setName);
  const fits = set !== undefined && isKeyOf(set, row.key);
  return { id: row.id, key: row.key, setName, parts: fits ? partitionOf(set, row.key).parts : {} };
}

interface CodeParams extends LookupParams {
  readonly partition: RunPartition;
  readonly row: StepRow | undefined;
}

type StepCode = Pick<ExecutedStep, "definition" | "misfit" | "key" | "partitionId">;

/**
 * The code that makes a planned step's assets, and the partition that it makes. The plan was made by the code of its
 * time: what that code partitioned in another way is not made now under a key that means something else.
 */
function codeOf(planned: PlannedStep, params: CodeParams): StepCode {
  const { catalog, tables, partition, row } = params;
  const names = stepNames(planned);
  const definition = definitionOf(catalog, planned);
  const set = definition?.partitions ?? null;
  const place = placeOf(planned, { set, tables, partition, row });
  const key =
    planned.partition?.of === "step" ? planned.partition.key : planned.partition === null ? null : partition.key;
  if (definition !== null && place !== null) return { definition, misfit: "", key, ...place };
  const misfit =
    definition === null
      ? `${names} is not in the code any more (or is made in another way); run it anew`
      : `${names} is partitioned ${set === null ? "no more" : `by "${set.name}"`} in the code now, in another way than ` +
        `when this run was made; run it anew`;
  return { definition: null, misfit, key, partitionId: row?.partition_id ?? partition.id };
}

/** What a planned step makes or checks, for people. */
export function stepNames({ assets, check }: PlannedStep): string {
  return check === undefined ? assets.join(", ") : `the check ${check}`;
}

function definitionOf(catalog: Catalog, planned: PlannedStep): StepDefinition | null {
  if (planned.check !== undefined) return catalog.checks.get(planned.check)?.step ?? null;
  const definition = catalog.assets.get(planned.assets[0] ?? "")?.step;
  if (definition === undefined) return null;
  const keys = new Set([...definition.outputs.values()].map((asset) => asset.key));
  return keys.symmetricDifference(new Set(planned.assets)).size === 0 ? definition : null;
}

interface PlaceParams extends Omit<CodeParams, "catalog"> {
  readonly set: PartitionSet | null;
}

/** Null where the planned partition is none of the set's. */
function placeOf(planned: PlannedStep, { set, tables, partition, row }: PlaceParams): { partitionId: number } | null {
  if (planned.partition === null || set === null) {
    return planned.partition === null && set === null ? { partitionId: NO_PARTITION } : null;
  }
  if (planned.partition.of === "run") {
    const isOwn = partition.setName === set.name && partition.key !== null && isKeyOf(set, partition.key);
    return isOwn ? { partitionId: partition.id } : null;
  }
  const { set: plannedSet = set.name, key } = planned.partition;
  const found = plannedSet === set.name && isKeyOf(set, key) ? tables.partitions.find(set.name, key) : undefined;
  // Plans of before sets were noted are known by what the step has begun with.
  const isAnother = row !== undefined && row.partition_id !== found?.id;
  return found === undefined || isAnother ? null : { partitionId: found.id };
}

/** The partitions that a step makes, as the marks of a running step name them. */
export function liveMarksOf(
  { materializations }: Pick<Tables, "materializations">,
  { run }: Execution,
  step: ExecutedStep,
): readonly LiveStep[] {
  if (step.definition === null) return [];
  return step.planned.assets.map((key) => ({
    assetId: materializations.assetId(key),
    partitionId: step.partitionId,
    runId: run.id,
    ordinal: step.ordinal,
  }));
}
