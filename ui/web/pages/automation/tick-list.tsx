import { useState } from "react";
import type { Page, ScheduleView, SensorView, TickView } from "../../../../engine/operate.ts";
import { useConsole, useLoaded } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { counted, durationText, msOf, shortId } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Value } from "../../design/metadata.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import classes from "./tick-list.module.css";
import { kindOf } from "./trigger-text.ts";

const PAGE = 50;
const SHOWN_RUNS = 8;
/** Of why a tick did what it did; errors may be long. */
const REASON_LINES = 6;

/** What it did and why, newest first. */
export function TickList({ item }: { readonly item: SensorView | ScheduleView }) {
  const { api } = useConsole();
  const path = `/${kindOf(item)}s/${encodeURIComponent(item.name)}/ticks`;
  const newest = useLoaded(`${item.name} ${item.lastTick?.id ?? ""} ${item.lastTick?.status ?? ""}`, (client, signal) =>
    client.get<Page<TickView>>(path, { limit: PAGE }, signal),
  );
  const [older, setOlder] = useState<Page<TickView> | null>(null);
  const [error, setError] = useState<string | null>(null);
  if (newest.type === "failed") {
    return <Trouble title="The ticks cannot be listed" message={newest.error.message} onRetry={newest.reload} />;
  }
  if (newest.type === "loading") return <Skeleton lines={5} />;
  const seen = new Set(newest.data.items.map(({ id }) => id));
  const ticks = [...newest.data.items, ...(older?.items ?? []).filter(({ id }) => !seen.has(id))];
  const cursor = older === null ? newest.data.nextCursor : older.nextCursor;
  const more = (): void => {
    api.get<Page<TickView>>(path, { limit: PAGE, cursor: cursor ?? undefined }).then(
      (page) => setOlder({ items: [...(older?.items ?? []), ...page.items], nextCursor: page.nextCursor }),
      (problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)),
    );
  };
  return (
    <Panel title="Ticks" flush>
      {ticks.length === 0 && (
        <Empty title="It never ticked">
          {item.enabled ? "Its first tick shows up here." : "It is off; evaluate it above, or turn it on."}
        </Empty>
      )}
      <ul className={classes["list"]}>
        {ticks.map((tick) => (
          <Tick key={tick.id} tick={tick} />
        ))}
      </ul>
      {error !== null && <Trouble title="No more ticks" message={error} />}
      {cursor !== null && (
        <p className={classes["more"]}>
          <Button onClick={more}>Older ticks</Button>
        </p>
      )}
    </Panel>
  );
}

function Tick({ tick }: { readonly tick: TickView }) {
  const isRich = tick.changes !== null || tick.log !== null || tick.requests.length > 0;
  return (
    <li>
      <div className={classes["line"]}>
        <Status word={tick.status} />
        <span className={classes["when"]}>
          <When at={tick.startedAt} />
          {tick.endedAt !== null && `, ${durationText(msOf(tick.endedAt) - msOf(tick.startedAt))}`}
        </span>
        <span className={classes["reason"]}>
          <Clamped text={tick.error?.message ?? tick.reason ?? ""} lines={REASON_LINES} />
        </span>
        <span className={classes["runs"]}>
          {tick.runs.slice(0, SHOWN_RUNS).map((id) => (
            <Link key={id} to={{ page: "run", id }}>
              run {shortId(id)}
            </Link>
          ))}
          {tick.runs.length > SHOWN_RUNS && <span>and {tick.runs.length - SHOWN_RUNS} more</span>}
          {tick.backfills.map((id) => (
            <Link key={id} to={{ page: "backfill", id }}>
              backfill {shortId(id)}
            </Link>
          ))}
        </span>
      </div>
      {isRich && (
        <details className={classes["details"]}>
          <summary>{tick.requests.length > 0 ? counted(tick.requests.length, "request") : "Details"}</summary>
          <ul>
            {tick.requests.map((request) => (
              <li key={`${request.outcome} ${request.id} ${request.runKey} ${request.reason}`}>
                <b>{request.outcome}</b> {request.runKey} {request.reason}
              </li>
            ))}
          </ul>
          {tick.changes !== null && <Value value={tick.changes} />}
          {tick.log !== null && <Value value={tick.log} />}
        </details>
      )}
    </li>
  );
}
