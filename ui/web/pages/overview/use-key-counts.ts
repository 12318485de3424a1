import { useEffect, useRef } from "react";
import type { AssetView, KeyCountsView } from "../../../../engine/operate.ts";
import { type Loaded, useLoaded } from "../../app/console.tsx";

/** From a change, or an answer that something changed since, to the next question. */
const AGAIN_MS = 1000;

/** How an asset's partitions stand by their key in a dimension; asked for anew when the asset's own counts changed. */
export function useKeyCounts({ key, partitions }: AssetView, dimension: string): Loaded<KeyCountsView> {
  const { reload, ...loaded } = useLoaded(`${dimension} ${key}`, (api, signal) =>
    api.get<KeyCountsView>(`/assets/${encodeURIComponent(key)}/key-counts`, { dimension }, signal),
  );
  const data = loaded.type === "ready" ? loaded.data : null;
  const counters = JSON.stringify([key, partitions]);
  const askedAt = useRef(counters);
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if ((data?.isCurrent ?? true) && counters === askedAt.current) return;
    // One that is due stays due: counters may change faster.
    due.current ??= setTimeout(() => {
      due.current = undefined;
      askedAt.current = counters;
      reload();
    }, AGAIN_MS);
  }, [counters, data, reload]);
  useEffect(() => () => clearTimeout(due.current), []);
  return loaded;
}
