import type { AssetView } from "../../../engine/operate.ts";

type Known = ReadonlyMap<string, Pick<AssetView, "key" | "deps" | "partitionSet">>;

/** The assets that are made: those given, and if asked for all that they need or all that needs them. */
export function selectedAssets(
  assets: Known,
  given: readonly string[],
  { withUpstream, withDownstream }: { readonly withUpstream: boolean; readonly withDownstream: boolean },
): readonly string[] {
  const chosen = new Set(given);
  if (withUpstream) spread(given, chosen, (key) => assets.get(key)?.deps ?? []);
  if (withDownstream) {
    const needing = new Map<string, string[]>();
    for (const { key, deps } of assets.values()) {
      for (const dep of deps) needing.set(dep, [...(needing.get(dep) ?? []), key]);
    }
    spread(given, chosen, (key) => needing.get(key) ?? []);
  }
  return [...chosen];
}

function spread(from: readonly string[], chosen: Set<string>, next: (key: string) => readonly string[]): void {
  const seen = new Set(from);
  const waiting = [...from];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const other of next(key)) {
      if (seen.has(other)) continue;
      seen.add(other);
      chosen.add(other);
      waiting.push(other);
    }
  }
}
