import type { BackfillStatus, PartitionWord, RunStatus, StepStatus, TickStatus } from "../../../engine/operate.ts";
import classes from "./status.module.css";

export type StatusWord =
  | RunStatus
  | StepStatus
  | TickStatus
  | BackfillStatus
  | PartitionWord
  | "stale"
  | "live"
  | "off";

/** A colour and a shape for each word, so that colour never stands alone. */
export type StatusTone = "running" | "good" | "bad" | "waiting" | "quiet" | "stale";

const tones: Readonly<Record<StatusWord, StatusTone>> = {
  queued: "waiting",
  pending: "quiet",
  waiting: "waiting",
  paused: "waiting",
  starting: "running",
  started: "running",
  running: "running",
  canceling: "running",
  succeeded: "good",
  materialized: "good",
  live: "good",
  failed: "bad",
  canceled: "quiet",
  skipped: "quiet",
  missing: "quiet",
  retired: "quiet",
  stale: "stale",
  off: "quiet",
};

export function toneOf(word: StatusWord): StatusTone {
  return tones[word];
}

/** The shape alone, 14 px; say the word beside it, or give a label. */
export function StatusIcon({ word, label }: { readonly word: StatusWord; readonly label?: string }) {
  const isMoving = tones[word] === "running";
  return (
    <svg
      className={`${classes["icon"]} ${classes[tones[word]]} ${isMoving ? classes["moving"] : ""}`}
      viewBox="0 0 14 14"
      width="14"
      height="14"
      {...(label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
    >
      <Shape word={word} />
    </svg>
  );
}

export function Status({ word, text = word }: { readonly word: StatusWord; readonly text?: string }) {
  return (
    <span className={`${classes["status"]} ${classes[tones[word]]}`}>
      <StatusIcon word={word} />
      <span className={classes["word"]}>{text}</span>
    </span>
  );
}

/** Filled discs ended well, diamonds badly, rings wait, arcs move, dashes are not there. */
function Shape({ word }: { readonly word: StatusWord }) {
  switch (word) {
    case "succeeded":
    case "materialized":
    case "live":
      return (
        <>
          <circle cx="7" cy="7" r="6" fill="currentColor" />
          <path d="M4.2 7.2 6.2 9.2 9.9 5.1" className={classes["inner"]} />
        </>
      );
    case "failed":
      return (
        <>
          <rect x="2.3" y="2.3" width="9.4" height="9.4" rx="1.4" transform="rotate(45 7 7)" fill="currentColor" />
          <path d="M7 4.2v3.4M7 9.5v.1" className={classes["inner"]} />
        </>
      );
    case "running":
    case "starting":
    case "started":
      return (
        <>
          <circle cx="7" cy="7" r="5.2" className={classes["track"]} />
          <path d="M7 1.8a5.2 5.2 0 0 1 5.2 5.2" className={classes["line"]} />
        </>
      );
    case "canceling":
      return (
        <>
          <circle cx="7" cy="7" r="5.2" className={classes["track"]} />
          <path d="M7 1.8a5.2 5.2 0 0 1 5.2 5.2M5 5l4 4M9 5 5 9" className={classes["line"]} />
        </>
      );
    case "queued":
    case "waiting":
      return (
        <>
          <circle cx="7" cy="7" r="5.2" className={classes["line"]} />
          <path d="M7 4.2V7l1.9 1.5" className={classes["line"]} />
        </>
      );
    case "paused":
      return (
        <>
          <circle cx="7" cy="7" r="5.2" className={classes["line"]} />
          <path d="M5.7 5v4M8.3 5v4" className={classes["line"]} />
        </>
      );
    case "stale":
      return (
        <>
          <path d="M7 1.4 13 12H1z" className={classes["line"]} />
          <path d="M7 5.6v3M7 10.2v.1" className={classes["line"]} />
        </>
      );
    case "canceled":
      return (
        <>
          <circle cx="7" cy="7" r="5.2" className={classes["line"]} />
          <path d="m3.4 10.6 7.2-7.2" className={classes["line"]} />
        </>
      );
    case "skipped":
      return <path d="M2.5 4.2 6.3 7l-3.8 2.8zM7.6 4.2 11.4 7 7.6 9.8z" className={classes["line"]} />;
    case "retired":
    case "off":
      return <path d="M2.5 7h9" className={classes["line"]} />;
    case "pending":
    case "missing":
      return <circle cx="7" cy="7" r="5.2" className={classes["dashed"]} />;
  }
}
