import type { ScheduleView, SensorView } from "../../../../engine/operate.ts";
import { durationText } from "../../design/format.ts";

/** What makes it tick, in a few words. */
export function triggerText(item: SensorView | ScheduleView): string {
  if ("cron" in item) return `${item.cron}, ${item.timeZone}`;
  switch (item.trigger) {
    case "poll":
      return `every ${durationText(item.minIntervalMs)}`;
    case "materialization":
      return item.assets.length === 1
        ? `when ${item.assets[0]} is made`
        : `when one of ${item.assets.length} assets is made`;
    case "partitions":
      return "when partitions change";
    case "run-failure":
      return "when a run fails";
  }
}

export function kindOf(item: SensorView | ScheduleView): "sensor" | "schedule" {
  return "cron" in item ? "schedule" : "sensor";
}
