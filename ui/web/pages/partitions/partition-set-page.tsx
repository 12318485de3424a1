import { useState } from "react";
import type { Page, PartitionKeyView, PartitionSetView } from "../../../../engine/operate.ts";
import { useConsole, useLoaded, useRefusal, useSearchText, useTopic } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Button } from "../../design/button.tsx";
import { Checkbox, SearchInput, Select } from "../../design/field.tsx";
import { countText, counted } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Copy } from "../../design/copy.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, PageHead, Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import table from "../../design/table.module.css";
import { assetsModel } from "../../live/models.ts";
import { AddKeys } from "./add-keys.tsx";
import { HeldRetirement } from "./held-retirement.tsx";
import classes from "./partition-set-page.module.css";

type SetPage = PartitionSetView & Page<PartitionKeyView>;

const PAGE = 200;
const states = [
  { value: "active", label: "Active" },
  { value: "retired", label: "Retired" },
  { value: "all", label: "Active and retired" },
] as const;

/** One set: its keys, what is held back, and how keys come and go by hand. */
export function PartitionSetPage({ set }: { readonly set: string }) {
  usePageTitle(set);
  useTabIcon("idle");
  const { api } = useConsole();
  const [prefix, setPrefix] = useSearchText("prefix");
  const [stateText, setStateText] = useSearchText("state");
  const state = states.find(({ value }) => value === stateText)?.value ?? "active";
  const assets = useTopic("assets", assetsModel);
  const using = assets.type === "ready" ? [...assets.data.values()].filter((asset) => asset.partitionSet === set) : [];
  const counts = using[0]?.partitions;
  const query = { prefix: prefix === "" ? undefined : prefix, state: state === "all" ? undefined : state, limit: PAGE };
  const path = `/partitions/${encodeURIComponent(set)}`;
  const first = useLoaded(`${set} ${state} ${prefix} ${counts?.total} ${counts?.retired}`, (client, signal) =>
    client.get<SetPage>(path, query, signal),
  );
  const [further, setFurther] = useState<{ readonly of: unknown; readonly page: Page<PartitionKeyView> } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  if (first.type === "failed") {
    return <Trouble title="This set cannot be shown" message={first.error.message} onRetry={first.reload} />;
  }
  if (first.type === "loading") return <Skeleton lines={6} />;
  const { data } = first;
  // Pages behind another first page are of another list.
  const more = further?.of === data ? further.page : null;
  const keys = [...data.items, ...(more?.items ?? [])];
  const cursor = more === null ? data.nextCursor : more.nextCursor;
  const isStatic = data.kind === "static";
  const loadMore = (): void => {
    api.get<SetPage>(path, { ...query, cursor: cursor ?? undefined }).then(
      (page) =>
        setFurther({ of: data, page: { items: [...(more?.items ?? []), ...page.items], nextCursor: page.nextCursor } }),
      (problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)),
    );
  };
  return (
    <>
      <PageHead
        title={
          <span className={classes["title"]}>
            {set} <Copy text={set} what="the name" />
          </span>
        }
        lead={`${data.kind} set of ${data.dimensions.map(({ name }) => name).join(" × ")}; ${counted(data.active, "active key")}, ${countText(data.retired)} retired`}
      />
      <Facts
        facts={[
          [
            "Assets",
            using.length === 0
              ? "none"
              : using.map(({ key }) => (
                  <span key={key} className={classes["asset"]}>
                    <Link to={{ page: "asset", key }}>{key}</Link>
                  </span>
                )),
          ],
        ]}
      />
      {data.held !== null && <HeldRetirement set={set} held={data.held} onDone={first.reload} />}
      <Panel title="Keys" flush>
        <div className={classes["tools"]}>
          <SearchInput
            label="Keys that begin with"
            value={prefix}
            onChange={(event) => setPrefix(event.target.value, { replace: true })}
          />
          <Select
            aria-label="State"
            value={state}
            options={states}
            onChange={(next) => setStateText(next === "active" ? undefined : next)}
          />
          <KeyActions
            set={set}
            isStatic={isStatic}
            keys={keys}
            selected={selected}
            onDone={() => setSelected(new Set())}
            reload={first.reload}
          />
        </div>
        {keys.length === 0 && (
          <Empty title={prefix === "" ? "It has no such keys" : "No key begins like that"}>
            {isStatic
              ? "Its keys are written in code."
              : "A sensor adds keys when it finds them; you can add one above."}
          </Empty>
        )}
        {keys.length > 0 && (
          <table className={`${table["table"]} ${table["stack"]}`}>
            <thead>
              <tr>
                {!isStatic && (
                  <th>
                    <Checkbox
                      label={<span className="only-read-aloud">Select all that are shown</span>}
                      checked={keys.every(({ key }) => selected.has(key))}
                      onChange={(event) => setSelected(new Set(event.target.checked ? keys.map(({ key }) => key) : []))}
                    />
                  </th>
                )}
                <th>Key</th>
                <th>State</th>
                <th>Added</th>
                <th>Changed</th>
                <th>Why</th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <tr key={key.key}>
                  {!isStatic && (
                    <td>
                      <Checkbox
                        label={<span className="only-read-aloud">Select {key.key.slice(0, 80)}</span>}
                        checked={selected.has(key.key)}
                        onChange={() => setSelected(toggled(selected, key.key))}
                      />
                    </td>
                  )}
                  <td className={`${classes["key"]} ${table["rest"]}`} title={key.key}>
                    <Link to={{ page: "runs" }} search={{ partition: key.key }}>
                      {key.key}
                    </Link>
                  </td>
                  <td>{key.state === "retired" ? <Status word="retired" /> : <Status word="live" text="active" />}</td>
                  <td className={table["soft"]} data-label="Added">
                    <When at={key.addedAt} />
                  </td>
                  <td className={table["soft"]} data-label="Changed">
                    <When at={key.changedAt} />
                  </td>
                  <td className={`${table["soft"]} ${table["clip"]}`} title={key.reason}>
                    {key.reason}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {error !== null && <Trouble title="No more keys" message={error} />}
        {cursor !== null && (
          <p className={classes["more"]}>
            <Button onClick={loadMore}>More keys</Button>
          </p>
        )}
      </Panel>
    </>
  );
}

function toggled(selected: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(key)) next.add(key);
  return next;
}

