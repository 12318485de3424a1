import type { RunView, StepStatus } from "../../../engine/operate.ts";
import classes from "./step-bar.module.css";

const order = [
  "succeeded",
  "failed",
  "running",
  "waiting",
  "skipped",
  "canceled",
  "pending",
] as const satisfies readonly StepStatus[];

/** How many of a run's steps are where; numbers in its label. */
export function StepBar({ counts }: { readonly counts: RunView["stepCounts"] }) {
  const label = order
    .filter((status) => (counts[status] ?? 0) > 0)
    .map((status) => `${counts[status]} ${status}`)
    .join(", ");
  return (
    <span className={classes["bar"]} role="img" aria-label={`steps: ${label}`} title={label}>
      {order.map((status) =>
        (counts[status] ?? 0) === 0 ? null : (
          <span key={status} className={classes[status]} style={{ flexGrow: (counts[status] ?? 0) / counts.total }} />
        ),
      )}
    </span>
  );
}
