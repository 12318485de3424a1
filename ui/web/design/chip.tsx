import { Clamped } from "./clamped.tsx";
import { Icon } from "./icons.tsx";
import classes from "./chip.module.css";

/** A small fact: a tag, a group, a key. */
export function Chip({ children }: { readonly children: string }) {
  return (
    <span className={classes["chip"]}>
      <Clamped text={children} />
    </span>
  );
}

/** A filter that holds, and can be taken away. */
export function FilterChip(props: { readonly name: string; readonly value: string; readonly onRemove: () => void }) {
  const { name, value, onRemove } = props;
  return (
    <span className={`${classes["chip"]} ${classes["filter"]}`}>
      <span className={classes["name"]}>{name}</span>
      <span className={classes["value"]}>{value}</span>
      <button type="button" aria-label={`Remove the filter ${name} ${value}`} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </span>
  );
}

export function Kbd({ keys }: { readonly keys: string }) {
  return <kbd className={classes["kbd"]}>{keys}</kbd>;
}
