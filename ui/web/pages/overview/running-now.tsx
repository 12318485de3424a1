import type { JsonObject, RunView } from "../../../../engine/operate.ts";
import { useTopic } from "../../app/console.tsx";
import { counted } from "../../design/format.ts";
import { Took, When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { StatusIcon } from "../../design/status.tsx";
import { progressText } from "../../design/progress-text.ts";
import { StepBar } from "../../design/step-bar.tsx";
import { backfillsModel, runsModel } from "../../live/models.ts";
import classes from "./running-now.module.css";
import { runName } from "../../design/names.ts";

const SHOWN = 12;
const live: readonly RunView["status"][] = ["running", "starting", "canceling"];

/** Runs and backfills under way, with how far they are. */
export function RunningNow() {
  const runs = useTopic("runs", runsModel);
  const backfills = useTopic("backfills", backfillsModel);
  if (runs.type !== "ready") {
    return (
      <Panel title="Running now">
        <Skeleton lines={2} />
      </Panel>
    );
  }
  const going = runs.data.runs.filter((run) => live.includes(run.status));
  const queued = runs.data.runs.filter((run) => run.status === "queued");
  const ongoing = backfills.type === "ready" ? backfills.data.filter((one) => one.endedAt === null) : [];
  const isIdle = going.length + queued.length + ongoing.length === 0;
  return (
    <Panel title="Running now" aside={isIdle ? undefined : counted(going.length, "run")} flush>
      {isIdle && <Empty title="Nothing runs">What schedules and sensors start shows up here by itself.</Empty>}
      <ul className={classes["list"]}>
        {ongoing.map((backfill) => (
          <li key={backfill.id}>
            <StatusIcon word={backfill.status} label={backfill.status} />
            <Link to={{ page: "backfill", id: backfill.id }} className={classes["name"]}>
              Backfill of {backfill.job ?? backfill.assets.join(", ")}
            </Link>
            <span className={classes["soft"]}>
              {backfill.succeeded + backfill.failed + backfill.canceled} of {backfill.total}
            </span>
            <progress
              aria-label="ended runs"
              max={backfill.total}
              value={backfill.succeeded + backfill.failed + backfill.canceled}
            />
          </li>
        ))}
        {going.slice(0, SHOWN).map((run) => (
          <RunningItem key={run.id} run={run} progress={runs.data.progress.get(run.id)} />
        ))}
        {queued.slice(0, Math.max(0, SHOWN - going.length)).map((run) => (
          <li key={run.id}>
            <StatusIcon word="queued" label="queued" />
            <RunName run={run} />
            <span className={classes["soft"]}>{run.waitingFor ?? <When at={run.createdAt} />}</span>
          </li>
        ))}
      </ul>
      {going.length + queued.length > SHOWN && (
        <p className={classes["more"]}>
          <Link to={{ page: "runs" }} search={{ status: ["running", "starting", "queued"] }}>
            All that run or wait
          </Link>
        </p>
      )}
    </Panel>
  );
}

function RunningItem(props: { readonly run: RunView; readonly progress: ReadonlyMap<number, JsonObject> | undefined }) {
  const { run, progress } = props;
  const said = progress === undefined ? "" : [...progress.values()].map(progressText).filter(Boolean).join("; ");
  return (
    <li>
      <StatusIcon word={run.status} label={run.status} />
      <RunName run={run} />
      <span className={classes["soft"]}>{said}</span>
      <StepBar counts={run.stepCounts} />
      <span className={classes["time"]}>
        <Took from={run.startedAt} to={null} />
      </span>
    </li>
  );
}

function RunName({ run }: { readonly run: RunView }) {
  return (
    <Link to={{ page: "run", id: run.id }} className={classes["name"]}>
      {runName(run)}
      {run.partition !== null && <span className={classes["partition"]}> {run.partition}</span>}
    </Link>
  );
}