interface KeyActionsProps {
  readonly set: string;
  readonly isStatic: boolean;
  readonly keys: readonly PartitionKeyView[];
  readonly selected: ReadonlySet<string>;
  readonly onDone: () => void;
  readonly reload: () => void;
}

/** Add, retire, restore. Retiring keeps history, so one confirmation is enough. */
function KeyActions({ set, isStatic, keys, selected, onDone, reload }: KeyActionsProps) {
  const { api, toasts } = useConsole();
  const operator = useRefusal("operator");
  const refusal = isStatic ? "The keys of this set are written in code; change them there." : operator;
  const [isAdding, setAdding] = useState(false);
  const chosen = keys.filter(({ key }) => selected.has(key));
  const active = chosen.filter(({ state }) => state === "active").map(({ key }) => key);
  const retired = chosen.filter(({ state }) => state === "retired").map(({ key }) => key);
  const act = (verb: "retire" | "restore", which: readonly string[]): void => {
    api.post<object>(`/partitions/${encodeURIComponent(set)}/${verb}`, { keys: which }).then(
      () => {
        toasts.show({ tone: "good", text: `${counted(which.length, "key")} ${verb}d.` });
        onDone();
        reload();
      },
      (error: unknown) => toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) }),
    );
  };
  return (
    <span className={classes["actions"]}>
      {active.length > 0 && (
        <Button tone="danger" refusal={refusal} onClick={() => act("retire", active)}>
          Retire {counted(active.length, "key")}
        </Button>
      )}
      {retired.length > 0 && (
        <Button refusal={refusal} onClick={() => act("restore", retired)}>
          Restore {counted(retired.length, "key")}
        </Button>
      )}
      <Button refusal={refusal} onClick={() => setAdding(true)}>
        Add keys
      </Button>
      {isAdding && (
        <AddKeys
          set={set}
          onClose={() => setAdding(false)}
          onAdded={() => {
            setAdding(false);
            reload();
          }}
        />
      )}
    </span>
  );
}
