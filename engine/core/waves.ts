import type { Asset, StepDefinition } from "./assets.ts";
import type { Catalog } from "./catalog.ts";
import type { PartitionSet } from "./partitions.ts";

/** Assets that are made together, one run a key of `set`; unpartitioned ones in one run. */
export interface Wave {
  readonly set: PartitionSet | null;
  readonly assets: readonly Asset[];
}

/**
 * Cuts a selection of differently partitioned assets into groups of one partition set each, upstream before
 * downstream: the runs of a wave start when those of the wave before have ended.
 */
export function cutIntoWaves(catalog: Catalog, assets: readonly Asset[]): readonly Wave[] {
  const wanted = new Set(assets.map((asset) => asset.step));
  const levels = new Map<StepDefinition, number>();
  const groups = new Map<string, { level: number; set: PartitionSet | null; assets: Asset[] }>();
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
    const group = groups.get(id) ?? { level, set: step.partitions, assets: [] };
    group.assets.push(...step.outputs.values());
    groups.set(id, group);
  }
  return [...groups.values()].sort((a, b) => a.level - b.level).map(({ set, assets }) => ({ set, assets }));
}
