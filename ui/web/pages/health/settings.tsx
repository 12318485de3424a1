import { useMemo } from "react";
import { useSearchText } from "../../app/console.tsx";
import { SearchInput } from "../../design/field.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import table from "../../design/table.module.css";
import classes from "./health.module.css";
import { useSystem } from "./use-system.ts";

/** Each setting as it holds, and where it came from. Secrets never reach the browser. */
export function Settings() {
  const system = useSystem();
  const [text, setText] = useSearchText("find");
  const settings = useMemo(
    () =>
      system.type === "ready"
        ? system.data.settings.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
        : [],
    [system, text],
  );
  if (system.type === "loading") return <Skeleton lines={8} />;
  if (system.type === "failed")
    return <Trouble title="The settings cannot be shown" message={system.error.message} onRetry={system.reload} />;
  return (
    <Panel
      title="Settings"
      aside={String(settings.length)}
      actions={
        <SearchInput
          label="Find a setting"
          value={text}
          onChange={(event) => setText(event.target.value, { replace: true })}
        />
      }
      flush
    >
      {settings.length === 0 ? (
        <Empty title="No setting has that name" />
      ) : (
        <table className={table["table"]}>
          <thead>
            <tr>
              <th>Name</th>
              <th>Value</th>
              <th>From</th>
            </tr>
          </thead>
          <tbody>
            {settings.map(({ name, value, source }) => (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                </td>
                <td className={classes["wrap"]}>{value ?? <span className={table["soft"]}>not set</span>}</td>
                <td className={table["soft"]}>{source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
