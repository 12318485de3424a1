import { type Engine, EngineError } from "../../../../engine/operate.ts";
import { ignore, MAX_PATCH_ITEMS, nothing, SNAPSHOT_ITEMS, tooMany, type Topic } from "../topic.ts";

/** Over this many changed runs, a snapshot is cheaper than looking at the steps of each. */
const MAX_RUNS_LOOKED_AT = 50;
const MAX_STEPS_LOOKED_AT = 500;

/** `partitions:<asset key>`: the first partitions of an asset and its counts; then those that change. */
export function partitionsTopic(engine: Engine, key: string): Topic {
  const counts = () => engine.queries.asset(key).partitions;
  return {
    name: `partitions:${key}`,
    async prepare() {
      const asset = engine.catalog.assets.get(key);
      if (asset === undefined) throw new EngineError("not_found", `there is no asset "${key}"`);
      if (asset.partitions === null) throw new EngineError("invalid_request", `asset "${key}" has no partitions`);
    },
    async snapshot() {
      const page = await engine.queries.assetPartitions(key, { limit: SNAPSHOT_ITEMS });
      return { ...page, counts: counts() };
    },
    changes() {
      const partitions = new Set<string>();
      const stepsOfRuns = new Map<number, Set<number>>();
      let isAll = false;
      return {
        note(event) {
          if (event.type === "partitions.changed") isAll = true;
          if (!("ordinal" in event)) return;
          if (event.type === "step.succeeded") {
            for (const made of event.data.materializations) {
              if (made.asset === key && made.partition !== null) partitions.add(made.partition);
            }
            return;
          }
          const steps = stepsOfRuns.get(event.runId) ?? new Set();
          stepsOfRuns.set(event.runId, steps.add(event.ordinal));
        },
        noteProgress: ignore,
        noteLog: ignore,
        noteStale: ignore,
        noteHealth: ignore,
        isEmpty: () => !isAll && partitions.size === 0 && stepsOfRuns.size === 0,
        render() {
          if (isAll || stepsOfRuns.size > MAX_RUNS_LOOKED_AT) return tooMany;
          const looks = [...stepsOfRuns.values()].reduce((sum, ordinals) => sum + ordinals.size, 0);
          if (looks > MAX_STEPS_LOOKED_AT) return tooMany;
          for (const [runId, ordinals] of stepsOfRuns) {
            for (const step of engine.queries.stepsByRunId(runId, ordinals)) {
              if (step.assets.includes(key) && step.partition !== null) partitions.add(step.partition);
            }
          }
          if (partitions.size === 0) return nothing;
          if (partitions.size > MAX_PATCH_ITEMS) return tooMany;
          return {
            items: [...partitions].map((partition) => engine.queries.assetPartition(key, partition)),
            counts: counts(),
          };
        },
      };
    },
  };
}
