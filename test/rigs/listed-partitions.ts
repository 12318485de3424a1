import { type PartitionSet, partsOfKey } from "../../engine/core/partitions.ts";
import type { PartitionIndex } from "../../engine/core/plan.ts";
import { sortUtf8 } from "../../engine/core/utf8-order.ts";

/** An index of partitions that are active as the lists say, by the names of their sets. */
export function listedPartitions(active: Readonly<Record<string, readonly string[]>>): PartitionIndex {
  const keysOf = (set: PartitionSet): readonly string[] => active[set.name] ?? [];
  return {
    isActive: (set, key) => keysOf(set).includes(key),
    matching: (to, where) =>
      sortUtf8(
        keysOf(to).filter((key) => {
          const parts = partsOfKey(to, key);
          return [...where].every(([dimension, value]) => parts[dimension] === value);
        }),
      ),
  };
}
