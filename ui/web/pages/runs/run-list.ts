import type { RunView } from "../../../../engine/operate.ts";
import { matches, type RunFilter } from "./run-filter.ts";

/** Runs that were loaded, newest first. */
export interface RunList {
  readonly runs: readonly RunView[];
  /** Where the next page begins; null: all are here. */
  readonly nextCursor: string | null;
}

/**
 * The list after some runs changed: those in it as they are now, those that begin to match put in where they belong, and
 * those that match no more taken out. What is older than the loaded part stays out: its page will bring it.
 */
export function withChanges(list: RunList, changed: readonly RunView[], filter: RunFilter): RunList {
  if (changed.length === 0) return list;
  const oldest = list.nextCursor === null ? "" : (list.runs.at(-1)?.id ?? "");
  const byId = new Map(list.runs.map((run) => [run.id, run]));
  let isChanged = false;
  for (const run of changed) {
    const before = byId.get(run.id);
    if (before === run) continue;
    if (matches(run, filter) && (before !== undefined || run.id > oldest)) byId.set(run.id, run);
    else if (!byId.delete(run.id)) continue;
    isChanged = true;
  }
  if (!isChanged) return list;
  // Ids are UUIDv7: their order is that of making.
  return { ...list, runs: [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)) };
}

/** The list with a further page behind it. */
export function withPage(
  list: RunList,
  page: { readonly items: readonly RunView[]; readonly nextCursor: string | null },
): RunList {
  const known = new Set(list.runs.map(({ id }) => id));
  return { runs: [...list.runs, ...page.items.filter(({ id }) => !known.has(id))], nextCursor: page.nextCursor };
}
