import type { EngineEvent, EventMaterialization, Failure } from "../../../engine/core/events.ts";
import type { RunPlan } from "../../../engine/core/plan.ts";
import type { LogLevel } from "../../../engine/core/run-context.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun } from "../../rigs/made-runs.ts";
import type { SeededRandom } from "../../rigs/seeded-random.ts";

/** The active partitions of each set, by id. */
export interface MadeAssets {
  readonly sources: readonly number[];
  readonly tenants: readonly number[];
  readonly pairs: readonly number[];
  readonly keyOf: (partitionId: number) => string;
}

/** `large`: many steps of many pairs; `hold`: goes on; `waiting`: queued. */
export type RunKind = "harvest" | "load" | "report" | "large" | "hold" | "waiting";

export interface MakeRunParams {
  readonly kind: RunKind;
  readonly index: number;
  readonly made: MadeAssets;
  readonly random: SeededRandom;
  readonly uid: string;
  readonly backfillId: number | null;
  readonly steps?: number;
}

const LOAD = ["load/upload", "load/upload_summary"];
const HARVEST = ["ingest/sitemap", "ingest/summon", "ingest/release", "ingest/summary"];
export const FAILURE: Failure = {
  code: "harvest",
  message: "the sitemap answers 500 after 3 attempts",
  file: "a.ts",
  line: 7,
};
const STEP_MS = 1500;
const LOG_LINES_OF_LARGEST = 100_000;

interface Shape {
  readonly job: string;
  readonly plan: RunPlan;
  readonly partitionId: number;
  readonly tags: Readonly<Record<string, string>>;
}

function shapeOf({ kind, made, random, index, steps = 1 }: MakeRunParams): Shape {
  const pair = random.pick(made.pairs);
  const [source = "", tenant = ""] = made.keyOf(pair).split("|");
  switch (kind) {
    case "harvest": {
      const partitionId = random.pick(made.sources);
      return {
        job: "harvest",
        plan: chainPlan(HARVEST),
        partitionId,
        tags: { ingest: "docker", source: made.keyOf(partitionId) },
      };
    }
    case "load":
    case "waiting":
      return { job: "load", plan: chainPlan(LOAD), partitionId: pair, tags: { ingest: "graph", source, tenant } };
    case "report": {
      const partitionId = random.pick(made.tenants);
      const tags = { tenant: made.keyOf(partitionId), week: String(index % 52) };
      return { job: "report", plan: chainPlan(["report/tenant"]), partitionId, tags };
    }
    case "large":
      return { job: "load", plan: largePlan(made.pairs.slice(0, steps).map(made.keyOf)), partitionId: 0, tags: {} };
    case "hold":
      return { job: "hold", plan: chainPlan(["ops/hold"], "nowhere"), partitionId: 0, tags: {} };
  }
}

function largePlan(keys: readonly string[]): RunPlan {
  return {
    steps: keys.map((key) => ({
      assets: ["load/upload"],
      partition: { of: "step", key },
      after: [],
      afterEnd: [],
      reason: "selected",
    })),
  };
}

/** A run from its request to its end, with all that a real one leaves behind. Returns its row id. */
export function makeRun(tx: Transaction, params: MakeRunParams): number {
  const { kind, index, uid, backfillId } = params;
  const { job, plan, partitionId, tags } = shapeOf(params);
  const isSensed = kind === "harvest";
  const id = insertRun(tx, {
    uid,
    job,
    plan,
    tags,
    ...(partitionId === 0 ? {} : { partitionId }),
    backfillId,
    priority: kind === "hold" ? 9 : index % 3,
    originKind: backfillId === null ? (isSensed ? "sensor" : "operator") : "backfill",
    originName: isSensed ? "config_changes" : "admin",
    runKey: isSensed ? `key-${index}` : null,
    config: index % 7 === 0 ? { depth: index % 5 } : null,
    reason: isSensed ? "the source's sitemap changed" : "asked for by admin",
  });
  if (kind === "hold" || kind === "waiting") return id;
  if (index % 100 === 50) return cancelQueued(tx, id);
  tx.runs.start(id, tx.nowMs);
  tx.emit({ type: "run.starting", runId: id });
  tx.runs.running(id, tx.nowMs);
  tx.emit({ type: "run.started", runId: id });
  if (kind === "large") return makeLargeSteps(tx, { ...params, id, plan });
  const failsAt = index % 20 === 11 ? plan.steps.length - 1 : -1;
  for (const [ordinal, { assets }] of plan.steps.entries()) {
    const step = { ...params, runId: id, ordinal, assets, partitionId, fails: ordinal === failsAt };
    makeStep(tx, step);
    logSteps(tx, { ...step, lines: 3 });
  }
  endRun(tx, id, failsAt >= 0 ? FAILURE : null);
  return id;
}

