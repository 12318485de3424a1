import { useEffect, useEffectEvent } from "react";
import type { BackfillView, RunView } from "../../../engine/operate.ts";
import { Refused } from "../api/client.ts";
import { backfillsModel, runsModel } from "../live/models.ts";
import { useConsole, usePlace, useStore, useTopic } from "./console.tsx";
import type { News } from "./following.ts";

/** While many runs change at once the live list leaves some out; those that are followed are asked for this often. */
const CATCH_UP_MS = 2000;

/** Tells the end of what this viewer follows, unless it is on the page already. */
export function EndWatch() {
  const { runs, backfills } = useStore(useConsole().following);
  return (
    <>
      {runs.size > 0 && <RunEnds open={runs} />}
      {backfills.size > 0 && <BackfillEnds open={backfills} />}
    </>
  );
}

function useTell(): (id: string, news: News | null) => void {
  const { toasts } = useConsole();
  const { route } = usePlace();
  return (id, news) => {
    const isHere = (route?.page === "run" || route?.page === "backfill") && route.id === id;
    if (news !== null && !isHere) toasts.show(news);
  };
}

function RunEnds({ open }: { readonly open: ReadonlySet<string> }) {
  const { api, following } = useConsole();
  const tell = useTell();
  const topic = useTopic("runs", runsModel);
  const state = topic.type === "ready" ? topic.data : null;
  const take = useEffectEvent((run: RunView | undefined) => {
    if (run !== undefined && run.endedAt !== null) tell(run.id, following.runEnded(run));
  });
  useEffect(() => {
    for (const id of open) take(state?.byId.get(id));
  }, [open, state]);
  const catchUp = useEffectEvent(() => {
    for (const id of open) {
      if (state?.byId.get(id) !== undefined) continue;
      api.get<RunView>(`/runs/${encodeURIComponent(id)}`).then(take, (error: unknown) => {
        if (error instanceof Refused && error.status === 404) tell(id, following.runGone(id));
      });
    }
  });
  const epoch = state?.epoch;
  const omitted = state?.omitted;
  useEffect(() => {
    if (epoch === undefined) return undefined;
    const timer = setTimeout(catchUp, CATCH_UP_MS);
    return () => clearTimeout(timer);
  }, [epoch, omitted]);
  return null;
}

function BackfillEnds({ open }: { readonly open: ReadonlySet<string> }) {
  const { following } = useConsole();
  const tell = useTell();
  const topic = useTopic("backfills", backfillsModel);
  const all = topic.type === "ready" ? topic.data : null;
  const take = useEffectEvent((backfill: BackfillView) => {
    if (backfill.endedAt !== null) tell(backfill.id, following.backfillEnded(backfill));
  });
  useEffect(() => {
    for (const backfill of all ?? []) if (open.has(backfill.id)) take(backfill);
  }, [open, all]);
  return null;
}

/** Follows a run or a backfill from its page, while it goes on there. */
export function useFollow(kind: "run" | "backfill", { id, isOpen }: { readonly id: string; readonly isOpen: boolean }) {
  const { following } = useConsole();
  useEffect(() => {
    if (!isOpen) return;
    if (kind === "run") following.followRuns([id]);
    else following.followBackfill(id);
  }, [following, kind, id, isOpen]);
}
