import type { Connection } from "../database.ts";
import type { RunFilter } from "./run-filters.ts";
import type { FoundRuns } from "./run-search.ts";

/** Runs whose texts are read for one page; a search that comes this far goes on with the next. */
const LOOKED_AT = 4000;
const CHUNK = 500;

interface TextRow {
  readonly uid: string;
  readonly job: string | null;
  readonly reason: string;
  readonly error: string | null;
  readonly partition_key: string;
}

type Search = (filter: RunFilter, limit: number) => FoundRuns;

/**
 * Of the runs that a search finds those that have a text in their id, job, partition, reason or error, whatever its case.
 * No index helps there, so it reads run by run, up to a bound.
 */
export function textSearch(
  db: Connection,
  search: Search,
): (filter: RunFilter, wanted: { text: string; limit: number }) => FoundRuns {
  const row = db.prepare<[number], TextRow>(
    "SELECT uid, job, reason, error, (SELECT key FROM partitions WHERE id = r.partition_id) AS partition_key " +
      "FROM runs r WHERE id = ?",
  );
  const has = (id: number, wanted: string): boolean => {
    const found = row.get(id);
    if (found === undefined) return false;
    const { uid, job, reason, error, partition_key: key } = found;
    return [uid, job, reason, error, key].some((text) => text?.toLowerCase().includes(wanted) === true);
  };
  return (filter, { text, limit }) => {
    const wanted = text.toLowerCase();
    const ids: number[] = [];
    let belowId = filter.belowId;
    for (let looked = 0; looked < LOOKED_AT; looked += CHUNK) {
      const found = search({ ...filter, belowId }, CHUNK);
      for (const id of found.ids) {
        if (has(id, wanted)) ids.push(id);
        if (ids.length === limit) return { ids, downTo: null };
      }
      const downTo = found.ids.length === CHUNK ? (found.ids.at(-1) ?? null) : found.downTo;
      if (downTo === null) return { ids, downTo: null };
      belowId = downTo;
    }
    return { ids, downTo: belowId };
  };
}
