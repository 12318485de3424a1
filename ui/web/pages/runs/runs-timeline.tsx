import { useMemo } from "react";
import type { Page, RunView } from "../../../../engine/operate.ts";
import type { ApiClient } from "../../api/client.ts";
import { useConsole, useLoaded, useNow, useSearchText, useTopic, useZone } from "../../app/console.tsx";
import { Select } from "../../design/field.tsx";
import { durationText, exactText, msOf } from "../../design/format.ts";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { toneOf } from "../../design/status.tsx";
import { runsModel } from "../../live/models.ts";
import classes from "./runs-timeline.module.css";
import { lanesOf } from "./timeline-lanes.ts";

const spans = [
  { value: "1", label: "Last hour" },
  { value: "6", label: "Last 6 hours" },
  { value: "24", label: "Last 24 hours" },
  { value: "168", label: "Last 7 days" },
] as const;
const HOUR_MS = 3_600_000;
const MAX_RUNS = 3000;
const PAGE = 500;
const MAX_ROWS = 6;

/** The last hours by job: gaps and red bars are seen at a glance. */
export function RunsTimeline() {
  const { navigation } = useConsole();
  const [spanText, setSpan] = useSearchText("hours");
  const span = spans.find(({ value }) => value === spanText)?.value ?? "6";
  const now = useNow(2000);
  const zone = useZone();
  const live = useTopic("runs", runsModel);
  const loaded = useLoaded(span, (api, signal) => newestRuns(api, { hours: Number(span), signal }));
  const runs = useMemo(() => {
    const byId = new Map((loaded.type === "ready" ? loaded.data : []).map((run) => [run.id, run]));
    if (live.type === "ready") for (const run of live.data.runs) byId.set(run.id, run);
    return [...byId.values()];
  }, [loaded, live]);
  const fromMs = now - Number(span) * HOUR_MS;
  const place = (ms: number): number => Math.min(100, Math.max(0, ((ms - fromMs) / (now - fromMs)) * 100));
  const lanes = useMemo(
    () =>
      lanesOf(
        runs.filter((run) => run.endedAt === null || msOf(run.endedAt) >= fromMs),
        { nowMs: now, maxRows: MAX_ROWS },
      ),
    [runs, now, fromMs],
  );
  const ticks = Array.from({ length: 7 }, (_, at) => fromMs + ((now - fromMs) * at) / 6);
  return (
    <Panel
      title="Timeline"
      actions={
        <Select
          aria-label="Span"
          value={span}
          options={spans}
          onChange={(next) => setSpan(next === "6" ? undefined : next)}
        />
      }
      flush
    >
      {loaded.type === "failed" && (
        <Trouble title="The runs cannot be listed" message={loaded.error.message} onRetry={loaded.reload} />
      )}
      {loaded.type === "loading" && <Skeleton lines={5} />}
      {loaded.type === "ready" && lanes.length === 0 && <Empty title="Nothing ran in this time" />}
      {lanes.length > 0 && (
        <div className={classes["timeline"]}>
          <div className={classes["axis"]} aria-hidden>
            <span />
            <span className={classes["ticks"]}>
              {ticks.slice(0, -1).map((ms) => (
                <span key={ms} style={{ insetInlineStart: `${place(ms)}%` }}>
                  {Number(span) > 24 ? exactText(ms, zone).slice(5, 16) : exactText(ms, zone).slice(11, 16)}
                </span>
              ))}
            </span>
          </div>
          {lanes.map(({ job, rows }) => (
            <div key={job} className={classes["lane"]} role="group" aria-label={job}>
              <span className={classes["job"]} title={job}>
                {job}
              </span>
              <div className={classes["rows"]}>
                {rows.map((row) => (
                  <div key={row[0]?.id} className={classes["row"]}>
                    {row.map((run) => {
                      const start = place(msOf(run.startedAt));
                      const endMs = run.endedAt === null ? now : msOf(run.endedAt);
                      const label = `${job} ${run.partition ?? ""} ${run.status}, ${durationText(endMs - msOf(run.startedAt))}`;
                      return (
                        <a
                          key={run.id}
                          href={navigation.href({ page: "run", id: run.id })}
                          className={`${classes["bar"]} ${classes[toneOf(run.status)]}`}
                          style={{ insetInlineStart: `${start}%`, inlineSize: `max(4px, ${place(endMs) - start}%)` }}
                          title={label}
                          aria-label={label}
                          onClick={(event) => {
                            if (event.metaKey || event.ctrlKey) return;
                            event.preventDefault();
                            navigation.go({ page: "run", id: run.id });
                          }}
                        />
                      );
                    })}
                  </div>
                ))}
              </div>
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}

async function newestRuns(
  api: ApiClient,
  { hours, signal }: { hours: number; signal: AbortSignal },
): Promise<readonly RunView[]> {
  const createdAfter = new Date(Date.now() - hours * HOUR_MS).toISOString();
  const runs: RunView[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.get<Page<RunView>>("/runs", { createdAfter, limit: PAGE, cursor }, signal);
    runs.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && runs.length < MAX_RUNS);
  return runs;
}
