import { useEffect, useEffectEvent, useMemo, useState } from "react";
import type { RunDetailView } from "../../../../engine/operate.ts";
import { useConsole, useRefusal, useSearchText, useTopic } from "../../app/console.tsx";
import { commandLine } from "../../app/command-lines.ts";
import { SameBy } from "../../app/same-by.tsx";
import { useFollow } from "../../app/end-watch.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Button } from "../../design/button.tsx";
import { Chip } from "../../design/chip.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { Copy } from "../../design/copy.tsx";
import { counted, shortId } from "../../design/format.ts";
import { Took, When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Menu } from "../../design/menu.tsx";
import { Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, PageHead, Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { runModel } from "../../live/models.ts";
import { attemptsOf, failedSteps } from "./attempts.ts";
import { EventList } from "./event-list.tsx";
import { failureLines } from "./failure-lines.ts";
import { LogView } from "./log-view.tsx";
import classes from "./run-page.module.css";
import { RunTimeline } from "./run-timeline.tsx";
import { StepPanel } from "./step-panel.tsx";
import { useRunEvents } from "./use-run-history.ts";
import { useRunSteps } from "./use-run-steps.ts";
import { runName, stepName } from "../../design/names.ts";

/** One run: why it exists, what it does or waits for, what went wrong, what it changed. */
export function RunPage({ id }: { readonly id: string }) {
  const topic = useTopic(`run:${id}`, runModel);
  const run = topic.type === "ready" ? topic.data.run : null;
  const name = run === null ? "Run" : runName(run);
  usePageTitle(run === null ? "Run" : `${name}${run.partition === null ? "" : ` ${run.partition}`}, ${run.status}`);
  useTabIcon(run === null || run.endedAt === null ? "running" : run.status === "failed" ? "failed" : "idle");
  useFollow("run", { id, isOpen: run !== null && run.endedAt === null });
  const version = topic.type === "ready" ? topic.data.eventsVersion : 0;
  const events = useRunEvents(id, version);
  const attempts = useMemo(() => attemptsOf(events.items), [events.items]);
  const failed = useMemo(() => failedSteps(attempts), [attempts]);
  const steps = useRunSteps(id, topic.type === "ready" ? topic.data : null);
  const [chosenText, setChosen] = useSearchText("step");
  const chosen = /^\d{1,7}$/.test(chosenText) && Number(chosenText) < steps.total ? Number(chosenText) : null;
  const [tab, setTab] = useSearchText("tab");
  const wantChosen = useEffectEvent(() => {
    if (chosen !== null) steps.want([chosen]);
  });
  useEffect(() => wantChosen(), [chosen]);
  if (topic.type === "refused") {
    return (
      <>
        <PageHead title="Run" />
        <Trouble title="This run cannot be shown" message={topic.message} />
        <p>
          <Link to={{ page: "runs" }}>All runs</Link>
        </p>
      </>
    );
  }
  if (topic.type === "loading" || run === null) return <Skeleton lines={8} />;
  const step = chosen === null ? undefined : steps.at(chosen);
  const choose = (next: number | null): void => setChosen(next === null ? undefined : String(next));
  return (
    <>
      <RunHead run={run} name={name} />
      {run.error !== null && (
        <div className={classes["error"]} role="status">
          <pre>{failureLines(run.error)}</pre>
        </div>
      )}
      <div className={classes["parts"]}>
        <Panel
          title="Steps"
          aside={counted(steps.total, "step")}
          actions={<NextFailed failed={failed} chosen={chosen} onChoose={choose} />}
          flush
        >
          {steps.error !== null && <Trouble title="Some steps cannot be loaded" message={steps.error} />}
          <RunTimeline state={topic.data} steps={steps} attempts={attempts} chosen={chosen} onChoose={choose} />
        </Panel>
        <Panel title={chosen === null ? "The whole run" : `Step ${chosen}`} flush>
          {chosen !== null && (step === undefined ? <Skeleton /> : <StepPanel run={run} step={step} steps={steps} />)}
          <Tabs
            label="What was said and what happened"
            tabs={[
              { value: "log", label: "Log" },
              { value: "events", label: `History (${events.items.length})` },
            ]}
            value={tab === "events" ? "events" : "log"}
            onChange={(next) => setTab(next === "log" ? undefined : next)}
          >
            {tab === "events" ? (
              <EventList runId={id} events={events} step={chosen} />
            ) : (
              <LogView
                key={chosen ?? "all"}
                runId={id}
                steps={steps}
                step={chosen}
                version={topic.data.logsVersion + version}
                isLive={run.endedAt === null}
              />
            )}
          </Tabs>
        </Panel>
      </div>
    </>
  );
}

/** Goes from one failed step to the next, round and round. */
function NextFailed({
  failed,
  chosen,
  onChoose,
}: {
  readonly failed: readonly number[];
  readonly chosen: number | null;
  readonly onChoose: (step: number) => void;
}) {
  const next = failed.find((step) => step > (chosen ?? -1)) ?? failed[0];
  if (next === undefined || (failed.length === 1 && next === chosen)) return null;
  return (
    <Button tone="quiet" icon="down" onClick={() => onChoose(next)}>
      {failed.length === 1 ? "The failed step" : `Next of ${failed.length} failed`}
    </Button>
  );
}

function RunHead({ run, name }: { readonly run: RunDetailView; readonly name: string }) {
  return (
    <>
      <PageHead
        title={
          <span className={classes["title"]}>
            <Status word={run.status} /> {name}{" "}
            {run.partition !== null && (
              <b>
                <Clamped text={run.partition} lines={2} />
              </b>
            )}
          </span>
        }
        lead={
          <>
            {run.reason}
            {run.waitingFor !== null && <strong className={classes["waits"]}> It {run.waitingFor}.</strong>}
            {run.cancelReason !== null && <> {sentence(run.cancelReason)}</>}
          </>
        }
        actions={<RunActions run={run} />}
      />
      <Facts
        facts={[
          [
            "Run",
            <span key="id" className={classes["id"]}>
              <code title={run.id}>{shortId(run.id)}</code>
              <Copy text={run.id} what="the id" />
            </span>,
          ],
          ["Made", <When key="made" at={run.createdAt} />],
          ["Took", <Took key="took" from={run.startedAt} to={run.endedAt} />],
          ...(run.backfillId === null
            ? []
            : ([
                [
                  "Backfill",
                  <Link key="b" to={{ page: "backfill", id: run.backfillId }}>
                    {shortId(run.backfillId)}
                  </Link>,
                ],
              ] as const)),
          ...(run.parentRunId === null
            ? []
            : ([
                [
                  "Again after",
                  <Link key="p" to={{ page: "run", id: run.parentRunId }}>
                    {shortId(run.parentRunId)}
                  </Link>,
                ],
              ] as const)),
          ...(run.origin.kind === "sensor" || run.origin.kind === "schedule"
            ? ([
                [
                  run.origin.kind === "sensor" ? "Sensor" : "Schedule",
                  <Link key="o" to={{ page: "automationItem", name: run.origin.name ?? "" }}>
                    {run.origin.name}
                  </Link>,
                ],
              ] as const)
            : []),
          ...(run.runKey === null ? [] : ([["Run key", <Clamped key="k" text={run.runKey} />]] as const)),
          ...(run.priority === 0 ? [] : ([["Priority", String(run.priority)]] as const)),
          ...(Object.keys(run.tags).length === 0
            ? []
            : ([
                [
                  "Tags",
                  <span key="tags" className={classes["tags"]}>
                    {Object.entries(run.tags).map(([key, value]) => (
                      <Link key={key} to={{ page: "runs" }} search={{ tag: `${key}=${value}` }}>
                        <Chip>{`${key}=${value}`}</Chip>
                      </Link>
                    ))}
                  </span>,
                ],
              ] as const)),
          [
            "Its log by",
            <SameBy
              key="log"
              sheaf={commandLine("logs", "-f", run.id)}
              request={{ method: "GET", path: `/runs/${run.id}/logs` }}
            />,
          ],
          run.endedAt === null
            ? [
                "Cancel by",
                <SameBy
                  key="cancel"
                  sheaf={commandLine("runs", "cancel", run.id)}
                  request={{ method: "POST", path: `/runs/${run.id}/cancel` }}
                />,
              ]
            : [
                "Run again by",
                <SameBy
                  key="again"
                  sheaf={commandLine("runs", "reexecute", run.id, "--from", whereFrom(run))}
                  request={{ method: "POST", path: `/runs/${run.id}/reexecute`, body: { from: whereFrom(run) } }}
                />,
              ],
        ]}
      />
    </>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** From where a run that ended is run again unless something else is asked for. */
function whereFrom({ status }: RunDetailView): "all" | "failure" {
  return status === "succeeded" ? "all" : "failure";
}

function RunActions({ run }: { readonly run: RunDetailView }) {
  const { api, navigation, toasts } = useConsole();
  const refusal = useRefusal("operator");
  const [isBusy, setBusy] = useState(false);
  const act = (path: string, body: unknown): void => {
    setBusy(true);
    api
      .post<{ run?: string }>(`/runs/${encodeURIComponent(run.id)}${path}`, body)
      .then((answer) => {
        if (path === "/reexecute" && answer.run !== undefined) navigation.go({ page: "run", id: answer.run });
      })
      .catch((error: unknown) =>
        toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => setBusy(false));
  };
  if (run.endedAt === null) {
    return (
      <Button
        tone="danger"
        icon="stop"
        busy={isBusy || run.status === "canceling"}
        refusal={refusal}
        onClick={() => act("/cancel", {})}
      >
        {run.status === "canceling" ? "Canceling…" : "Cancel"}
      </Button>
    );
  }
  const isWhole = run.status === "succeeded";
  return (
    <>
      <Button
        tone={isWhole ? "plain" : "primary"}
        icon="again"
        busy={isBusy}
        refusal={refusal}
        onClick={() => act("/reexecute", { from: whereFrom(run) })}
      >
        {isWhole ? "Run again" : "Run again from failure"}
      </Button>
      <Menu
        label="…"
        name="More ways to run it again"
        items={[
          { label: "Run all of it again", refusal, onChoose: () => act("/reexecute", { from: "all" }) },
          ...run.steps.slice(0, 40).map((step) => ({
            label: `From ${stepName(step)}${step.partition === null ? "" : ` of ${step.partition}`} (step ${step.step})`,
            refusal,
            onChoose: () => act("/reexecute", { from: { step: step.step } }),
          })),
        ]}
      />
    </>
  );
}
