import { useMemo } from "react";
import type { ScheduleView, SensorView } from "../../../../engine/operate.ts";
import { useSearchText, useTopic } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { SearchInput } from "../../design/field.tsx";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { PageHead, Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import table from "../../design/table.module.css";
import { automationModel } from "../../live/models.ts";
import { AutomationSwitch } from "./automation-switch.tsx";
import classes from "./automation-page.module.css";
import { triggerText } from "./trigger-text.ts";
import { TickStrip } from "./tick-strip.tsx";

/** What starts runs by itself, whether it is on, and what it did last. */
export function AutomationPage() {
  usePageTitle("Automation");
  useTabIcon("idle");
  const topic = useTopic("automation", automationModel);
  const [text, setText] = useSearchText("find");
  const rows = useMemo(() => {
    if (topic.type !== "ready") return { schedules: [], sensors: [] };
    const isShown = ({ name }: { readonly name: string }): boolean => name.toLowerCase().includes(text.toLowerCase());
    return {
      schedules: [...topic.data.schedules.values()].filter(isShown),
      sensors: [...topic.data.sensors.values()].filter(isShown),
    };
  }, [topic, text]);
  return (
    <>
      <PageHead
        title="Automation"
        lead="Sensors look at something and schedules at the clock; both start runs by themselves."
        actions={
          <SearchInput
            label="Find by name"
            value={text}
            onChange={(event) => setText(event.target.value, { replace: true })}
          />
        }
      />
      {topic.type === "refused" && <Trouble title="Automation cannot be shown" message={topic.message} />}
      {topic.type === "loading" && <Skeleton lines={8} />}
      {topic.type === "ready" && (
        <div className={classes["families"]}>
          <Family title="Schedules" items={rows.schedules} none="No schedule is defined, or none has that name." />
          <Family title="Sensors" items={rows.sensors} none="No sensor is defined, or none has that name." />
        </div>
      )}
    </>
  );
}

interface FamilyProps {
  readonly title: string;
  readonly items: readonly (SensorView | ScheduleView)[];
  readonly none: string;
}

function Family({ title, items, none }: FamilyProps) {
  return (
    <Panel title={title} aside={String(items.length)} flush>
      {items.length === 0 ? (
        <Empty title={none} />
      ) : (
        <table className={`${table["table"]} ${table["stack"]}`}>
          <thead>
            <tr>
              <th>On</th>
              <th>Name</th>
              <th>When</th>
              <th>Last tick</th>
              <th className={classes["wide"]}>Ticks, newest right</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.name} data-off={!item.enabled}>
                <td>
                  <AutomationSwitch item={item} />
                </td>
                <td className={table["rest"]}>
                  <Link to={{ page: "automationItem", name: item.name }}>{item.name}</Link>
                  {item.lastTick?.error !== null && item.lastTick?.error !== undefined && (
                    <p className={classes["error"]}>{item.lastTick.error.message}</p>
                  )}
                </td>
                <td className={`${table["soft"]} ${table["whole"]}`}>
                  {triggerText(item)}
                  {"nextAt" in item && item.nextAt !== null && (
                    <>
                      , <When at={item.nextAt} />
                    </>
                  )}
                </td>
                <td>
                  {item.lastTick === null ? (
                    <span className={table["soft"]}>never</span>
                  ) : (
                    <span className={classes["tick"]} title={item.lastTick.reason ?? ""}>
                      <Status word={item.lastTick.status} />
                      <span className={table["soft"]}>
                        <When at={item.lastTick.startedAt} />
                      </span>
                    </span>
                  )}
                </td>
                <td className={classes["wide"]}>
                  <TickStrip item={item} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
