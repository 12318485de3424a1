import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import type { Page, RunView } from "../../../../engine/operate.ts";
import { useConsole, useTopic } from "../../app/console.tsx";
import { runsModel } from "../../live/models.ts";
import { queryOf, type RunFilter } from "./run-filter.ts";
import { type RunList, withChanges, withPage } from "./run-list.ts";

const PAGE = 100;
/** Between two loads while more changes than patches tell of. */
const REFRESH_MS = 1500;

export interface RunListState {
  readonly list: RunList | null;
  readonly isLoadingMore: boolean;
  readonly error: string | null;
  readonly loadMore: () => void;
  readonly reload: () => void;
}

/** A filtered list that is loaded page by page and stays live. */
export function useRunList(filter: RunFilter): RunListState {
  const { api } = useConsole();
  const topic = useTopic("runs", runsModel);
  const [list, setList] = useState<RunList | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [round, setRound] = useState(0);
  const key = JSON.stringify(queryOf(filter));
  const reload = useCallback(() => setRound((before) => before + 1), []);

  const load = useEffectEvent((signal: AbortSignal) =>
    api.get<Page<RunView>>("/runs", { ...queryOf(filter), limit: PAGE }, signal),
  );
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (page) => {
        if (abort.signal.aborted) return;
        setList({ runs: page.items, nextCursor: page.nextCursor });
        setError(null);
      },
      (problem: unknown) => {
        if (!abort.signal.aborted) setError(problem instanceof Error ? problem.message : String(problem));
      },
    );
    return () => abort.abort();
  }, [key, round]);

  const live = topic.type === "ready" ? topic.data : null;
  const before = useRef<ReadonlyMap<string, RunView>>(new Map());
  const take = useEffectEvent((runs: ReadonlyMap<string, RunView>) => {
    const changed = [...runs.values()].filter((run) => before.current.get(run.id) !== run);
    before.current = runs;
    setList((current) => (current === null ? null : withChanges(current, changed, filter)));
  });
  useEffect(() => {
    if (live !== null) take(live.byId);
  }, [live]);

  const omitted = live?.omitted ?? 0;
  useEffect(() => {
    if (omitted === 0) return undefined;
    const timer = setTimeout(reload, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [omitted, reload]);

  const loadMore = (): void => {
    const cursor = list?.nextCursor ?? null;
    if (cursor === null || isLoadingMore) return;
    setLoadingMore(true);
    api
      .get<Page<RunView>>("/runs", { ...queryOf(filter), limit: PAGE, cursor })
      .then((page) => setList((current) => (current?.nextCursor === cursor ? withPage(current, page) : current)))
      .catch((problem: unknown) => setError(problem instanceof Error ? problem.message : String(problem)))
      .finally(() => setLoadingMore(false));
  };
  return { list, isLoadingMore, error, loadMore, reload };
}
