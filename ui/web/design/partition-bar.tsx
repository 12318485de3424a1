import type { PartitionCounts } from "../../../engine/operate.ts";
import { countText } from "./format.ts";
import classes from "./partition-bar.module.css";

const parts = ["running", "failed", "materialized", "stale", "missing"] as const;

/** A share of the whole for each word; the numbers stand in its label. Stale ones are a share of the materialized. */
export function PartitionBar({ counts }: { readonly counts: PartitionCounts }) {
  const shares: Readonly<Record<(typeof parts)[number], number>> = {
    running: counts.running,
    failed: counts.failed,
    materialized: counts.materialized - counts.stale,
    stale: counts.stale,
    missing: counts.missing,
  };
  const label = parts
    .filter((part) => shares[part] > 0)
    .map((part) => `${countText(shares[part])} ${part}`)
    .join(", ");
  return (
    <span className={classes["bar"]} role="img" aria-label={label === "" ? "no partitions" : label} title={label}>
      {parts.map((part) =>
        shares[part] === 0 ? null : (
          <span key={part} className={classes[part]} style={{ flexGrow: shares[part] / Math.max(1, counts.total) }} />
        ),
      )}
    </span>
  );
}
