import type { StepDefinition } from "./assets.ts";
import type { Catalog } from "./catalog.ts";
import type { PartitionSet } from "./partitions.ts";
import { stepsOf, type Targets } from "./targets.ts";

/** What is made and checked together, one run a key of `set`; what is unpartitioned in one run. */
export interface Wave extends Targets {
  readonly set: PartitionSet | null;
}

/**
 * Cuts a selection of differently partitioned assets into groups of one partition set each, upstream before
 * downstream: the runs of a wave start when those of the wave before have ended.
 */
export function cutIntoWaves(catalog: Catalog, targets: Targets): readonly Wave[] {
  const wanted = stepsOf(targets);
  const levels = new Map<StepDefinition, number>();
  const groups = new Map<string, { level: number; set: PartitionSet | null; steps: StepDefinition[] }>();
  for (const step of catalog.stepsInOrder) {
    if (!wanted.has(step)) continue;
    let level = 0;
    for (const { asset: upstream } of step.dependencies) {
      const above = levels.get(upstream.step);
      if (above === undefined) continue;
      const same = upstream.step.partitions?.name === step.partitions?.name;
      level = Math.max(level, same ? above : above + 1);
    }
    levels.set(step, level);
    const id = `${level} ${step.partitions?.name ?? ""}`;
    const group = groups.get(id) ?? { level, set: step.partitions, steps: [] };
    group.steps.push(step);
    groups.set(id, group);
  }
  return [...groups.values()]
    .sort((a, b) => a.level - b.level)
    .map(({ set, steps }) => ({
      set,
      assets: steps.flatMap((step) => [...step.outputs.values()]),
      checks: targets.checks.filter((check) => steps.includes(check.step)),
    }));
}
