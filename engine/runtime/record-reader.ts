import type { RecordReader } from "../core/automation.ts";
import type { Json } from "../core/json.ts";
import type { Store } from "../store/store.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";

/** What sensors and schedules may ask of the record. */
export function recordReader(store: Store): RecordReader {
  const { partitions, materializations } = store.tables;
  const latest = (asset: { key: string; partitions: { name: string } | null }, key: string | undefined) => {
    const row =
      key === undefined || asset.partitions === null ? undefined : partitions.find(asset.partitions.name, key);
    const partitionId = key === undefined ? NO_PARTITION : row?.id;
    if (partitionId === undefined) return undefined;
    return materializations.latest(materializations.assetId(asset.key), partitionId);
  };
  return {
    activeKeys: (set) => partitions.active(set.name).map((row) => row.key),
    allKeys: (set) =>
      partitions.all(set.name).map((row) => ({ key: row.key, state: row.state, changedAtMs: row.changed_at_ms })),
    isMaterialized: (asset, key) => latest(asset, key) !== undefined,
    materializedAtMs: (asset, key) => latest(asset, key)?.at_ms ?? null,
    async latestValue(asset, key) {
      const row = latest(asset, key);
      if (row === undefined) return undefined;
      const text = row.value_sha256 === null ? row.value : await store.values.read(row.value_sha256);
      return text === null ? null : (JSON.parse(text) as Json);
    },
  };
}
