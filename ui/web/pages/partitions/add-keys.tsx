import { useState } from "react";
import { useConsole } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { Field } from "../../design/field.tsx";
import { counted } from "../../design/format.ts";
import classes from "./add-keys.module.css";

export interface AddKeysProps {
  readonly set: string;
  readonly onClose: () => void;
  readonly onAdded: () => void;
}

/** Keys by hand, one a line. */
export function AddKeys({ set, onClose, onAdded }: AddKeysProps) {
  const { api, toasts } = useConsole();
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const keys = [...new Set(text.split("\n").map((line) => line.trim()))].filter(Boolean);
  const add = (): void => {
    setBusy(true);
    api
      .post<{ added: number }>(`/partitions/${encodeURIComponent(set)}`, { keys })
      .then(
        ({ added }) => {
          const known = keys.length - added;
          toasts.show({
            tone: "good",
            text: `${counted(added, "key")} added${known > 0 ? `; ${known} were there` : ""}.`,
          });
          onAdded();
        },
        (problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <Dialog
      title={`Add keys to ${set}`}
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" busy={isBusy} refusal={keys.length === 0 ? "Write a key first." : null} onClick={add}>
            Add {keys.length > 0 && counted(keys.length, "key")}
          </Button>
        </>
      }
    >
      <Field label="Keys, one a line" hint="Nothing is removed; keys that are there stay as they are." error={error}>
        {(control) => (
          <textarea
            {...control}
            rows={6}
            className={classes["keys"]}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
