import { type ReactNode, useMemo } from "react";
import type { Page, RunCountsView } from "../../../../engine/operate.ts";
import { useLoaded, useNow, useTopic } from "../../app/console.tsx";
import type { Search } from "../../app/navigation.ts";
import type { Route } from "../../app/routes.ts";
import { countText, counted, msOf, relativeText } from "../../design/format.ts";
import { Link } from "../../design/link.tsx";
import { StatusIcon, type StatusWord } from "../../design/status.tsx";
import { assetsModel, automationModel, systemModel } from "../../live/models.ts";
import { DayBars } from "./day-bars.tsx";
import { type Day, daysOf, todayAgainstLastWeek } from "./days.ts";
import classes from "./vital-signs.module.css";

const DAYS = 15;
/** The counts of today are asked for anew this often while the page is open; what runs is live above. */
const PACE_MS = 30_000;

/** Four numbers that say whether to go on sleeping. */
export function VitalSigns() {
  const system = useTopic("system", systemModel);
  const assets = useTopic("assets", assetsModel);
  const health = system.type === "ready" ? system.data.health : null;
  const failed = assets.type === "ready" ? failedIn([...assets.data.values()]) : null;
  return (
    <div className={classes["signs"]}>
      <Sign
        word={health !== null && health.runningRuns > 0 ? "running" : "off"}
        label="Running"
        value={health === null ? "–" : countText(health.runningRuns)}
        note={health === null ? "" : `${counted(health.runningSteps, "step")}, ${countText(health.queuedRuns)} queued`}
        to={{ page: "runs" }}
        search={{ status: ["running", "starting", "queued"] }}
      />
      <Sign
        word={failed === null || failed.partitions === 0 ? "succeeded" : "failed"}
        label="Failed, not put right"
        value={failed === null ? "–" : countText(failed.partitions)}
        note={failed === null ? "" : failed.partitions === 0 ? "all is well" : `in ${counted(failed.assets, "asset")}`}
        to={{ page: "runs" }}
        search={{ status: "failed" }}
      />
      <NextSign />
      <TodaySign />
    </div>
  );
}

function failedIn(assets: readonly { status: string; partitions: { failed: number } | null }[]): {
  readonly assets: number;
  readonly partitions: number;
} {
  const counts = assets
    .map((one) => one.partitions?.failed ?? (one.status === "failed" ? 1 : 0))
    .filter((count) => count > 0);
  return { assets: counts.length, partitions: counts.reduce((sum, count) => sum + count, 0) };
}

interface SignProps {
  readonly word: StatusWord;
  readonly label: string;
  readonly value: ReactNode;
  readonly note: ReactNode;
  readonly to: Route;
  readonly search?: Search;
}

function Sign({ word, label, value, note, to, search }: SignProps) {
  return (
    <Link to={to} {...(search === undefined ? {} : { search })} className={classes["sign"]}>
      <span className={classes["label"]}>
        <StatusIcon word={word} />
        {label}
      </span>
      <span className={classes["value"]}>{value}</span>
      <span className={classes["note"]}>{note}</span>
    </Link>
  );
}

function NextSign() {
  const automation = useTopic("automation", automationModel);
  const now = useNow();
  const due =
    automation.type === "ready"
      ? [...automation.data.schedules.values()]
          .flatMap((schedule) =>
            schedule.nextAt === null ? [] : [{ name: schedule.name, atMs: msOf(schedule.nextAt) }],
          )
          .toSorted((a, b) => a.atMs - b.atMs)[0]
      : undefined;
  return (
    <Sign
      word={due === undefined ? "off" : "queued"}
      label="Due next"
      value={due === undefined ? "–" : relativeText(due.atMs, now)}
      note={due?.name ?? "no schedule is on"}
      to={due === undefined ? { page: "automation" } : { page: "automationItem", name: due.name }}
    />
  );
}

function TodaySign() {
  const now = useNow(PACE_MS);
  const at = useMemo(() => daysOf(now, DAYS), [now]);
  const counts = useLoaded(String(now), (api, signal) =>
    api.get<Page<RunCountsView>>("/run-counts", { at: at.map((ms) => new Date(ms).toISOString()) }, signal),
  );
  const days: readonly Day[] | null = counts.type === "ready" ? counts.data.items : null;
  return (
    <Link to={{ page: "runs" }} search={{ view: "timeline" }} className={`${classes["sign"]} ${classes["wide"]}`}>
      <span className={classes["label"]}>Runs by day</span>
      {days === null ? <span className={classes["value"]}>–</span> : <DayBars days={days} />}
      <span className={classes["note"]}>{days === null ? "" : todayAgainstLastWeek(days)}</span>
    </Link>
  );
}
