import type { BackfillView } from "../../../../engine/operate.ts";
import { type Loaded, useLoaded, useTopic } from "../../app/console.tsx";
import { backfillsModel } from "../../live/models.ts";

/** One backfill, live where it is among the newest or under way. */
export function useBackfill(id: string): Loaded<BackfillView> & { readonly reload: () => void } {
  const topic = useTopic("backfills", backfillsModel);
  const live = topic.type === "ready" ? topic.data.find((one) => one.id === id) : undefined;
  // One that was just made may be told of a moment later than it is gone to.
  const loaded = useLoaded(live === undefined ? id : null, (api, signal) =>
    api.get<BackfillView>(`/backfills/${encodeURIComponent(id)}`, {}, signal),
  );
  return live === undefined ? loaded : { type: "ready", data: live, reload: loaded.reload };
}
