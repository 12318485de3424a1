import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import type { JobView, Page } from "../../../engine/operate.ts";
import { Dialog } from "../design/dialog.tsx";
import { Icon } from "../design/icons.tsx";
import { SearchInput } from "../design/field.tsx";
import { assetsModel, automationModel, runsModel } from "../live/models.ts";
import classes from "./command-palette.module.css";
import { type Command, commandsOf, findCommands } from "./commands.ts";
import { useConsole, useLoaded, useTopic } from "./console.tsx";

const noJobs: readonly JobView[] = [];

/** Type a few letters, choose, be there. A combobox with a list, as WAI-ARIA has it. */
export function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const { navigation, materialize } = useConsole();
  const assets = useTopic("assets", assetsModel);
  const automation = useTopic("automation", automationModel);
  const runs = useTopic("runs", runsModel);
  const jobs = useLoaded("jobs", (api, signal) => api.get<Page<JobView>>("/jobs", {}, signal));
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const known = jobs.type === "ready" ? jobs.data.items : noJobs;
  const all = useMemo(
    () =>
      commandsOf({
        assets: assets.type === "ready" ? [...assets.data.values()] : [],
        jobs: known,
        automation: automation.type === "ready" ? automation.data : null,
        runs: runs.type === "ready" ? runs.data.runs : [],
      }),
    [assets, known, automation, runs],
  );
  const found = useMemo(() => findCommands(all, text), [all, text]);
  const choose = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    // Of a dialog that is open below: the command's own address says what it is for.
    materialize.set(null);
    navigation.go(command.route, command.search);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Enter") {
      event.preventDefault();
      choose(found[at]);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || found.length === 0) return;
    event.preventDefault();
    const next = (at + step + found.length) % found.length;
    setAt(next);
    list.current?.children[next]?.scrollIntoView({ block: "nearest" });
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <div className={classes["palette"]}>
        <SearchInput
          label="An asset, a partition, a run, a sensor, or something to do"
          role="combobox"
          aria-expanded
          aria-controls={id}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
        <ul ref={list} id={id} role="listbox" aria-label="Found" className={classes["list"]}>
          {found.map((command, index) => (
            <li
              key={command.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === at}
              onClick={() => choose(command)}
              onPointerMove={() => setAt(index)}
            >
              <Icon name={command.icon} />
              <span className={classes["label"]}>{command.label}</span>
              <span className={classes["kind"]}>{command.kind}</span>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p className={classes["none"]}>Nothing is called that.</p>}
      </div>
    </Dialog>
  );
}
