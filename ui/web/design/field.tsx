import { type ComponentProps, type ReactNode, useId } from "react";
import { Icon } from "./icons.tsx";
import { useSayRefusal } from "../app/console.tsx";
import classes from "./field.module.css";

/** A labelled control, with a hint or what is wrong with it. */
export function Field(props: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly children: (control: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }) => ReactNode;
}) {
  const { label, hint, error = null, children } = props;
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={classes["field"]}>
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(note === undefined ? {} : { "aria-describedby": noteId }),
        ...(error === null ? {} : { "aria-invalid": true as const }),
      })}
      {note !== undefined && (
        <span id={noteId} className={error === null ? classes["hint"] : classes["error"]}>
          {note}
        </span>
      )}
    </div>
  );
}

export function TextInput(props: ComponentProps<"input">) {
  return <input type="text" autoComplete="off" spellCheck={false} {...props} className={classes["input"]} />;
}

export function SearchInput({ label, ...props }: ComponentProps<"input"> & { readonly label: string }) {
  return (
    <span className={classes["search"]}>
      <Icon name="search" />
      <input
        type="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        placeholder={label}
        {...props}
        className={classes["input"]}
      />
    </span>
  );
}

export function Select<T extends string>(
  props: Omit<ComponentProps<"select">, "onChange" | "value"> & {
    readonly value: T;
    readonly options: readonly { readonly value: T; readonly label: string }[];
    readonly onChange: (value: T) => void;
  },
) {
  const { value, options, onChange, ...rest } = props;
  return (
    <select
      {...rest}
      className={classes["select"]}
      value={value}
      onChange={(event) => {
        const chosen = options.find((option) => option.value === event.target.value);
        if (chosen !== undefined) onChange(chosen.value);
      }}
    >
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

/** On or off, at once. */
export function Switch(props: {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly refusal?: string | null;
}) {
  const { label, isOn, onChange, refusal = null } = props;
  const say = useSayRefusal();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      aria-disabled={refusal !== null || undefined}
      title={refusal ?? `${label}: ${isOn ? "on" : "off"}`}
      className={classes["switch"]}
      onClick={() => {
        if (refusal === null) onChange(!isOn);
        else say(refusal);
      }}
    >
      <span aria-hidden className={classes["knob"]} />
    </button>
  );
}

export function Checkbox({ label, ...rest }: ComponentProps<"input"> & { readonly label: ReactNode }) {
  return (
    <label className={classes["checkbox"]}>
      <input type="checkbox" {...rest} />
      <span>{label}</span>
    </label>
  );
}
