import { defineSensor } from "../engine/index.ts";
import { orgNamesJob } from "../assets/ingest/jobs.ts";
import { gleanerioRun } from "../assets/ingest/summon.ts";

/** Many summons end close together; one listing serves them all. */
const COALESCE_MS = 5000;

export const orgNamesSensor = defineSensor({
  name: "org_names_sensor",
  description: "Lists the summoned sources again after summons",
  on: [gleanerioRun],
  minIntervalMs: COALESCE_MS,
  evaluate: ({ materializations }) => ({
    runs: [{ job: orgNamesJob, reason: `after ${materializations.length} summons` }],
    reason: `${materializations.length} summons since the last listing`,
  }),
});
