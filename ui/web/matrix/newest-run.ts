import type { AssetPartitionView, Page } from "../../../engine/operate.ts";
import type { ApiClient } from "../api/client.ts";

/** The run that makes a partition now, or the one that tried last; null where none ever did. */
export function newestRunOf({ liveRunId, latest, error }: AssetPartitionView): string | null {
  if (liveRunId !== null) return liveRunId;
  if (latest === null || (error !== null && error.at > latest.at)) return error?.runId ?? null;
  return latest.runId;
}

export async function partitionOf(
  api: ApiClient,
  { assetKey, partition, signal }: { assetKey: string; partition: string; signal?: AbortSignal },
): Promise<AssetPartitionView | null> {
  const path = `/assets/${encodeURIComponent(assetKey)}/partitions`;
  const page = await api.get<Page<AssetPartitionView>>(path, { partition }, signal);
  return page.items[0] ?? null;
}
