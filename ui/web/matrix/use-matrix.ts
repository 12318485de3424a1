import { useEffect, useRef, useState } from "react";
import type { MatrixView } from "../../../engine/operate.ts";
import { useConsole, useTopic } from "../app/console.tsx";
import { partitionsModel } from "../live/models.ts";
import { MatrixData } from "./matrix-data.ts";

export type MatrixState =
  | { readonly type: "loading"; readonly rows: number }
  /** `version`: rises with each changed cell, as the data changes in place. */
  | { readonly type: "ready"; readonly data: MatrixData; readonly version: number }
  | { readonly type: "failed"; readonly message: string };

export interface MatrixQuery {
  readonly rows?: string | undefined;
  readonly columns?: string | undefined;
}

/** Between two loads of a matrix whose keys keep changing. */
const RELOAD_MS = 2000;

/** An asset's matrix, live: loaded page by page after its topic has begun, so that no change between is lost. */
export function useMatrix(assetKey: string, query: MatrixQuery = {}): MatrixState {
  const { api } = useConsole();
  const topic = useTopic(`partitions:${assetKey}`, partitionsModel);
  const [state, setState] = useState<MatrixState>({ type: "loading", rows: 0 });
  const [round, setRound] = useState(0);
  const snapshot = topic.type === "ready" ? topic.data.snapshot : null;
  const applied = useRef(0);

  useEffect(() => {
    if (snapshot === null) return undefined;
    const abort = new AbortController();
    applied.current = 0;
    const load = async (): Promise<void> => {
      const pages: MatrixView[] = [];
      let cursor: string | undefined;
      do {
        const search = { rows: query.rows, columns: query.columns, cursor };
        const page = await api.get<MatrixView>(`/assets/${encodeURIComponent(assetKey)}/matrix`, search, abort.signal);
        pages.push(page);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      if (abort.signal.aborted) return;
      setState({ type: "ready", data: new MatrixData(pages), version: 0 });
    };
    load().catch((error: unknown) => {
      if (!abort.signal.aborted)
        setState({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    });
    return () => abort.abort();
  }, [api, assetKey, query.rows, query.columns, snapshot, round]);

  const partitions = topic.type === "ready" ? topic.data : null;
  const data = state.type === "ready" ? state.data : null;
  useEffect(() => {
    if (partitions === null || data === null) return undefined;
    const keys = new Set(partitions.changes.slice(applied.current));
    applied.current = partitions.changes.length;
    let isWhole = true;
    for (const key of keys) {
      const partition = partitions.items.get(key);
      if (partition !== undefined) isWhole = data.apply(partition) && isWhole;
    }
    if (keys.size > 0) setState({ type: "ready", data, version: data.version });
    if (isWhole) return undefined;
    const timer = setTimeout(() => setRound((before) => before + 1), RELOAD_MS);
    return () => clearTimeout(timer);
  }, [partitions, data]);

  if (topic.type === "refused") return { type: "failed", message: topic.message };
  return state;
}
