import { useState } from "react";
import type { BackfillView, Page, RunView } from "../../../../engine/operate.ts";
import type { ApiClient } from "../../api/client.ts";
import { useConsole, useRefusal } from "../../app/console.tsx";
import { Button } from "../../design/button.tsx";
import { Dialog } from "../../design/dialog.tsx";
import { counted } from "../../design/format.ts";

type Question = "cancel" | "retry";

/** Cancels the rest of a backfill, or runs again what failed in it. Both ask first: they reach many runs. */
export function BackfillActions({ backfill }: { readonly backfill: BackfillView }) {
  const [question, setQuestion] = useState<Question | null>(null);
  const refusal = useRefusal("operator");
  const hasEnded = backfill.endedAt !== null;
  const isCanceling = backfill.status === "canceling";
  return (
    <>
      <Button
        icon="again"
        refusal={refusal ?? (backfill.failed === 0 ? "None of its runs failed." : null)}
        onClick={() => setQuestion("retry")}
      >
        Run failed again…
      </Button>
      <Button
        tone="danger"
        icon="stop"
        refusal={refusal ?? (hasEnded ? "It has ended." : isCanceling ? "It is being canceled." : null)}
        onClick={() => setQuestion("cancel")}
      >
        Cancel…
      </Button>
      {question !== null && <Ask question={question} backfill={backfill} onClose={() => setQuestion(null)} />}
    </>
  );
}

interface AskProps {
  readonly question: Question;
  readonly backfill: BackfillView;
  readonly onClose: () => void;
}

function Ask({ question, backfill, onClose }: AskProps) {
  const { api, toasts, following } = useConsole();
  const [isBusy, setBusy] = useState(false);
  const left = backfill.total - backfill.succeeded - backfill.failed - backfill.canceled;
  const act = async (): Promise<void> => {
    setBusy(true);
    try {
      if (question === "cancel") await api.post(`/backfills/${encodeURIComponent(backfill.id)}/cancel`);
      else {
        const { made, refused } = await runAgain(api, backfill.id);
        following.followRuns(made);
        toasts.show({
          tone: refused === null ? "good" : "bad",
          text: `${counted(made.length, "run")} run again.${refused === null ? "" : ` Others not: ${refused}`}`,
          link: { route: { page: "runs" }, label: "Watch" },
        });
      }
      onClose();
    } catch (error) {
      toasts.show({ tone: "bad", text: error instanceof Error ? error.message : String(error) });
      setBusy(false);
    }
  };
  const isCancel = question === "cancel";
  return (
    <Dialog
      title={isCancel ? "Cancel this backfill?" : "Run the failed runs again?"}
      size="small"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button tone={isCancel ? "danger" : "primary"} busy={isBusy} onClick={() => void act()}>
            {isCancel ? "Cancel the backfill" : `Run ${counted(backfill.failed, "run")} again`}
          </Button>
        </>
      }
    >
      <p>
        {isCancel
          ? `${counted(left, "run")} of it ${left === 1 ? "has" : "have"} not ended: what runs is stopped, the rest never starts. What was made stays.`
          : "Each of them goes on from its failure, as a new run that names the old one. What succeeded in it is not made again."}
      </p>
    </Dialog>
  );
}

interface BulkAnswer {
  readonly results: readonly { readonly run: string | null; readonly error: string | null }[];
}

const CHUNK = 100;

async function runAgain(api: ApiClient, backfill: string): Promise<{ made: string[]; refused: string | null }> {
  const made: string[] = [];
  let refused: string | null = null;
  let cursor: string | undefined;
  do {
    const page = await api.get<Page<RunView>>("/runs", { backfill, status: ["failed"], limit: CHUNK, cursor });
    const ids = page.items.map((run) => run.id);
    if (ids.length > 0) {
      const { results } = await api.post<BulkAnswer>("/runs/bulk", { action: "reexecute", ids });
      for (const { run, error } of results) {
        if (run !== null) made.push(run);
        else refused ??= error;
      }
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { made, refused };
}
