import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { useTopic } from "../../app/console.tsx";
import { PageHead } from "../../design/panel.tsx";
import { assetsModel, runsModel } from "../../live/models.ts";
import { Attention } from "./attention.tsx";
import { ByDimension } from "./by-dimension.tsx";
import { DueNext } from "./due-next.tsx";
import classes from "./overview-page.module.css";
import { Recent } from "./recent.tsx";
import { RunningNow } from "./running-now.tsx";
import { VitalSigns } from "./vital-signs.tsx";

/** What runs now, what failed and was not put right, what is due, and how today compares. */
export function OverviewPage() {
  usePageTitle("Overview");
  const runs = useTopic("runs", runsModel);
  const isRunning = runs.type === "ready" && runs.data.runs.some((run) => run.status === "running");
  const assets = useTopic("assets", assetsModel);
  const hasFailed = assets.type === "ready" && [...assets.data.values()].some(({ error }) => error !== null);
  useTabIcon(isRunning ? "running" : hasFailed ? "failed" : "idle");
  return (
    <>
      <PageHead title="Overview" />
      <VitalSigns />
      <div className={classes["columns"]}>
        <div className={classes["now"]}>
          <Attention />
          <RunningNow />
        </div>
        <div className={classes["side"]}>
          <DueNext />
          <Recent />
        </div>
        <div className={classes["dimensions"]}>
          <ByDimension />
        </div>
      </div>
    </>
  );
}
