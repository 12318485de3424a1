import { useEffect, useState } from "react";
import { IconButton } from "./button.tsx";

const SHOWN_MS = 1500;

/** Copies a text: an id, or the command that does the same. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  useEffect(() => {
    if (state === "ready") return undefined;
    const timer = setTimeout(() => setState("ready"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const labels = { ready: `Copy ${what}`, copied: "Copied", refused: "The browser does not let this page copy" };
  return (
    <IconButton
      icon={state === "copied" ? "check" : "copy"}
      label={labels[state]}
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setState("copied"),
          () => setState("refused"),
        );
      }}
    />
  );
}
