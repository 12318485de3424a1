import { dynamicPartitions, type PartitionSet } from "../../engine/core/partitions.ts";
import type { RunPlan } from "../../engine/core/plan.ts";
import type { NewRun } from "../../engine/store/tables/runs.ts";
import type { Transaction } from "../../engine/store/writer.ts";

export const things: PartitionSet<"things"> = dynamicPartitions("things");

/** A plan of one step an asset, each after the one before, at the run's partition. */
export function chainPlan(assets: readonly string[], at: "run" | "nowhere" = "run"): RunPlan {
  return {
    steps: assets.map((asset, ordinal) => ({
      assets: [asset],
      partition: at === "run" ? { of: "run" } : null,
      after: ordinal === 0 ? [] : [ordinal - 1],
      afterEnd: [],
      reason: "selected",
    })),
  };
}

export interface MadeRun extends Partial<Omit<NewRun, "planId" | "tagSetId">> {
  readonly uid: string;
  readonly plan: RunPlan;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A queued run with its event; what is not said is as plain as can be. Returns its row id. */
export function insertRun(tx: Transaction, { plan, tags = {}, ...run }: MadeRun): number {
  const id = tx.runs.insert({
    job: null,
    priority: 0,
    partitionId: 0,
    partitionCount: run.partitionId === undefined ? 0 : 1,
    originKind: "operator",
    originName: null,
    runKey: null,
    parentId: null,
    rootId: null,
    backfillId: null,
    config: null,
    reason: "asked for by a test",
    nowMs: tx.nowMs,
    ...run,
    planId: tx.interned.planId(plan),
    tagSetId: tx.interned.tagSetId(tags),
  });
  tx.emit({ type: "run.queued", runId: id, data: { reason: run.reason ?? "asked for by a test" } });
  return id;
}

export interface MadeValue {
  readonly asset: string;
  readonly partitionId?: number;
  readonly runId: number;
  readonly runUid: string;
  readonly ordinal?: number;
  readonly dataVersion: string;
  readonly codeVersion?: string | null;
  readonly value?: string;
  readonly inputs?: readonly { readonly asset: string; readonly partitionId: number; readonly dataVersion: string }[];
}

/** A materialization that becomes the newest of its partition, with its event. Returns its row id. */
export function materialize(tx: Transaction, made: MadeValue): number {
  const { runId, runUid, ordinal = 0, partitionId = 0 } = made;
  const assetId = tx.materializations.assetId(made.asset);
  const id = tx.materializations.insert({
    assetId,
    partitionId,
    runId,
    runUid,
    ordinal,
    nowMs: tx.nowMs,
    codeVersion: made.codeVersion ?? null,
    dataVersion: made.dataVersion,
    metadata: { version: made.dataVersion },
    value: { type: "row", text: made.value ?? JSON.stringify(made.dataVersion) },
  });
  const inputs = (made.inputs ?? []).map((input) => ({ ...input, assetId: tx.materializations.assetId(input.asset) }));
  tx.materializations.insertInputs(id, inputs);
  const key = partitionId === 0 ? null : (tx.partitions.byId(partitionId)?.key ?? null);
  const event = { asset: made.asset, partition: key, id, dataVersion: made.dataVersion };
  const seq = tx.emit({ type: "step.succeeded", runId, ordinal, data: { materializations: [event] } });
  tx.materializations.setMaterialized({
    assetId,
    partitionId,
    materializationId: id,
    seq,
    nowMs: tx.nowMs,
    runId,
    ordinal,
  });
  return id;
}
