import { useEffect, useEffectEvent, useState } from "react";
import type { RunDetailView, StepView } from "../../../../engine/operate.ts";
import { useConsole, useRefusal } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { Took, When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Metadata } from "../../design/metadata.tsx";
import { Facts } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import { failureLines } from "./failure-lines.ts";
import classes from "./step-panel.module.css";
import { stepName } from "../../design/names.ts";
import type { RunSteps } from "./use-run-steps.ts";

/** Of the steps that a step needs, how many are named. */
const SHOWN_NEEDS = 12;

export interface StepPanelProps {
  readonly run: RunDetailView;
  readonly step: StepView;
  readonly steps: RunSteps;
}

/** All that is known of one step: why it is here, what it waits for, what went wrong, what it made. */
export function StepPanel({ run, step, steps }: StepPanelProps) {
  const needed = step.after.slice(0, SHOWN_NEEDS);
  const wantNeeded = useEffectEvent(() => steps.want(needed));
  useEffect(() => wantNeeded(), [run.id, step.step]);
  const names = needed.map((ordinal) => {
    const one = steps.at(ordinal);
    return one === undefined ? `step ${ordinal}` : stepName(one);
  });
  const others = step.after.length - needed.length;
  return (
    <div className={classes["panel"]}>
      <div className={classes["head"]}>
        <Status word={step.status} />
        <h3>
          {step.check}
          {step.assets.map((key, at) => (
            <span key={key}>
              {at > 0 && ", "}
              <Link to={{ page: "asset", key }}>{key}</Link>
            </span>
          ))}
          {step.partition !== null && (
            <>
              {" of "}
              <Clamped text={step.partition} lines={1} />
            </>
          )}
        </h3>
        <StepActions run={run} step={step} />
      </div>
      {step.error !== null && (
        <div className={classes["error"]}>
          <code>{step.error.code}</code>
          <pre>{failureLines(step.error)}</pre>
        </div>
      )}
      <Facts
        facts={[
          [step.waitReason === null ? "Why" : "Waits", step.waitReason ?? step.reason],
          ...(step.startedAt === null ? [] : ([["Started", <When key="s" at={step.startedAt} />]] as const)),
          ...(step.startedAt === null
            ? []
            : ([["Took", <Took key="t" from={step.startedAt} to={step.endedAt} />]] as const)),
          ...(step.attempt > 1 ? ([["Attempts", String(step.attempt)]] as const) : []),
          ...(step.interruptions > 0
            ? ([["Cut off by restarts", `${step.interruptions}; that does not count as an attempt`]] as const)
            : []),
          ...(step.retryAt === null ? [] : ([["Tried again", <When key="r" at={step.retryAt} />]] as const)),
          ...(step.after.length === 0
            ? []
            : ([["Needs", `${names.join(", ")}${others > 0 ? ` and ${others} more` : ""}`]] as const)),
          ...(step.pool === null ? [] : ([["Pool", step.pool]] as const)),
        ]}
      />
      {step.evaluation !== null && (
        <div className={classes["made"]}>
          <h4>
            Found: {step.evaluation.outcome}
            {step.evaluation.blocking && ", and it blocks"}
          </h4>
          {step.evaluation.description !== "" && <p>{step.evaluation.description}</p>}
          <Metadata metadata={step.evaluation.metadata} />
        </div>
      )}
      {step.materializations.map(({ asset, metadata, dataVersion }) => (
        <div key={asset} className={classes["made"]}>
          <h4>
            Made {asset} <span title="data version">{dataVersion.slice(0, 12)}</span>
          </h4>
          <Metadata metadata={metadata} />
        </div>
      ))}
    </div>
  );
}

function StepActions({ run, step }: { readonly run: RunDetailView; readonly step: StepView }) {
  const { api, navigation, toasts } = useConsole();
  const refusal = useRefusal("operator");
  const [isBusy, setBusy] = useState(false);
  const act = (path: string, body: unknown): void => {
    setBusy(true);
    api
      .post<{ run?: string }>(`/runs/${encodeURIComponent(run.id)}${path}`, body)
      .then((answer) => {
        if (answer.run !== undefined) navigation.go({ page: "run", id: answer.run });
      })
      .catch((error: unknown) =>
        toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => setBusy(false));
  };
  const isOpen = ["pending", "waiting", "running"].includes(step.status);
  if (run.endedAt === null) {
    if (!isOpen) return null;
    return (
      <Button
        tone="danger"
        icon="stop"
        busy={isBusy}
        refusal={refusal}
        onClick={() => act(`/steps/${step.step}/cancel`, {})}
      >
        Cancel this step
      </Button>
    );
  }
  return (
    <Button
      icon="again"
      busy={isBusy}
      refusal={refusal}
      onClick={() => act("/reexecute", { from: { step: step.step } })}
    >
      Run again from here
    </Button>
  );
}
