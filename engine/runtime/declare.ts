import type { Catalog } from "../core/catalog.ts";
import type { Transaction } from "../store/writer.ts";
import { emitChange } from "./tick.ts";

/** Brings the record in line with the code: sets, static keys, assets, sensors and schedules. History stays. */
export function declareDefinitions(tx: Transaction, catalog: Catalog): void {
  for (const set of catalog.partitionSets.values()) {
    if (tx.partitions.declareSet(set)) {
      const reason = "it does not fit the set's dimensions any more";
      const retired = tx.partitions.reshape({ set, nowMs: tx.nowMs, reason });
      emitChange(tx, { set: set.name, added: [], retired, reason: "the code changed" });
    }
    if (set.keys === null) continue;
    const keep = new Set(set.keys);
    const gone = tx.partitions.active(set.name).flatMap((row) => (keep.has(row.key) ? [] : row.key));
    const added = tx.partitions.add({ set, keys: set.keys, nowMs: tx.nowMs, reason: "in the code" });
    const retired = tx.partitions.retire({ set, keys: gone, nowMs: tx.nowMs, reason: "not in the code any more" });
    emitChange(tx, { set: set.name, added, retired, reason: "the code changed" });
  }
  tx.materializations.declareAssets(
    [...catalog.assets.values()].map((asset) => ({
      key: asset.key,
      setId: asset.partitions === null ? 0 : tx.partitions.setId(asset.partitions.name),
    })),
  );
  tx.checks.declare(
    [...catalog.checks.values()].map(({ key, asset }) => ({
      key,
      assetId: tx.materializations.assetId(asset.key),
      setId: asset.partitions === null ? 0 : tx.partitions.setId(asset.partitions.name),
    })),
  );
  const eventsSeq = tx.events.newestSeq();
  for (const { name } of catalog.sensors.values()) {
    tx.automations.declare({ name, kind: "sensor", eventsSeq, dueAfterMs: null });
  }
  for (const { name } of catalog.schedules.values()) {
    tx.automations.declare({ name, kind: "schedule", eventsSeq, dueAfterMs: tx.nowMs });
  }
}
