import { type ReactNode, useId } from "react";
import classes from "./panel.module.css";

export interface PanelProps {
  readonly title: ReactNode;
  /** Beside the title: a count, a state. */
  readonly aside?: ReactNode;
  readonly actions?: ReactNode;
  /** Whether the body reaches the edges, as tables and canvases do. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** A part of a page, with its heading. */
export function Panel({ title, aside, actions, flush = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className={classes["panel"]} aria-labelledby={id}>
      <header className={classes["head"]}>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <span className={classes["aside"]}>{aside}</span>}
        {actions !== undefined && <span className={classes["actions"]}>{actions}</span>}
      </header>
      <div className={flush ? classes["flush"] : classes["body"]}>{children}</div>
    </section>
  );
}

/** The head of a page: what it is about, in words, and what can be done. */
export function PageHead(props: {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
}) {
  return (
    <header className={classes["pageHead"]}>
      <div className={classes["pageTitle"]}>
        <h1>{props.title}</h1>
        {props.lead !== undefined && <div className={classes["lead"]}>{props.lead}</div>}
      </div>
      {props.actions !== undefined && <div className={classes["pageActions"]}>{props.actions}</div>}
    </header>
  );
}

/** Name and value, as in a data sheet. */
export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={classes["facts"]}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
