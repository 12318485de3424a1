import { useState } from "react";
import type { RunView } from "../../../../engine/operate.ts";
import { useConsole, useRefusal } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { counted } from "../../design/format.ts";
import classes from "./bulk-actions.module.css";

interface BulkAnswer {
  readonly results: readonly {
    readonly id: string;
    readonly ok: boolean;
    /** The new run, where it was run again. */
    readonly run: string | null;
    readonly error: string | null;
  }[];
}

/** The API takes so many at a time. */
const CHUNK = 100;

/** What can be done with all selected runs at once. */
export function BulkActions(props: { readonly runs: readonly RunView[]; readonly onDone: () => void }) {
  const { runs, onDone } = props;
  const { api, toasts, following } = useConsole();
  const refusal = useRefusal("operator");
  const [isBusy, setBusy] = useState(false);
  const open = runs.filter((run) => run.endedAt === null);
  const failed = runs.filter(({ status }) => status === "failed" || status === "canceled");
  const act = async (action: "cancel" | "reexecute", chosen: readonly RunView[]): Promise<void> => {
    setBusy(true);
    const refused: string[] = [];
    const made: string[] = [];
    try {
      for (let at = 0; at < chosen.length; at += CHUNK) {
        const ids = chosen.slice(at, at + CHUNK).map((run) => run.id);
        const { results } = await api.post<BulkAnswer>("/runs/bulk", { action, ids });
        for (const { ok, error } of results) if (!ok) refused.push(error ?? "refused");
        made.push(...results.flatMap(({ run }) => run ?? []));
      }
      following.followRuns(made);
      const done = counted(chosen.length - refused.length, "run");
      const what = action === "cancel" ? `${done} canceled.` : `${done} run again.`;
      const [first] = refused;
      toasts.show({
        tone: first === undefined ? "good" : "bad",
        text: first === undefined ? what : `${what} ${refused.length} not: ${first}`,
      });
      onDone();
    } catch (error) {
      toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={classes["bar"]} role="toolbar" aria-label="Selected runs">
      <strong>{counted(runs.length, "run")} selected</strong>
      <Button
        icon="stop"
        tone="danger"
        busy={isBusy}
        refusal={refusal ?? (open.length === 0 ? "All of them have ended." : null)}
        onClick={() => void act("cancel", open)}
      >
        Cancel {open.length > 0 && open.length}
      </Button>
      <Button
        icon="again"
        busy={isBusy}
        refusal={refusal ?? (failed.length === 0 ? "None of them failed or was canceled." : null)}
        onClick={() => void act("reexecute", failed)}
      >
        Run again from failure {failed.length > 0 && failed.length}
      </Button>
      <Button tone="quiet" onClick={onDone}>
        Select none
      </Button>
    </div>
  );
}
