import type { PartitionCounts } from "../../../engine/operate.ts";
import { Checkbox, Field, Select, TextInput } from "../design/field.tsx";
import { countText } from "../design/format.ts";
import classes from "./materialize-dialog.module.css";
import {
  type FormProblems,
  type KeyPolicy,
  keyPolicies,
  type MaterializeForm,
  type PartitionChoice,
} from "./materialize-form.ts";

interface FieldsProps {
  readonly form: MaterializeForm;
  readonly onChange: (change: Partial<MaterializeForm>) => void;
}

/** Which partitions; with their counts where one asset is meant. */
export function PartitionChoices(
  props: FieldsProps & { readonly chosen: number | null; readonly counts: PartitionCounts | null },
) {
  const { form, onChange, chosen, counts } = props;
  const choices: readonly { choice: PartitionChoice; label: string; count: number | null }[] = [
    ...(chosen === null ? [] : [{ choice: "chosen" as const, label: "Those selected", count: chosen }]),
    { choice: "missing", label: "Missing", count: counts?.missing ?? null },
    { choice: "failed", label: "Failed", count: counts?.failed ?? null },
    { choice: "stale", label: "Stale", count: counts?.stale ?? null },
    { choice: "all", label: "All", count: counts?.total ?? null },
  ];
  return (
    <fieldset className={classes["choices"]}>
      <legend>Partitions</legend>
      {choices.map(({ choice, label, count }) => (
        <label key={choice} className={classes["choice"]}>
          <input
            type="radio"
            name="partitions"
            checked={form.choice === choice}
            onChange={() => onChange({ choice })}
          />
          {label}
          {count !== null && <span className={classes["note"]}>{countText(count)}</span>}
        </label>
      ))}
    </fieldset>
  );
}

export function Neighbours({ form, onChange }: FieldsProps) {
  return (
    <fieldset className={classes["choices"]}>
      <legend>Along with</legend>
      <Checkbox
        label="everything upstream: what it is made from"
        checked={form.withUpstream}
        onChange={(event) => onChange({ withUpstream: event.target.checked })}
      />
      <Checkbox
        label="everything downstream: what is made from it"
        checked={form.withDownstream}
        onChange={(event) => onChange({ withDownstream: event.target.checked })}
      />
    </fieldset>
  );
}

const policyLabels: Readonly<Record<KeyPolicy, string>> = {
  once: "do nothing",
  "until-success": "run again unless it succeeded",
  always: "run again",
};

/** What is seldom needed. */
export function MoreFields({ form, onChange, problems }: FieldsProps & { readonly problems: FormProblems }) {
  return (
    <details>
      <summary>Tags, priority, run key</summary>
      <div className={classes["more"]}>
        <Field label="Tags" hint="name=value, one a line" error={problems.tags ?? null}>
          {(control) => (
            <textarea {...control} value={form.tags} onChange={(event) => onChange({ tags: event.target.value })} />
          )}
        </Field>
        <Field label="Priority" hint="higher goes first; empty: 0" error={problems.priority ?? null}>
          {(control) => (
            <TextInput
              {...control}
              inputMode="numeric"
              value={form.priority}
              onChange={(event) => onChange({ priority: event.target.value })}
            />
          )}
        </Field>
        <Field label="Run key" hint="the same key again makes nothing new">
          {(control) => (
            <TextInput
              {...control}
              value={form.runKey}
              onChange={(event) => onChange({ runKey: event.target.value })}
            />
          )}
        </Field>
        {form.runKey.trim() !== "" && (
          <Field label="Where the key was used">
            {(control) => (
              <Select
                {...control}
                value={form.keyPolicy}
                options={keyPolicies.map((value) => ({ value, label: policyLabels[value] }))}
                onChange={(keyPolicy) => onChange({ keyPolicy })}
              />
            )}
          </Field>
        )}
      </div>
    </details>
  );
}
