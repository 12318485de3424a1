import { exactText, msOf } from "../../design/format.ts";
import { useZone } from "../../app/console.tsx";
import classes from "./day-bars.module.css";
import { type Day, totalOf } from "./days.ts";

/** A bar a day, failures on top; heights by the square root, so that a quiet day is seen beside a busy one. */
export function DayBars({ days }: { readonly days: readonly Day[] }) {
  const zone = useZone();
  const most = Math.max(1, ...days.map(totalOf));
  const today = days.at(-1);
  const label = `runs of the last ${days.length} days; today ${today === undefined ? 0 : totalOf(today)}`;
  return (
    <span className={classes["bars"]} role="img" aria-label={label}>
      {days.map((day) => {
        const total = totalOf(day);
        const height = total === 0 ? 0 : Math.max(0.08, Math.sqrt(total / most));
        const date = exactText(msOf(day.from), zone).slice(0, 10);
        return (
          <span key={day.from} className={classes["day"]} title={`${date}: ${total} runs, ${day.failed} failed`}>
            <span
              className={classes["failed"]}
              style={{ blockSize: `${height * 100 * (day.failed / Math.max(1, total))}%` }}
            />
            <span
              className={classes["rest"]}
              style={{ blockSize: `${height * 100 * (1 - day.failed / Math.max(1, total))}%` }}
            />
          </span>
        );
      })}
    </span>
  );
}
