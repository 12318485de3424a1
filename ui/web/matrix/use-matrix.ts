import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import type { MatrixView } from "../../../engine/operate.ts";
import { useConsole, useTopic } from "../app/console.tsx";
import { partitionsModel } from "../live/models.ts";
import { MatrixData } from "./matrix-data.ts";

export type MatrixState =
  | { readonly type: "loading"; readonly cells: number }
  /** `version`: rises with each changed cell, as the data changes in place. */
  | { readonly type: "ready"; readonly data: MatrixData; readonly version: number }
  | { readonly type: "failed"; readonly message: string };

export interface MatrixQuery {
  readonly rows?: string | undefined;
  readonly columns?: string | undefined;
  /** `dimension=key` of other dimensions. */
  readonly where?: readonly string[] | undefined;
}

/** How much of its topic the shown data hold. */
interface Taken {
  snapshot: object;
  /** Changes since the snapshot. */
  applied: number;
  /** False: keys came, or more changed than was told. */
  isWhole: boolean;
}

/** From the end of a load to the begin of the next, while more changes than patches tell of. */
const RELOAD_MS = 2000;

/** An asset's matrix, live: loaded page by page after its topic has begun, so that no change between is lost. */
export function useMatrix(assetKey: string, query: MatrixQuery = {}): MatrixState & { readonly reload: () => void } {
  const { api } = useConsole();
  const topic = useTopic(`partitions:${assetKey}`, partitionsModel);
  const [state, setState] = useState<MatrixState>({ type: "loading", cells: 0 });
  const [round, setRound] = useState(0);
  const partitions = topic.type === "ready" ? topic.data : null;
  const isReady = partitions !== null;
  const asked = JSON.stringify([query.rows, query.columns, query.where ?? []]);
  const reload = useCallback(() => setRound((before) => before + 1), []);

  const taken = useRef<Taken | null>(null);
  const isLoading = useRef(false);
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** Where the topic stands as a load begins: what it tells from there on is applied to what was loaded. */
  const begin = useEffectEvent((): Taken | null => {
    isLoading.current = true;
    if (partitions === null) return null;
    return { snapshot: partitions.snapshot, applied: partitions.told, isWhole: true };
  });
  const page = useEffectEvent((cursor: string | undefined, signal: AbortSignal) =>
    api.get<MatrixView>(`/assets/${encodeURIComponent(assetKey)}/matrix`, { ...query, cursor }, signal),
  );
  useEffect(() => {
    if (!isReady) return undefined;
    const abort = new AbortController();
    const start = begin();
    loadPages(abort.signal, {
      page: (cursor) => page(cursor, abort.signal),
      onCells: (cells) => setState((before) => (before.type === "ready" ? before : { type: "loading", cells })),
    })
      .then((pages) => {
        if (abort.signal.aborted) return;
        isLoading.current = false;
        taken.current = start;
        setState({ type: "ready", data: new MatrixData(pages), version: 0 });
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        isLoading.current = false;
        const message = error instanceof Error ? error.message : String(error);
        setState((before) => (before.type === "ready" ? before : { type: "failed", message }));
      });
    return () => abort.abort();
  }, [api, assetKey, asked, isReady, round]);

  const data = state.type === "ready" ? state.data : null;
  useEffect(() => {
    if (partitions === null || data === null || taken.current === null) return;
    if (taken.current.snapshot !== partitions.snapshot) {
      // Something was told by a new snapshot instead of patches: the rest of it is only known by a load.
      taken.current = { snapshot: partitions.snapshot, applied: 0, isWhole: false };
    }
    const behind = partitions.told - taken.current.applied;
    taken.current.applied = partitions.told;
    if (behind > partitions.changes.length) taken.current.isWhole = false;
    const changes = behind === 0 ? [] : partitions.changes.slice(-behind);
    for (const partition of new Map(changes.map((one) => [one.key, one])).values()) {
      if (!data.apply(partition)) taken.current.isWhole = false;
    }
    if (changes.length > 0) setState({ type: "ready", data, version: data.version });
    const { isWhole } = taken.current;
    // A load that is under way is let end, and one that is due stays due: changes may come faster than both.
    if (isWhole || isLoading.current || due.current !== undefined) return;
    due.current = setTimeout(() => {
      due.current = undefined;
      reload();
    }, RELOAD_MS);
  }, [partitions, data, reload]);
  useEffect(() => () => clearTimeout(due.current), []);

  if (topic.type === "refused") return { type: "failed", message: topic.message, reload };
  return { ...state, reload };
}

interface LoadPagesParams {
  readonly page: (cursor: string | undefined) => Promise<MatrixView>;
  /** How many came so far. */
  readonly onCells: (cells: number) => void;
}

async function loadPages(signal: AbortSignal, { page, onCells }: LoadPagesParams): Promise<readonly MatrixView[]> {
  const pages: MatrixView[] = [];
  let cells = 0;
  let cursor: string | undefined;
  do {
    const next = await page(cursor);
    pages.push(next);
    cells += next.cells.words.length;
    cursor = next.nextCursor ?? undefined;
    if (cursor !== undefined) onCells(cells);
  } while (cursor !== undefined && !signal.aborted);
  return pages;
}