function cancelQueued(tx: Transaction, id: number): number {
  const reason = "canceled by admin";
  tx.runs.endQueued({ id, status: "canceled", nowMs: tx.nowMs, error: null, reason });
  tx.emit({ type: "run.canceled", runId: id, data: { reason } });
  return id;
}

function endRun(tx: Transaction, id: number, error: Failure | null): void {
  tx.runs.end({ id, status: error === null ? "succeeded" : "failed", nowMs: tx.nowMs + STEP_MS, error });
  tx.emit(error === null ? { type: "run.succeeded", runId: id } : { type: "run.failed", runId: id, data: { error } });
}

interface StepParams extends MakeRunParams {
  readonly runId: number;
  readonly ordinal: number;
  readonly assets: readonly string[];
  readonly partitionId: number;
  readonly fails: boolean;
}

function makeStep(tx: Transaction, params: StepParams): void {
  const { runId, ordinal, partitionId, assets, index, fails, uid } = params;
  const ref = { runId, ordinal, attempt: 1 };
  tx.steps.start(ref, { partitionId, nowMs: tx.nowMs });
  tx.emit({ type: "step.started", runId, ordinal, data: { attempt: 1 } });
  if (index % 25 === 4) tx.emit({ type: "step.warning", runId, ordinal, data: { message: "12 pages answered 404" } });
  const endedAtMs = tx.nowMs + STEP_MS;
  if (fails) {
    tx.steps.end(ref, { status: "failed", nowMs: endedAtMs, reason: null, error: FAILURE });
    const seq = tx.emit({ type: "step.failed", runId, ordinal, data: { error: FAILURE } });
    for (const asset of assets) {
      const assetId = tx.materializations.assetId(asset);
      const failed = { assetId, partitionId, runId, ordinal, runUid: uid, seq, nowMs: endedAtMs, failure: FAILURE };
      tx.materializations.setFailed(failed);
    }
    return;
  }
  tx.steps.end(ref, { status: "succeeded", nowMs: endedAtMs, reason: null, error: null });
  materialize(tx, params);
}

function materialize(tx: Transaction, params: StepParams): void {
  const { runId, ordinal, partitionId, assets, index, uid, made } = params;
  const rows = assets.map((asset) => {
    const assetId = tx.materializations.assetId(asset);
    const id = tx.materializations.insert({
      assetId,
      partitionId,
      runId,
      runUid: uid,
      ordinal,
      nowMs: tx.nowMs + STEP_MS,
      codeVersion: asset === "load/upload" ? String(1 + (index % 2)) : null,
      dataVersion: `v${index}`,
      metadata: {
        documents: index % 5000,
        quads: (index * 37) % 900_000,
        url: "https://objects/summoned",
        tookMs: 1500,
      },
      value: { type: "row", text: JSON.stringify({ documents: index % 5000, orgName: "An organisation" }) },
    });
    return { asset, assetId, id };
  });
  const partition = partitionId === 0 ? null : made.keyOf(partitionId);
  const materializations = rows.map(({ asset, id }): EventMaterialization => ({
    asset,
    partition,
    id,
    dataVersion: `v${index}`,
  }));
  const event: EngineEvent = { type: "step.succeeded", runId, ordinal, data: { materializations } };
  const seq = tx.emit(event);
  for (const { assetId, id } of rows) {
    tx.materializations.setMaterialized({
      assetId,
      partitionId,
      materializationId: id,
      seq,
      nowMs: tx.nowMs + STEP_MS,
      runId,
      ordinal,
    });
  }
}

function logSteps(tx: Transaction, { runId, ordinal, lines }: StepParams & { readonly lines: number }): void {
  const levels: readonly LogLevel[] = ["info", "info", "debug", "warning"];
  tx.logs.append(
    runId,
    Array.from({ length: lines }, (_, at) => ({
      ordinal,
      attempt: 1,
      atMs: tx.nowMs + at * 10,
      level: levels[at % levels.length] ?? "info",
      message: `fetched https://data.example.org/facility/dataset-${at}.html in ${at % 300} ms`,
      fields: at % 2 === 0 ? { bytes: at * 17, status: 200 } : null,
    })),
  );
}

function makeLargeSteps(
  tx: Transaction,
  { id, plan, ...params }: MakeRunParams & { readonly id: number; readonly plan: RunPlan },
): number {
  const lines = Math.ceil(LOG_LINES_OF_LARGEST / plan.steps.length);
  for (const [ordinal, { assets }] of plan.steps.entries()) {
    const partitionId = params.made.pairs[ordinal] ?? 0;
    const step = { ...params, runId: id, ordinal, assets, partitionId, fails: ordinal % 500 === 3 };
    makeStep(tx, step);
    logSteps(tx, { ...step, lines });
  }
  endRun(tx, id, FAILURE);
  return id;
}
