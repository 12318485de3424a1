import { useState } from "react";
import type { LimitView, Page } from "../../../../engine/operate.ts";
import { useConsole, useLoaded, useRefusal, useTopic } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Field, Select, TextInput } from "../../design/field.tsx";
import { shortId } from "../../design/format.ts";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import table from "../../design/table.module.css";
import { systemModel } from "../../live/models.ts";
import classes from "./health.module.css";
import { limitName, parseMaximum } from "./limit-text.ts";

/** How much may run at once, and who holds it now. A change holds at once. */
export function Limits() {
  const { api, toasts } = useConsole();
  const refusal = useRefusal("operator");
  const system = useTopic("system", systemModel);
  const health = system.type === "ready" ? system.data.health : null;
  const limits = useLoaded(`${health?.runningRuns} ${health?.runningSteps}`, (client, signal) =>
    client.get<Page<LimitView>>("/limits", {}, signal),
  );
  const put = (limit: Pick<LimitView, "kind" | "key" | "value">, maximum: number | null): void => {
    const { kind, key, value } = limit;
    const body = { kind, maximum, ...(key === "" ? {} : { key }), ...(value === "" ? {} : { value }) };
    api.put<object>("/limits", body).then(
      () => {
        toasts.show({ tone: "good", text: `${limitName(limit)}: ${maximum ?? "as configured"}.` });
        limits.reload();
      },
      (error: unknown) => toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) }),
    );
  };
  if (limits.type === "failed")
    return <Trouble title="The limits cannot be shown" message={limits.error.message} onRetry={limits.reload} />;
  if (limits.type === "loading") return <Skeleton lines={5} />;
  return (
    <Panel title="Limits and pools" flush>
      {refusal === null ? (
        <AddLimit onAdd={put} />
      ) : (
        <p className={classes["tools"]}>Limits are only shown here. {refusal}</p>
      )}
      {limits.data.items.length === 0 ? (
        <Empty title="Nothing is limited but by the defaults" />
      ) : (
        <table className={table["table"]}>
          <thead>
            <tr>
              <th>What</th>
              <th className={table["number"]}>In use</th>
              <th>At most</th>
              <th>Set by</th>
              <th>Held by</th>
            </tr>
          </thead>
          <tbody>
            {limits.data.items.map((limit) => (
              <tr key={limitName(limit)}>
                <td>{limitName(limit)}</td>
                <td className={table["number"]}>{limit.used}</td>
                <td>
                  {refusal === null ? (
                    <Maximum key={limit.maximum} limit={limit} onPut={(maximum) => put(limit, maximum)} />
                  ) : (
                    <span title={refusal}>{limit.maximum}</span>
                  )}
                </td>
                <td className={table["soft"]}>{limit.origin}</td>
                <td>
                  {limit.holders.slice(0, 5).map(({ runId, step }) => (
                    <span key={`${runId} ${step}`}>
                      <Link to={{ page: "run", id: runId }} search={step === null ? {} : { step }}>
                        {shortId(runId)}
                      </Link>{" "}
                    </span>
                  ))}
                  {limit.holders.length > 5 && `and ${limit.holders.length - 5} more`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

interface MaximumProps {
  readonly limit: LimitView;
  readonly onPut: (maximum: number | null) => void;
}

function Maximum({ limit, onPut }: MaximumProps) {
  const [text, setText] = useState(String(limit.maximum));
  const maximum = parseMaximum(text);
  return (
    <form
      className={classes["inline"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (maximum !== null) onPut(maximum);
      }}
    >
      <span className={classes["number"]}>
        <TextInput
          inputMode="numeric"
          aria-label={`at most, for ${limitName(limit)}`}
          aria-invalid={maximum === null || undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </span>
      {text !== String(limit.maximum) && (
        <Button type="submit" refusal={maximum === null ? "A limit is a whole number from 0." : null}>
          Set
        </Button>
      )}
      {limit.origin === "operator" && (
        <Button tone="quiet" onClick={() => onPut(null)}>
          As configured
        </Button>
      )}
    </form>
  );
}

const kinds = [
  { value: "runs", label: "All runs" },
  { value: "tag", label: "Runs with a tag" },
  { value: "tag_value", label: "Runs of each value of a tag" },
  { value: "pool", label: "Steps of a pool" },
] as const;

function AddLimit(props: {
  readonly onAdd: (limit: Pick<LimitView, "kind" | "key" | "value">, maximum: number) => void;
}) {
  const [kind, setKind] = useState<LimitView["kind"]>("tag");
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [text, setText] = useState("");
  const maximum = parseMaximum(text);
  const missing =
    kind !== "runs" && key === ""
      ? "Name it first."
      : kind === "tag" && value === ""
        ? "Say which value."
        : maximum === null
          ? "Say how many."
          : null;
  return (
    <form
      className={classes["tools"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (missing === null && maximum !== null) {
          props.onAdd({ kind, key: kind === "runs" ? "" : key, value: kind === "tag" ? value : "" }, maximum);
          setText("");
        }
      }}
    >
      <Field label="Limit">
        {(control) => <Select {...control} value={kind} options={kinds} onChange={setKind} />}
      </Field>
      {kind !== "runs" && (
        <Field label={kind === "pool" ? "Pool" : "Tag"}>
          {(control) => <TextInput {...control} value={key} onChange={(event) => setKey(event.target.value)} />}
        </Field>
      )}
      {kind === "tag" && (
        <Field label="Value">
          {(control) => <TextInput {...control} value={value} onChange={(event) => setValue(event.target.value)} />}
        </Field>
      )}
      <Field label="At most">
        {(control) => (
          <TextInput {...control} inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} />
        )}
      </Field>
      <Button type="submit" refusal={missing}>
        Add
      </Button>
    </form>
  );
}
