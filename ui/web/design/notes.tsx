import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { StatusIcon } from "./status.tsx";
import classes from "./notes.module.css";

/** There is nothing yet: why, and what makes something appear. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={classes["empty"]}>
      <p className={classes["emptyTitle"]}>{title}</p>
      {children !== undefined && <div className={classes["emptyText"]}>{children}</div>}
    </div>
  );
}

/** Something went wrong: what, and one thing to do. */
export function Trouble(props: { readonly title: string; readonly message: string; readonly onRetry?: () => void }) {
  const { title, message, onRetry } = props;
  return (
    <div className={classes["trouble"]} role="alert">
      <StatusIcon word="failed" />
      <div>
        <strong>{title}</strong>
        <p className={classes["message"]}>{message}</p>
      </div>
      {onRetry !== undefined && (
        <Button icon="again" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Grey lines where text will stand; nothing moves where motion is not wanted. */
export function Skeleton({ lines = 3 }: { readonly lines?: number }) {
  return (
    <div className={classes["skeleton"]} role="status" aria-label="loading">
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} style={{ inlineSize: `${92 - ((line * 23) % 47)}%` }} />
      ))}
    </div>
  );
}
