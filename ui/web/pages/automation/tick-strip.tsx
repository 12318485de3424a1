import type { Page, ScheduleView, SensorView, TickView } from "../../../../engine/operate.ts";
import { useLoaded, useZone } from "../../app/console.tsx";
import { exactText } from "../../design/format.ts";
import { kindOf } from "./trigger-text.ts";
import classes from "./tick-strip.module.css";

const SHOWN = 30;

/** The last ticks, a mark each: tall ones launched something, low ones found nothing, diamonds failed. */
export function TickStrip({ item }: { readonly item: SensorView | ScheduleView }) {
  const zone = useZone();
  const ticks = useLoaded(`${item.name} ${item.lastTick?.id ?? ""} ${item.lastTick?.status ?? ""}`, (api, signal) =>
    api.get<Page<TickView>>(`/${kindOf(item)}s/${encodeURIComponent(item.name)}/ticks`, { limit: SHOWN }, signal),
  );
  if (ticks.type !== "ready" || ticks.data.items.length === 0) return <span className={classes["strip"]} />;
  const shown = ticks.data.items.toReversed();
  const failed = shown.filter((tick) => tick.status === "failed").length;
  const launched = shown.filter(launches).length;
  return (
    <span
      className={classes["strip"]}
      role="img"
      aria-label={`last ${shown.length} ticks: ${launched} launched something, ${failed} failed`}
    >
      {shown.map((tick) => (
        <i
          key={tick.id}
          className={classes[tick.status === "failed" ? "failed" : launches(tick) ? "launched" : "quiet"]}
          title={`${exactText(Date.parse(tick.startedAt), zone)}: ${tick.status}${tick.reason === null ? "" : `, ${tick.reason}`}`}
        />
      ))}
    </span>
  );
}

function launches(tick: TickView): boolean {
  return tick.runs.length + tick.backfills.length > 0;
}
