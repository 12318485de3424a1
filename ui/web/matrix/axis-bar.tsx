import { useId } from "react";
import type { Page, PartitionKeyView, PartitionSetView } from "../../../engine/operate.ts";
import { useConsole, useLoaded, usePlace } from "../app/console.tsx";
import { Select } from "../design/field.tsx";
import classes from "./axis-bar.module.css";
import { axesOf, type MatrixAxes, searchOf, withAxis } from "./matrix-axes.ts";

const MAX_CHOICES = 500;

/** Of a set of three dimensions or more: which two make the matrix, and which keys of the others are shown. */
export function AxisBar({ set }: { readonly set: PartitionSetView }) {
  const { navigation } = useConsole();
  const { search } = usePlace();
  const dimensions = set.dimensions.map(({ name }) => name);
  const axes = axesOf(search, dimensions);
  const become = (next: MatrixAxes): void => navigation.setSearch(searchOf(next));
  const options = dimensions.map((name) => ({ value: name, label: name }));
  return (
    <div role="group" aria-label="Dimensions" className={classes["bar"]}>
      {(["rows", "columns"] as const).map((side) => (
        <Choice
          key={side}
          label={side === "rows" ? "Rows" : "Columns"}
          value={axes[side]}
          options={options}
          onChange={(dimension) => become(withAxis(axes, side, dimension))}
        />
      ))}
      {axes.others.map(({ dimension, key }) => (
        <KeyChoice
          key={dimension}
          dimension={dimension}
          set={set.dimensions.find(({ name }) => name === dimension)?.set ?? ""}
          value={key}
          onChange={(chosen) =>
            become({
              ...axes,
              others: axes.others.map((one) => (one.dimension === dimension ? { dimension, key: chosen } : one)),
            })
          }
        />
      ))}
    </div>
  );
}

interface KeyChoiceProps {
  readonly dimension: string;
  readonly set: string;
  readonly value: string;
  readonly onChange: (key: string) => void;
}

function KeyChoice({ dimension, set, value, onChange }: KeyChoiceProps) {
  const loaded = useLoaded(set, (api, signal) =>
    api.get<Page<PartitionKeyView>>(
      `/partitions/${encodeURIComponent(set)}`,
      { state: "active", limit: MAX_CHOICES },
      signal,
    ),
  );
  const known = loaded.type === "ready" ? loaded.data.items.map(({ key }) => key) : [];
  // One beyond the first ones comes from a link.
  const keys = value === "" || known.includes(value) ? known : [value, ...known];
  const options = [{ value: "", label: "every one" }, ...keys.map((key) => ({ value: key, label: key }))];
  return <Choice label={dimension} value={value} options={options} onChange={onChange} />;
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, ...select }: ChoiceProps) {
  const id = useId();
  return (
    <label className={classes["choice"]} htmlFor={id}>
      {label}
      <Select id={id} {...select} />
    </label>
  );
}
