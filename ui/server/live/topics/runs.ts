import type { Engine, StepProgress } from "../../../../engine/operate.ts";
import { ignore, SNAPSHOT_ITEMS, type Topic } from "../topic.ts";

/** `runs`: the newest runs; then those that change, and how far their steps are. */
export function runsTopic(engine: Engine): Topic {
  return {
    name: "runs",
    prepare: async () => {},
    snapshot: async () => await engine.queries.runs({ limit: SNAPSHOT_ITEMS }),
    changes() {
      const runIds = new Set<number>();
      const progress = new Map<string, StepProgress>();
      return {
        note(event) {
          if ("runId" in event) runIds.add(event.runId);
        },
        noteProgress: (report) => void progress.set(`${report.runId}/${report.step}`, report),
        noteLog: ignore,
        noteStale: ignore,
        noteHealth: ignore,
        isEmpty: () => runIds.size === 0 && progress.size === 0,
        render() {
          // The newest have the highest ids, and are what a page shows.
          const newest = [...runIds].sort((a, b) => b - a).slice(0, SNAPSHOT_ITEMS);
          return {
            items: engine.queries.runsByIds(newest),
            omitted: runIds.size - newest.length,
            progress: [...progress.values()].slice(-SNAPSHOT_ITEMS),
          };
        },
      };
    },
  };
}
