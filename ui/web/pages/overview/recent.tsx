import { useTopic } from "../../app/console.tsx";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { StatusIcon } from "../../design/status.tsx";
import { runsModel } from "../../live/models.ts";
import classes from "./side-list.module.css";
import { runName } from "../../design/names.ts";

const SHOWN = 12;

/** What ended last. */
export function Recent() {
  const runs = useTopic("runs", runsModel);
  if (runs.type !== "ready") {
    return (
      <Panel title="Ended last">
        <Skeleton />
      </Panel>
    );
  }
  const ended = runs.data.runs
    .filter((run) => run.endedAt !== null)
    .toSorted((a, b) => ((a.endedAt ?? "") < (b.endedAt ?? "") ? 1 : -1))
    .slice(0, SHOWN);
  return (
    <Panel title="Ended last" actions={<Link to={{ page: "runs" }}>All runs</Link>} flush>
      {ended.length === 0 && <Empty title="Nothing ran yet" />}
      <ul className={classes["list"]}>
        {ended.map((run) => (
          <li key={run.id}>
            <StatusIcon word={run.status} label={run.status} />
            <Link to={{ page: "run", id: run.id }} className={classes["name"]}>
              {runName(run)} {run.partition !== null && <b>{run.partition}</b>}
            </Link>
            <span className={classes["soft"]}>
              <When at={run.endedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
