import { checkedAsset, type Engine, EngineError, type RunView } from "../../../../engine/operate.ts";
import { type Changes, ignore, nothing, type Topic } from "../topic.ts";

/** Over this many changed runs, every asset is read again instead of every run. */
const MAX_RUNS_LOOKED_AT = 100;

/** `assets`: all of them with their counts; then those that change. */
export function assetsTopic(engine: Engine): Topic {
  return {
    name: "assets",
    prepare: async () => {},
    snapshot: async () => ({ items: engine.queries.assets() }),
    changes: () =>
      assetChanges(engine, (changed) => {
        const items = engine.queries.assets().filter((asset) => changed.has(asset.key));
        return items.length === 0 ? nothing : { items };
      }),
  };
}

/** `asset:<key>`: one asset; then it again when it changes. */
export function assetTopic(engine: Engine, key: string): Topic {
  return {
    name: `asset:${key}`,
    async prepare() {
      if (!engine.catalog.assets.has(key)) throw new EngineError("not_found", `there is no asset "${key}"`);
    },
    snapshot: async () => engine.queries.asset(key),
    changes: () => assetChanges(engine, (changed) => (changed.has(key) ? engine.queries.asset(key) : nothing)),
  };
}

/** `render` gets the keys of the assets that may have changed. */
function assetChanges(engine: Engine, render: (changed: ReadonlySet<string>) => unknown): Changes {
  const assets = new Set<string>();
  const runIds = new Set<number>();
  let isAll = false;
  /** With what is made of it: a recount of what that makes stale is told once, to those who watch then. */
  const addMade = (asset: string): void => {
    assets.add(asset);
    // A replay tells of assets too that have left the code.
    const { graph } = engine.catalog;
    if (graph.hasNode(asset)) for (const next of graph.outNeighbors(asset)) assets.add(next);
  };
  return {
    note(event) {
      if (event.type === "partitions.changed" || event.type === "engine.started") isAll = true;
      if (event.type === "step.succeeded") for (const made of event.data.materializations) addMade(made.asset);
      else if (event.type === "check.evaluated") assets.add(event.data.asset);
      else if ("runId" in event) runIds.add(event.runId);
    },
    noteProgress: ignore,
    noteLog: ignore,
    noteStale: (asset) => void assets.add(asset),
    noteHealth: ignore,
    isEmpty: () => !isAll && assets.size === 0 && runIds.size === 0,
    render() {
      const { catalog, queries } = engine;
      if (isAll || runIds.size > MAX_RUNS_LOOKED_AT) return render(new Set(catalog.assets.keys()));
      for (const run of queries.runsByIds([...runIds])) for (const key of concerned(run)) assets.add(key);
      return render(assets);
    },
  };
}

/** What a run makes or checks. */
function concerned({ assets, checks }: RunView): readonly string[] {
  return [...assets, ...checks.map(checkedAsset)];
}
