import classes from "./clamped.module.css";

/** Longer texts than this are told whole when they are pointed at. */
const SHORT = 60;

/** A text of any length and in any direction, cut after so many lines. What stands around it is not turned by it. */
export function Clamped({ text, lines = 3 }: { readonly text: string; readonly lines?: number }) {
  return (
    <span
      className={lines === 1 ? classes["line"] : classes["lines"]}
      style={lines === 1 ? undefined : { WebkitLineClamp: lines }}
      title={text.length > SHORT ? text : undefined}
    >
      {text}
    </span>
  );
}
