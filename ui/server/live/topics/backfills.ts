import {
  backfillStatuses,
  type BackfillStatus,
  type BackfillView,
  type Engine,
  isTerminalBackfill,
} from "../../../../engine/operate.ts";
import { ignore, MAX_PATCH_ITEMS, SNAPSHOT_ITEMS, type Topic } from "../topic.ts";

const underWay: readonly BackfillStatus[] = backfillStatuses.filter((status) => !isTerminalBackfill(status));

/** `backfills`: the newest ones; then those that change, and those that are under way whenever a run goes on. */
export function backfillsTopic(engine: Engine): Topic {
  const live = new Set<string>();
  const remember = (views: readonly BackfillView[]): readonly BackfillView[] => {
    for (const view of views) {
      if (isTerminalBackfill(view.status)) live.delete(view.id);
      else live.add(view.id);
    }
    return views;
  };
  return {
    name: "backfills",
    async prepare() {
      // Who resumes gets no snapshot to learn them from.
      for (const status of underWay)
        remember((await engine.queries.backfills({ status, limit: MAX_PATCH_ITEMS })).items);
    },
    async snapshot() {
      const page = await engine.queries.backfills({ limit: SNAPSHOT_ITEMS });
      remember(page.items);
      return page;
    },
    changes() {
      const ids = new Set<number>();
      let runsWentOn = false;
      return {
        note(event) {
          if (event.type === "backfill.changed") ids.add(event.data.backfillId);
          else if (event.type.startsWith("run.")) runsWentOn = true;
        },
        noteProgress: ignore,
        noteLog: ignore,
        noteStale: ignore,
        noteHealth: ignore,
        isEmpty: () => ids.size === 0 && !(runsWentOn && live.size > 0),
        render() {
          const changed = remember(engine.queries.backfillsByIds([...ids]));
          const told = new Set(changed.map((view) => view.id));
          const others = [...live].filter((id) => !told.has(id)).map((id) => engine.queries.backfill(id));
          return { items: [...changed, ...remember(others)] };
        },
      };
    },
  };
}
