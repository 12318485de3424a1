import type { RunKeyPolicy } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { type Anchor, planRun, type RunPlan } from "../core/plan.ts";
import type { IdSource } from "../core/ports/time.ts";
import type { PartitionSet } from "../core/partitions.ts";
import { type Targets, targetKeys } from "../core/targets.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";
import type { OriginKind } from "../store/tables/runs.ts";
import type { Tables } from "../store/tables.ts";
import type { Transaction } from "../store/writer.ts";

/** What is common to all runs that one request makes. */
export interface RunOrigin {
  readonly kind: OriginKind;
  readonly name: string | null;
  readonly job: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly config: Json;
  readonly reason: string;
  readonly runKey: { readonly key: string; readonly policy: RunKeyPolicy } | null;
}

/** Runs of the same targets, one a partition; `set` null: one run without a partition. */
export interface ResolvedWave extends Targets {
  readonly set: PartitionSet | null;
  readonly partitionIds: readonly number[];
}

/** What a request came to. `existing`: its run key was used, and the policy says not again. */
export type Made =
  | { readonly type: "run"; readonly id: number; readonly uid: string }
  | { readonly type: "backfill"; readonly id: number; readonly uid: string }
  | { readonly type: "existing"; readonly kind: "run" | "backfill"; readonly uid: string; readonly reason: string };

export interface RunMaker {
  /**
   * One run, or a backfill where the waves hold more than one. Throws `invalid_request` where there is nothing to do, or
   * too much.
   */
  make(tx: Transaction, params: MakeParams): Made;
  /** Inserts a queued run with a plan. */
  insertRun(tx: Transaction, run: PlannedRun): { readonly id: number; readonly uid: string };
  /** Inserts queued runs that differ in their partition alone. */
  insertRuns(tx: Transaction, run: Omit<PlannedRun, "partitionId">, partitionIds: readonly number[]): void;
  /** The run of an existing key, where the policy blocks another one. */
  blockingRun(tables: Pick<Tables, "automations">, origin: RunOrigin): Extract<Made, { type: "existing" }> | null;
}

export interface MakeParams {
  readonly waves: readonly ResolvedWave[];
  /** As it is kept with a backfill. */
  readonly request: Json;
  readonly origin: RunOrigin;
  /** Default `MAX_BACKFILL_RUNS`. */
  readonly maxRuns?: number;
}

export interface PlannedRun {
  readonly plan: RunPlan;
  readonly partitionId: number;
  readonly origin: RunOrigin;
  readonly backfillId: number | null;
  readonly parent: { readonly id: number; readonly rootId: number } | null;
}

export interface RunMakerParams {
  readonly catalog: Catalog;
  readonly ids: IdSource;
}

export const MAX_BACKFILL_RUNS = 1_000_000;

