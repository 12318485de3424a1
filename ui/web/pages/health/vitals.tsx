import { useLoaded, useTopic } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { countText } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import { systemModel } from "../../live/models.ts";
import classes from "./health.module.css";
import { useSystem } from "./use-system.ts";

/** What is wrong first; then what answers, what is loaded, and the numbers. */
export function Vitals() {
  const topic = useTopic("system", systemModel);
  const lag = useLoaded("lag", (api, signal) => api.get<{ lagMs: number }>("/health", {}, signal));
  const system = useSystem();
  if (topic.type === "refused") return <Trouble title="The state cannot be shown" message={topic.message} />;
  if (topic.type === "loading") return <Skeleton lines={6} />;
  const { health, version, locations, problems } = topic.data;
  return (
    <div className={classes["vitals"]}>
      <Panel title="Engine" aside={<Status word={health.status === "ok" ? "live" : "failed"} text={health.status} />}>
        {health.error !== null && <Trouble title={health.error.code} message={health.error.message} />}
        <Facts
          facts={[
            ["Version", version],
            ["Runs", `${countText(health.runningRuns)} running, ${countText(health.queuedRuns)} queued`],
            ["Steps", countText(health.runningSteps)],
            ["Up since", <When key="since" at={health.startedAt} />],
            ["Event loop, 99th percentile late", lag.type === "ready" ? `${lag.data.lagMs.toFixed(1)} ms` : "–"],
            ["Newest event", countText(health.newestSeq)],
            ...(system.type === "ready"
              ? ([
                  ["Node.js", system.data.node],
                  ["Epoch", `${system.data.epoch}: so many engines held this data directory`],
                ] as const)
              : []),
          ]}
        />
      </Panel>
      <Panel title="Problems" aside={String(problems.length)} flush>
        {problems.length === 0 ? (
          <Empty title="None" />
        ) : (
          <ul className={classes["list"]}>
            {problems.map(({ severity, where, message }) => (
              <li key={`${where} ${message}`}>
                <Status word={severity === "error" ? "failed" : "stale"} text={severity} />
                <span>
                  <b>{where}</b> {message}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel
        title="Services"
        actions={
          <Button icon="again" onClick={system.reload}>
            Ask again
          </Button>
        }
        flush
      >
        {system.type === "loading" && <Skeleton lines={3} />}
        {system.type === "failed" && (
          <Trouble title="They were not asked" message={system.error.message} onRetry={system.reload} />
        )}
        {system.type === "ready" && (
          <ul className={classes["list"]}>
            {system.data.services.map(({ name, description, ok, error, answeredInMs }) => (
              <li key={name}>
                <Status word={ok ? "live" : "failed"} text={ok ? `${Math.round(answeredInMs)} ms` : "no answer"} />
                <span>
                  <b>{name}</b> <span className={classes["soft"]}>{description}</span>
                  {error !== null && <p className={classes["bad"]}>{error}</p>}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Code locations" flush>
        <ul className={classes["list"]}>
          {locations.map(({ name, status, definitions, error }) => (
            <li key={name}>
              <Status word={status === "loaded" ? "live" : "failed"} text={status} />
              <span>
                <b>{name}</b> {countText(definitions)} definitions
                {error !== null && (
                  <p className={classes["bad"]}>
                    {error.message}
                    {error.file !== undefined && (
                      <code>
                        {" "}
                        {error.file}
                        {error.line !== undefined && `:${error.line}`}
                      </code>
                    )}
                  </p>
                )}
              </span>
            </li>
          ))}
        </ul>
      </Panel>
    </div>
  );
}
