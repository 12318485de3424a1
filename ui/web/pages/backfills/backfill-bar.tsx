import type { BackfillView } from "../../../../engine/operate.ts";
import { countText } from "../../design/format.ts";
import classes from "./backfill-bar.module.css";

/** How many of a backfill's runs ended how, are under way, or were not made yet; the numbers stand in its label. */
export function BackfillBar({
  backfill,
  size = "small",
}: {
  readonly backfill: BackfillView;
  readonly size?: "small" | "large";
}) {
  const { succeeded, failed, canceled, launched, total } = backfill;
  const shares = [
    ["succeeded", succeeded],
    ["failed", failed],
    ["canceled", canceled],
    ["running", launched - succeeded - failed - canceled],
    ["waiting", total - launched],
  ] as const;
  const there = shares.filter(([, count]) => count > 0);
  const words = { running: "under way", waiting: "not made yet" } as const;
  const label = there
    .map(([name, count]) => `${countText(count)} ${name in words ? words[name as keyof typeof words] : name}`)
    .join(", ");
  return (
    <span className={classes["bar"]} data-size={size} role="img" aria-label={`runs: ${label}`} title={label}>
      {there.map(([name, count]) => (
        <span key={name} className={classes[name]} style={{ flexGrow: count / Math.max(1, total) }} />
      ))}
    </span>
  );
}
