import type { Catalog } from "../core/catalog.ts";
import { haveOnePlan, planRun, type RunPlan } from "../core/plan.ts";
import type { Tables } from "../store/tables.ts";
import { anchorOf, type ResolvedWave, stepReason } from "./run-maker.ts";
import type { PreviewView } from "./views.ts";

export interface PreviewParams {
  readonly catalog: Catalog;
  readonly tables: Pick<Tables, "partitions">;
  readonly job: string | null;
}

const MAX_SHOWN_KEYS = 100;
/** Runs whose steps are counted one by one; beyond, the rest is taken to be like these. */
const MAX_COUNTED_RUNS = 200;

/** What a request would run, in what order, and why; nothing is recorded. */
export function previewWaves(waves: readonly ResolvedWave[], params: PreviewParams): PreviewView {
  const shown = waves.map((wave) => previewWave(wave, params));
  const runs = shown.reduce((sum, wave) => sum + wave.runs, 0);
  const steps = shown.reduce((sum, wave) => sum + wave.steps, 0);
  const reason =
    runs === 0
      ? "no partition matches: nothing would run"
      : runs === 1
        ? `one run of ${steps} ${steps === 1 ? "step" : "steps"}`
        : `a backfill of ${runs} runs with ${steps} steps`;
  return {
    runs,
    steps,
    reason,
    waves: shown.map(({ view }) => view),
  };
}

function previewWave(wave: ResolvedWave, { catalog, tables, job }: PreviewParams) {
  const { assets, checks, set, partitionIds } = wave;
  const keyOf = (id: number): string => tables.partitions.byId(id)?.key ?? "";
  const plan = (id: number): RunPlan => {
    const { index } = tables.partitions;
    return planRun({ catalog, assets, checks, anchor: anchorOf(tables, set, id), index, reason: stepReason({ job }) });
  };
  const plans = partitionIds.slice(0, haveOnePlan(wave, set) ? 1 : MAX_COUNTED_RUNS).map(plan);
  const counted = plans.reduce((sum, one) => sum + one.steps.length, 0);
  const keys = set === null ? [] : partitionIds.slice(0, MAX_SHOWN_KEYS).map(keyOf);
  return {
    runs: partitionIds.length,
    steps: plans.length === 0 ? 0 : Math.round((counted / plans.length) * partitionIds.length),
    view: {
      assets: assets.map((asset) => asset.key),
      checks: checks.map((check) => check.key),
      partitionSet: set?.name ?? null,
      partitions: set === null ? 0 : partitionIds.length,
      keys,
      firstRun: (plans[0]?.steps ?? []).map((step) => ({
        assets: step.assets,
        check: step.check ?? null,
        partition:
          step.partition === null ? null : step.partition.of === "run" ? (keys[0] ?? null) : step.partition.key,
        reason: step.reason,
        after: [...step.after, ...step.afterEnd],
      })),
    },
  };
}
