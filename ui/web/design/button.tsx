import type { ComponentProps, ReactNode } from "react";
import { useSayRefusal } from "../app/console.tsx";
import classes from "./button.module.css";
import { Icon, type IconName } from "./icons.tsx";

export interface ButtonProps extends Omit<ComponentProps<"button">, "className" | "disabled"> {
  readonly tone?: "plain" | "primary" | "danger" | "quiet";
  readonly icon?: IconName;
  /** Why it cannot be used now; shown on hover, said to who tries, and read aloud. Null or absent: it can. */
  readonly refusal?: string | null;
  /** Its work is under way. */
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** It stays reachable by keyboard when it cannot be used, so that the reason is too. */
export function Button({
  tone = "plain",
  icon,
  refusal = null,
  busy = false,
  children,
  onClick,
  title,
  ...rest
}: ButtonProps) {
  const isOff = refusal !== null || busy;
  const say = useSayRefusal();
  return (
    <button
      type="button"
      {...rest}
      className={`${classes["button"]} ${classes[tone]}`}
      aria-disabled={isOff || undefined}
      aria-busy={busy || undefined}
      title={refusal ?? title}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
        if (refusal !== null) say(refusal);
      }}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
      {refusal !== null && <span className="only-read-aloud"> ({refusal})</span>}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children" | "icon"> {
  readonly icon: IconName;
  readonly label: string;
}

export function IconButton({ label, icon, refusal = null, title = label, ...rest }: IconButtonProps) {
  return (
    <Button data-icon-only {...rest} refusal={refusal} title={title} tone={rest.tone ?? "quiet"} icon={icon}>
      <span className="only-read-aloud">{label}</span>
    </Button>
  );
}
