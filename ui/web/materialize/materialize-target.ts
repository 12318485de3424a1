import type { ChosenPartitions } from "../matrix/partition-request.ts";

/** What somebody wants to make; the dialog asks for the rest. */
export interface MaterializeTarget {
  /** Either assets or a job. */
  readonly assets?: readonly string[];
  readonly job?: string;
  /** Partitions that were chosen already. */
  readonly chosen?: { readonly partitions: ChosenPartitions; readonly count: number };
}

/** Of an address that opens the dialog on its own: that of an asset, perhaps with a few selected keys. */
export function targetOfAddress(
  route: { readonly page: string; readonly key?: string } | null,
  search: URLSearchParams,
): MaterializeTarget | null {
  const job = search.get("job");
  const assets = route?.page === "asset" && route.key !== undefined ? [route.key] : search.getAll("asset");
  if (assets.length === 0) return job === null ? null : { job };
  const keys = search.getAll("select");
  // Runs of cells mean something only beside their matrix.
  const isPlain = keys.length > 0 && keys.every((key) => key.startsWith("="));
  const chosen = isPlain ? { partitions: keys.map((key) => key.slice(1)), count: keys.length } : null;
  return chosen === null ? { assets } : { assets, chosen };
}
