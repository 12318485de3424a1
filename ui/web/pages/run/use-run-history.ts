import { useEffect, useRef, useState } from "react";
import type { EventView, LogLineView, Page } from "../../../../engine/operate.ts";
import type { ApiClient } from "../../api/client.ts";
import { useConsole } from "../../app/console.tsx";

/** A list that only grows at its end, read on from where it was whenever there is more. */
export interface Growing<T> {
  readonly items: readonly T[];
  readonly isLoading: boolean;
  /** Whether there is more than the console keeps. */
  readonly isCut: boolean;
  readonly error: string | null;
}

/** Lines and events that the console keeps of one run. */
export const MAX_KEPT = 20_000;
const PAGE = 500;

interface GrowingParams<T> {
  /** Another key is another list. */
  readonly key: string;
  /** Rises when there is more to read. */
  readonly version: number;
  readonly read: (
    api: ApiClient,
    params: { last: T | undefined; limit: number; signal: AbortSignal },
  ) => Promise<Page<T>>;
}

function useGrowing<T>({ key, version, read }: GrowingParams<T>): Growing<T> {
  const { api } = useConsole();
  const kept = useRef<{ key: string; items: readonly T[] }>({ key, items: [] });
  const reader = useRef(read);
  useEffect(() => {
    reader.current = read;
  });
  const [state, setState] = useState<Growing<T>>({ items: [], isLoading: true, isCut: false, error: null });
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    if (kept.current.key !== key) kept.current = { key, items: [] };
    const readOn = async (): Promise<void> => {
      for (;;) {
        const { items } = kept.current;
        if (items.length >= MAX_KEPT) {
          setState({ items, isLoading: false, isCut: true, error: null });
          return;
        }
        const page = await reader.current(api, { last: items.at(-1), limit: PAGE, signal });
        if (signal.aborted) return;
        const all = page.items.length === 0 ? items : [...items, ...page.items];
        kept.current = { key, items: all };
        const isLast = page.items.length < PAGE;
        setState({ items: all, isLoading: !isLast, isCut: false, error: null });
        if (isLast) return;
      }
    };
    readOn().catch((error: unknown) => {
      if (signal.aborted) return;
      setState((before) => ({
        ...before,
        isLoading: false,
        error: error instanceof Error ? error.message : String(error),
      }));
    });
    return () => abort.abort();
  }, [api, key, version]);
  return state;
}

/** A run's history, oldest first. */
export function useRunEvents(runId: string, version: number): Growing<EventView> {
  return useGrowing<EventView>({
    key: runId,
    version,
    read: (api, { last, limit, signal }) =>
      api.get(`/runs/${encodeURIComponent(runId)}/events`, { after: last?.seq, limit }, signal),
  });
}

/** A run's log, or one step's, oldest first. */
export function useRunLog(
  runId: string,
  { step, version }: { step: number | null; version: number },
): Growing<LogLineView> {
  return useGrowing<LogLineView>({
    key: `${runId} ${step ?? "all"}`,
    version,
    read: (api, { last, limit, signal }) =>
      api.get(`/runs/${encodeURIComponent(runId)}/logs`, { step: step ?? undefined, after: last?.id, limit }, signal),
  });
}
