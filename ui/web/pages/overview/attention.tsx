import { useMemo, useState } from "react";
import type { AssetView, FailureView, Page, PartitionSetView, SensorView } from "../../../../engine/operate.ts";
import { useConsole, useLoaded, useRefusal, useTopic } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { counted } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { StatusIcon } from "../../design/status.tsx";
import { type AssetsState, assetsModel, automationModel, systemModel } from "../../live/models.ts";
import classes from "./attention.module.css";
import { failuresNotShown, type FailureGroup, groupFailures } from "./failure-groups.ts";

const SHOWN_FAILURES = 200;
const SHOWN_KEYS = 6;

/** What waits for somebody: failures not put right, changes held back, sensors that fail, settings that are wrong. */
export function Attention() {
  const assets = useTopic("assets", assetsModel);
  const system = useTopic("system", systemModel);
  const automation = useTopic("automation", automationModel);
  const failed = useMemo(() => (assets.type === "ready" ? failedKey(assets.data) : null), [assets]);
  const failures = useLoaded(failed, (api, signal) =>
    api.get<Page<FailureView>>("/failures", { limit: SHOWN_FAILURES }, signal),
  );
  const sets = useLoaded("sets", (api, signal) => api.get<Page<PartitionSetView>>("/partitions", {}, signal));
  const groups = useMemo(() => (failures.type === "ready" ? groupFailures(failures.data.items) : []), [failures]);
  const held = sets.type === "ready" ? sets.data.items.filter((set) => set.held !== null) : [];
  const ticks = automation.type === "ready" ? failingTicks([...automation.data.sensors.values()]) : [];
  const problems = system.type === "ready" ? system.data.problems : [];
  const locations = system.type === "ready" ? system.data.locations.filter((one) => one.error !== null) : [];
  const more = useMemo(
    () =>
      assets.type === "ready" && failures.type === "ready" && failures.data.items.length === SHOWN_FAILURES
        ? failuresNotShown([...assets.data.values()], failures.data.items)
        : [],
    [assets, failures],
  );
  const count = groups.length + more.length + held.length + ticks.length + problems.length + locations.length;
  if (failed === null || failures.type === "loading") {
    return (
      <Panel title="Needs attention">
        <Skeleton lines={2} />
      </Panel>
    );
  }
  return (
    <Panel title="Needs attention" aside={count === 0 ? undefined : String(count)} flush>
      {count === 0 && (
        <Empty title="Nothing does">Every partition that was tried is made, and every sensor answers.</Empty>
      )}
      <ul className={classes["list"]}>
        {locations.map(({ name, error }) => (
          <li key={`location ${name}`}>
            <StatusIcon word="failed" label="error" />
            <div>
              <strong>Code location {name} does not load</strong>
              <p>
                {error?.message}
                {error?.file !== undefined && (
                  <code>
                    {" "}
                    {error.file}:{error.line}
                  </code>
                )}
              </p>
            </div>
            <Link to={{ page: "health" }}>Health</Link>
          </li>
        ))}
        {groups.map((group) => (
          <FailureItem key={group.id} group={group} />
        ))}
        {more.map(({ asset, count: others, isAll }) => (
          <li key={`more ${asset}`}>
            <StatusIcon word="failed" label="failed" />
            <div>
              <strong>
                <Link to={{ page: "asset", key: asset }}>{asset}</Link> of {isAll ? "" : "other "}
                {counted(others, "partition")}
              </strong>
              <p>They failed earlier than those above.</p>
            </div>
            <Link to={{ page: "asset", key: asset }} search={{ tab: "partitions", word: "failed" }}>
              Show
            </Link>
          </li>
        ))}
        {held.map((set) => (
          <li key={`held ${set.name}`}>
            <StatusIcon word="paused" label="held" />
            <div>
              <strong>
                {counted(set.held?.keys.length ?? 0, "key")} of {set.name} would be retired
              </strong>
              <p className={classes["reason"]}>{set.held?.reason}</p>
            </div>
            <Link to={{ page: "partitionSet", set: set.name }}>Decide</Link>
          </li>
        ))}
        {ticks.map((sensor) => (
          <li key={`tick ${sensor.name}`}>
            <StatusIcon word="failed" label="failed" />
            <div>
              <strong>Sensor {sensor.name} fails</strong>
              <p className={classes["reason"]}>{sensor.lastTick?.error?.message}</p>
            </div>
            <Link to={{ page: "automationItem", name: sensor.name }}>Ticks</Link>
          </li>
        ))}
        {problems.map(({ severity, where, message }) => (
          <li key={`problem ${where} ${message}`}>
            <StatusIcon word={severity === "error" ? "failed" : "stale"} label={severity} />
            <div>
              <strong>{where}</strong>
              <p className={classes["reason"]}>{message}</p>
            </div>
            <Link to={{ page: "health" }}>Health</Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** One failure, or the same of several partitions. */
function FailureItem({ group }: { readonly group: FailureGroup }) {
  const { api, toasts, following } = useConsole();
  const [isBusy, setBusy] = useState(false);
  const refusal = useRefusal("operator");
  const { newest, failures } = group;
  const again = (): void => {
    setBusy(true);
    const runs = [...new Set(failures.map(({ error }) => error.runId))];
    Promise.all(
      runs.map((run) => api.post<{ run: string }>(`/runs/${encodeURIComponent(run)}/reexecute`, { from: "failure" })),
    )
      .then((made) => {
        const [first] = made;
        following.followRuns(made.map(({ run }) => run));
        toasts.show({
          tone: "plain",
          text:
            made.length === 1 ? "Runs again from its failure." : `${made.length} runs run again from their failures.`,
          ...(first === undefined ? {} : { link: { route: { page: "run", id: first.run }, label: "Watch" } }),
        });
      })
      .catch((error: unknown) => toasts.show({ tone: "bad", text: `Not run again: ${String(error)}` }))
      .finally(() => setBusy(false));
  };
  return (
    <li>
      <StatusIcon word="failed" label="failed" />
      <div>
        <strong>
          <Link to={{ page: "asset", key: newest.asset }}>{newest.asset}</Link>
          {newest.partition !== null && failures.length === 1 && (
            <>
              {" of "}
              <Clamped text={newest.partition} lines={1} />
            </>
          )}
          {failures.length > 1 && <> of {counted(failures.length, "partition")}</>}
        </strong>{" "}
        <span className={classes["when"]}>
          <When at={newest.error.at} />
        </span>
        <p className={classes["reason"]}>{newest.error.message}</p>
        {failures.length > 1 && (
          <p className={classes["keys"]}>
            <Clamped text={keysText(failures.map(({ partition }) => partition ?? ""))} />
          </p>
        )}
      </div>
      <span className={classes["actions"]}>
        <Link to={{ page: "run", id: newest.error.runId }} search={{ step: newest.error.step }}>
          Why
        </Link>
        <Button icon="again" busy={isBusy} refusal={refusal} onClick={again}>
          Run again
        </Button>
      </span>
    </li>
  );
}

function keysText(keys: readonly string[]): string {
  const more = keys.length > SHOWN_KEYS ? `, and ${keys.length - SHOWN_KEYS} more` : "";
  return `${keys.slice(0, SHOWN_KEYS).join(", ")}${more}`;
}

/** Changes whenever the list of failures may. */
function failedKey(assets: AssetsState): string {
  const failing = [...assets.values()].filter((asset: AssetView) => asset.error !== null);
  return failing.map(({ key, partitions, error }) => `${key} ${partitions?.failed ?? 1} ${error?.at}`).join("\n");
}

function failingTicks(sensors: readonly SensorView[]): readonly SensorView[] {
  return sensors.filter(({ enabled, lastTick }) => enabled && lastTick?.status === "failed");
}
