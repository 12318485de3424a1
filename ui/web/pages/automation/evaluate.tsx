import { useState } from "react";
import type { EvaluationView, ScheduleView, SensorView } from "../../../../engine/operate.ts";
import { SameBy } from "../../app/same-by.tsx";
import { useConsole, useRefusal, useSearchText, useZone } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Field, TextInput } from "../../design/field.tsx";
import { counted, exactText } from "../../design/format.ts";
import { Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { Status, StatusIcon } from "../../design/status.tsx";
import classes from "./evaluate.module.css";
import { kindOf } from "./trigger-text.ts";

type State =
  | { readonly type: "idle" | "busy" }
  | { readonly type: "shown"; readonly evaluation: EvaluationView; readonly at: string; readonly isLaunched: boolean }
  | { readonly type: "refused"; readonly message: string };

const SHOWN_KEYS = 12;

/** What it would do now, or a schedule at a chosen time, without doing it; then exactly that, at a click. */
export function Evaluate({ item }: { readonly item: SensorView | ScheduleView }) {
  const { api } = useConsole();
  const refusal = useRefusal("operator");
  const zone = useZone();
  const [at, setAt] = useSearchText("at");
  const [state, setState] = useState<State>({ type: "idle" });
  const isSchedule = kindOf(item) === "schedule";
  const isBad = at !== "" && Number.isNaN(Date.parse(at));
  const chosen = isSchedule && at !== "" && !isBad ? { at: new Date(at).toISOString() } : {};
  const path = `/${kindOf(item)}s/${encodeURIComponent(item.name)}`;
  const evaluate = (launch: boolean): void => {
    setState({ type: "busy" });
    api.post<EvaluationView>(`${path}/evaluate`, { launch, ...chosen }).then(
      (evaluation) => setState({ type: "shown", evaluation, at, isLaunched: launch }),
      (error: unknown) =>
        setState({ type: "refused", message: error instanceof Error ? error.message : String(error) }),
    );
  };
  return (
    <Panel title={isSchedule ? "What would it do?" : "What would it do now?"}>
      <form
        className={classes["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBad && refusal === null) evaluate(false);
        }}
      >
        {isSchedule && (
          <Field
            label="At"
            hint={at === "" || isBad ? "Empty: now. Your browser's zone." : exactText(Date.parse(at), zone)}
            error={isBad ? "That is no time." : null}
          >
            {(control) => (
              <TextInput
                {...control}
                type="datetime-local"
                step={1}
                value={at}
                onChange={(event) => setAt(event.target.value, { replace: true })}
              />
            )}
          </Field>
        )}
        <Button type="submit" icon="play" busy={state.type === "busy"} refusal={refusal}>
          Evaluate, changing nothing
        </Button>
        {!isBad && (
          <span className={classes["same"]}>
            The same by
            <SameBy request={{ method: "POST", path: `${path}/evaluate`, body: { launch: false, ...chosen } }} />
          </span>
        )}
      </form>
      {state.type === "refused" && <Trouble title="It failed" message={state.message} />}
      {state.type === "shown" && <Shown state={state} onLaunch={() => evaluate(true)} />}
    </Panel>
  );
}

function Shown({
  state,
  onLaunch,
}: {
  readonly state: Extract<State, { type: "shown" }>;
  readonly onLaunch: () => void;
}) {
  const { evaluation, isLaunched } = state;
  const { requests, partitions, reason, cursor } = evaluation;
  const does = requests.filter((request) => request.wouldRun).length + partitions.length;
  return (
    <div className={classes["shown"]} role="status">
      <p>
        <strong>{isLaunched ? "Done: " : ""}</strong>
        {reason === "" ? "It gave no reason." : reason}
      </p>
      {partitions.map(({ set, add, retire }) => (
        <p key={set}>
          {set}: {add.length > 0 && `adds ${keysText(add)}`} {retire.length > 0 && `retires ${keysText(retire)}`}
        </p>
      ))}
      {requests.length === 0 && partitions.length === 0 && <p>It {isLaunched ? "did" : "would do"} nothing.</p>}
      <ul>
        {requests.map((request) => (
          <li key={`${request.job} ${request.runKey ?? ""} ${JSON.stringify(request.partitions)}`}>
            {request.wouldRun ? (
              <Status word="queued" text={isLaunched ? "launched" : "would run"} />
            ) : (
              <Status word="skipped" />
            )}
            <span>
              <b>{request.job}</b>{" "}
              {request.partitions === null
                ? ""
                : request.partitions === "all"
                  ? "all partitions"
                  : keysText(request.partitions)}
              {request.reason !== "" && <span className={classes["soft"]}> {request.reason}</span>}
              {request.blockedBy !== null && <span className={classes["soft"]}> {request.blockedBy}</span>}
            </span>
          </li>
        ))}
      </ul>
      {cursor !== null && (
        <p className={classes["soft"]}>
          Cursor {isLaunched ? "is now" : "would be"} <code>{cursor.slice(0, 200)}</code>
        </p>
      )}
      {!isLaunched && does > 0 && (
        <Button tone="primary" icon="play" onClick={onLaunch}>
          Do exactly this
        </Button>
      )}
      {isLaunched && (
        <p>
          <StatusIcon word="succeeded" /> Its runs are on the list of ticks below.
        </p>
      )}
    </div>
  );
}

function keysText(keys: readonly string[]): string {
  const shown = keys.slice(0, SHOWN_KEYS).join(", ");
  return keys.length > SHOWN_KEYS ? `${counted(keys.length, "key")}: ${shown}, …` : shown;
}
