import { defineSchedule, setting } from "../engine/index.ts";
import { summonAndReleaseJob } from "../assets/ingest/jobs.ts";
import { sources } from "../assets/ingest/partitions.ts";

export const sourcesSchedule = defineSchedule({
  name: "sources_schedule",
  description: "Summons every source",
  cron: setting("GLEANERIO_DEFAULT_SCHEDULE", "@weekly"),
  timeZone: setting("GLEANERIO_DEFAULT_SCHEDULE_TIMEZONE", "America/Los_Angeles"),
  evaluate({ scheduledAt, record }) {
    const count = record.activeKeys(sources).length;
    if (count === 0) return { reason: "there are no active sources" };
    const at = scheduledAt.toISOString();
    return {
      // The key holds the time, so that next week's is another (defect 1).
      runs: [{ job: summonAndReleaseJob, partitions: "all", runKey: `scheduled/${at}`, reason: `scheduled for ${at}` }],
      reason: `${count} sources are due`,
    };
  },
});
