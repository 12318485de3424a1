import { defineSensor, type SensedRun } from "../engine/index.ts";
import { settings, slack } from "../assets/ingest/resources.ts";

const MAX_NAMED_RUNS = 10;

export const slackOnRunFailure = defineSensor({
  name: "slack_on_run_failure",
  description: "Posts failed runs to SLACK_CHANNEL",
  on: "run-failure",
  minIntervalMs: 10_000,
  resources: { settings, slack },
  async evaluate({ failedRuns, gap, resources, signal }) {
    const target = resources.settings.slack;
    if (target === null) return { reason: "SLACK_TOKEN and SLACK_CHANNEL are not set" };
    const { channel, token } = target;
    await resources.slack.post({ channel, text: describe(failedRuns, gap !== null), token: token.reveal(), signal });
    return { reason: `told ${target.channel} of ${failedRuns.length} failed runs` };
  },
});

function describe(runs: readonly SensedRun[], hasGap: boolean): string {
  const lines = hasGap ? ["Runs that failed while this was off are not all told here."] : [];
  const told = runs.slice(0, MAX_NAMED_RUNS).map((run) => {
    const what = `${run.job ?? "a run"}${run.partition === null ? "" : ` of ${run.partition}`}`;
    return `${what} failed: ${run.error?.message ?? run.reason} (run ${run.runId})`;
  });
  lines.push(...told);
  if (runs.length > MAX_NAMED_RUNS) lines.push(`and ${runs.length - MAX_NAMED_RUNS} more`);
  return lines.join("\n");
}
