import { useTopic, useZone } from "../../app/console.tsx";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { exactText, msOf } from "../../design/format.ts";
import { Empty, Skeleton } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { automationModel } from "../../live/models.ts";
import classes from "./side-list.module.css";

const SHOWN = 6;

/** What schedules start next, and what is switched off. */
export function DueNext() {
  const zone = useZone();
  const automation = useTopic("automation", automationModel);
  if (automation.type !== "ready") {
    return (
      <Panel title="Due next">
        <Skeleton lines={2} />
      </Panel>
    );
  }
  const schedules = [...automation.data.schedules.values()];
  const due = schedules
    .filter((schedule) => schedule.nextAt !== null)
    .toSorted((a, b) => msOf(a.nextAt) - msOf(b.nextAt))
    .slice(0, SHOWN);
  const off = [...schedules, ...automation.data.sensors.values()].filter((one) => !one.enabled);
  return (
    <Panel title="Due next" flush>
      {due.length === 0 && <Empty title="No schedule is on" />}
      <ul className={classes["list"]}>
        {due.map(({ name, nextAt, cron, timeZone }) => (
          <li key={name}>
            <span className={classes["two"]}>
              <Link to={{ page: "automationItem", name }}>{name}</Link>
              <span className={classes["soft"]} title={`${cron}, ${timeZone}`}>
                {exactText(msOf(nextAt), zone)}
              </span>
            </span>
            <strong>
              <When at={nextAt} />
            </strong>
          </li>
        ))}
        {off.length > 0 && (
          <li>
            <Link to={{ page: "automation" }} className={classes["soft"]}>
              {off.length} switched off
            </Link>
          </li>
        )}
      </ul>
    </Panel>
  );
}
