import type { Connection } from "../database.ts";
import { type RunSummaryRow, runSummaries } from "../tables/run-summaries.ts";
import { type Cursors, pageLimit, type RowPage } from "./page.ts";
import { type ListRunsParams, runFilterReader } from "./run-filters.ts";
import { runSearch, SEARCH_BOUNDS, type SearchBounds } from "./run-search.ts";
import { textSearch } from "./run-text.ts";

/**
 * Runs, newest first. Where filters leave little and much has to be looked through, a page may hold fewer than asked
 * for, or none, and its cursor leads on.
 */
export function listRuns(
  db: Connection,
  { cursors, bounds = SEARCH_BOUNDS }: { readonly cursors: Cursors; readonly bounds?: SearchBounds },
): (params: ListRunsParams) => RowPage<RunSummaryRow> {
  const summaries = runSummaries(db);
  const filterOf = runFilterReader(db);
  const search = runSearch(db, bounds);
  const searchText = textSearch(db, search);
  return (params) => {
    const limit = pageLimit(params);
    const filter = filterOf(params, cursors.number("runs", params) ?? Number.MAX_SAFE_INTEGER);
    const { text } = params;
    const { ids, downTo } =
      text === undefined ? search(filter, limit + 1) : searchText(filter, { text, limit: limit + 1 });
    const last = ids.length > limit ? (ids[limit - 1] ?? null) : downTo;
    return {
      items: summaries(ids.slice(0, limit)),
      nextCursor: last === null ? null : cursors.encode("runs", last),
    };
  };
}
