import type { ScheduleView, SensorView } from "../../../../engine/operate.ts";
import { useNow, useTopic, useZone } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { exactText, relativeText } from "../../design/format.ts";
import { Copy } from "../../design/copy.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, PageHead, Panel } from "../../design/panel.tsx";
import { automationModel } from "../../live/models.ts";
import classes from "./automation-item-page.module.css";
import { AutomationSwitch } from "./automation-switch.tsx";
import { Evaluate } from "./evaluate.tsx";
import { TickList } from "./tick-list.tsx";
import { kindOf, triggerText } from "./trigger-text.ts";

/** One sensor or schedule: what it does, when next, what it would do now, and what it did. */
export function AutomationItemPage({ name }: { readonly name: string }) {
  usePageTitle(name);
  useTabIcon("idle");
  const topic = useTopic("automation", automationModel);
  if (topic.type === "refused") return <Trouble title="Automation cannot be shown" message={topic.message} />;
  if (topic.type === "loading") return <Skeleton lines={6} />;
  const item = topic.data.schedules.get(name) ?? topic.data.sensors.get(name);
  if (item === undefined) {
    return (
      <Empty title={`There is no sensor or schedule ${name}`}>
        It may have left the code. <Link to={{ page: "automation" }}>All automation</Link>
      </Empty>
    );
  }
  return (
    <>
      <PageHead
        title={
          <span className={classes["title"]}>
            <AutomationSwitch item={item} /> {name} <Copy text={name} what="the name" />
          </span>
        }
        lead={item.description === "" ? undefined : item.description}
      />
      <Facts
        facts={[
          ["Kind", kindOf(item)],
          ["Ticks", triggerText(item)],
          [
            "State",
            `${item.enabled ? "on" : "off"}${item.enabled === item.enabledByDefault ? ", as the code says" : ", as an operator said"}`,
          ],
          ["Code location", item.location],
          ...(item.cursor === null
            ? []
            : ([["Cursor", <code key="cursor">{item.cursor.slice(0, 300)}</code>]] as const)),
          ...("assets" in item && item.assets.length > 0
            ? ([
                [
                  "Watches",
                  item.assets.map((key) => (
                    <span key={key} className={classes["asset"]}>
                      <Link to={{ page: "asset", key }}>{key}</Link>
                    </span>
                  )),
                ],
              ] as const)
            : []),
        ]}
      />
      <div className={classes["columns"]}>
        {"cron" in item && <NextTimes schedule={item} />}
        <Evaluate item={item} />
      </div>
      <TickList item={item} />
    </>
  );
}

/** The next times in the schedule's own zone, and in the viewer's where that is another. */
function NextTimes({ schedule }: { readonly schedule: ScheduleView }) {
  const zone = useZone();
  const now = useNow(10_000);
  return (
    <Panel title="Next times" aside={schedule.timeZone}>
      {schedule.nextTimes.length === 0 && (
        <Empty title={schedule.enabled ? "It never comes again" : "None while it is off"} />
      )}
      <ol className={classes["times"]}>
        {schedule.nextTimes.map((at) => {
          const atMs = Date.parse(at);
          return (
            <li key={at}>
              <time dateTime={at}>{exactText(atMs, schedule.timeZone)}</time>
              {zone !== schedule.timeZone && <span className={classes["soft"]}>{exactText(atMs, zone)}</span>}
              <span className={classes["soft"]}>{relativeText(atMs, now)}</span>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

export type AutomationItem = SensorView | ScheduleView;