export function runMaker({ catalog, ids }: RunMakerParams): RunMaker {
  /** What runs share is looked up once. */
  const inserter = (tx: Transaction, run: Omit<PlannedRun, "partitionId">) => {
    const { origin } = run;
    const shared = {
      job: origin.job,
      priority: origin.priority,
      planId: tx.interned.planId(run.plan),
      tagSetId: tx.interned.tagSetId(origin.tags),
      partitionCount: countPartitions(run.plan),
      originKind: origin.kind,
      originName: origin.name,
      runKey: origin.runKey?.key ?? null,
      parentId: run.parent?.id ?? null,
      rootId: run.parent?.rootId ?? null,
      backfillId: run.backfillId,
      config: origin.config,
      reason: origin.reason,
      nowMs: tx.nowMs,
    };
    return (partitionId: number): { readonly id: number; readonly uid: string } => {
      const uid = ids.uuid();
      const id = tx.runs.insert({ ...shared, uid, partitionId });
      tx.emit({ type: "run.queued", runId: id, data: { reason: origin.reason } });
      return { id, uid };
    };
  };

  const insertRun: RunMaker["insertRun"] = (tx, { partitionId, ...run }) => inserter(tx, run)(partitionId);

  const blockingRun: RunMaker["blockingRun"] = ({ automations }, origin) => {
    if (origin.runKey === null) return null;
    const row = automations.runKey(originKey(origin), origin.runKey.key);
    if (row === undefined) return null;
    const again =
      origin.runKey.policy === "always"
        ? row.status !== "live"
        : origin.runKey.policy === "until-success" && (row.status === "failed" || row.status === "canceled");
    if (again) return null;
    const reason = `the run key "${origin.runKey.key}" was used for ${row.kind} ${row.uid}, which ${describeKeyStatus(row.status)}`;
    return { type: "existing", kind: row.kind, uid: row.uid, reason };
  };

  const recordKey = (tx: Transaction, origin: RunOrigin, made: { uid: string; kind: "run" | "backfill" }): void => {
    if (origin.runKey === null) return;
    const { key, policy } = origin.runKey;
    tx.automations.putRunKey({ origin: originKey(origin), runKey: key, policy, ...made, nowMs: tx.nowMs });
  };

  const makeRun = (tx: Transaction, wave: ResolvedWave, { origin }: MakeParams): Made => {
    const partitionId = wave.partitionIds[0] ?? NO_PARTITION;
    const anchor = anchorOf(tx, wave.set, partitionId);
    const { index } = tx.partitions;
    const policy = catalog.jobs.get(origin.job ?? "");
    const plan = planRun({ ...wave, catalog, anchor, index, reason: stepReason(origin), policy });
    if (plan.steps.length === 0) throw nothingToRun(anchor);
    const run = insertRun(tx, { plan, partitionId, origin, backfillId: null, parent: null });
    recordKey(tx, origin, { uid: run.uid, kind: "run" });
    return { type: "run", ...run };
  };

  const makeBackfill = (tx: Transaction, { waves, request, origin }: MakeParams): Made => {
    const uid = ids.uuid();
    const id = tx.backfills.insert({
      uid,
      job: origin.job,
      request,
      tagSetId: tx.interned.tagSetId(origin.tags),
      priority: origin.priority,
      originKind: origin.kind,
      originName: origin.name,
      reason: origin.reason,
      nowMs: tx.nowMs,
      waves: waves.map((wave) => ({
        assets: targetKeys(wave),
        setId: wave.set === null ? 0 : tx.partitions.setId(wave.set.name),
        partitionIds: wave.partitionIds,
      })),
    });
    recordKey(tx, origin, { uid, kind: "backfill" });
    tx.emit({ type: "backfill.changed", data: { backfillId: id, status: "queued" } });
    return { type: "backfill", id, uid };
  };

  return {
    insertRun,
    insertRuns(tx, run, partitionIds) {
      const insert = inserter(tx, run);
      for (const partitionId of partitionIds) insert(partitionId);
    },
    blockingRun,
    make(tx, params) {
      const existing = blockingRun(tx, params.origin);
      if (existing !== null) return existing;
      const maxRuns = params.maxRuns ?? MAX_BACKFILL_RUNS;
      const total = params.waves.reduce((sum, wave) => sum + wave.partitionIds.length, 0);
      if (total > maxRuns) {
        throw new EngineError(
          "invalid_request",
          `this would make ${total} runs; at most ${maxRuns} can be asked for here`,
        );
      }
      const first = params.waves.find((wave) => wave.partitionIds.length > 0);
      if (first === undefined) {
        throw new EngineError("invalid_request", "no partition matches: there is nothing to run");
      }
      return total === 1 ? makeRun(tx, first, params) : makeBackfill(tx, params);
    },
  };
}

function nothingToRun(anchor: Anchor | null): EngineError {
  const at = anchor === null ? "" : ` for ${JSON.stringify(anchor.key)} of "${anchor.set.name}"`;
  return new EngineError(
    "invalid_request",
    `there is nothing to run${at}: no partition of the selected assets relates to it`,
  );
}

/** The partition that a run of a wave is asked for. */
export function anchorOf(
  { partitions }: Pick<Tables, "partitions">,
  set: PartitionSet | null,
  partitionId: number,
): Anchor | null {
  const key = set === null ? undefined : partitions.byId(partitionId)?.key;
  return set === null || key === undefined ? null : { set, key };
}

/** What the plan says of steps at the run's own partition. */
export function stepReason(origin: Pick<RunOrigin, "job">): string {
  return origin.job === null ? "selected" : `selected by ${origin.job}`;
}

/** How many different partitions the steps have; a run's own counts as one. */
function countPartitions(plan: RunPlan): number {
  const keys = plan.steps.flatMap(({ partition }) =>
    partition === null ? [] : partition.of === "run" ? "run" : `step ${partition.key}`,
  );
  return new Set(keys).size;
}

function originKey(origin: RunOrigin): string {
  return `${origin.kind}:${origin.name ?? ""}:${origin.kind === "operator" ? (origin.job ?? "") : ""}`;
}

function describeKeyStatus(status: "live" | "succeeded" | "failed" | "canceled"): string {
  return status === "live" ? "has not ended" : status === "canceled" ? "was canceled" : status;
}
