import type { Catalog } from "../core/catalog.ts";
import { haveOnePlan, planRun, type PartitionIndex, type RunPlan } from "../core/plan.ts";
import { anchorOf, type ResolvedWave, stepReason } from "./run-maker.ts";
import type { PreviewView } from "./views.ts";

export interface PreviewParams {
  readonly catalog: Catalog;
  readonly index: PartitionIndex;
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

function previewWave(wave: ResolvedWave, params: PreviewParams) {
  const keys = wave.set === null ? [undefined] : wave.partitions.map((partition) => partition.key);
  const plan = (key: string | undefined): RunPlan =>
    planRun({ ...params, assets: wave.assets, anchor: anchorOf(wave, key), reason: stepReason(params) });
  const plans = keys.slice(0, haveOnePlan(wave.assets, wave.set) ? 1 : MAX_COUNTED_RUNS).map(plan);
  const counted = plans.reduce((sum, one) => sum + one.steps.length, 0);
  const steps = plans.length === 0 ? 0 : Math.round((counted / plans.length) * keys.length);
  const firstKey = keys[0] ?? null;
  return {
    runs: keys.length,
    steps,
    view: {
      assets: wave.assets.map((asset) => asset.key),
      partitionSet: wave.set?.name ?? null,
      partitions: wave.partitions.length,
      keys: wave.partitions.slice(0, MAX_SHOWN_KEYS).map((partition) => partition.key),
      firstRun: (plans[0]?.steps ?? []).map((step) => ({
        assets: step.assets,
        partition: step.partition === null ? null : step.partition.of === "run" ? firstKey : step.partition.key,
        reason: step.reason,
        after: [...step.after, ...step.afterEnd],
      })),
    },
  };
}
