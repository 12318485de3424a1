import type { RunStatus } from "../../core/states.ts";
import type { Connection, Statement } from "../database.ts";
import { COLUMN_BOUNDS, type ColumnBounds, type ColumnSearch, runColumns } from "./run-columns.ts";
import { type Facet, MAX_MERGED_VALUES, type RunFilter } from "./run-filters.ts";

export interface FoundRuns {
  /** The newest first, up to the limit. */
  readonly ids: readonly number[];
  /** From this id on all was looked at, below it nothing; null: the limit was reached, or the end. */
  readonly downTo: number | null;
}

export interface SearchBounds extends ColumnBounds {
  /** How far runs are counted to find which filter leaves few. */
  readonly countedRuns: number;
}

export const SEARCH_BOUNDS: SearchBounds = { ...COLUMN_BOUNDS, countedRuns: 2000 };

const STATUS_CHUNK = 1000;

/** SQLite takes a partial index only where its own condition is spelled out. */
const STATUS_INDEXES: Readonly<Record<RunStatus, string>> = {
  queued: "INDEXED BY runs_queued WHERE status = 'queued'",
  starting: "INDEXED BY runs_live WHERE status IN ('starting', 'running', 'canceling')",
  running: "INDEXED BY runs_live WHERE status IN ('starting', 'running', 'canceling')",
  canceling: "INDEXED BY runs_live WHERE status IN ('starting', 'running', 'canceling')",
  succeeded: "INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled')",
  failed: "INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled')",
  canceled: "INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled')",
};

const FACET_INDEXES: Readonly<Record<Facet["column"], string>> = {
  backfill_id: "INDEXED BY runs_by_backfill WHERE backfill_id IS NOT NULL",
  partition_id: "INDEXED BY runs_by_partition WHERE partition_id <> 0",
  asset_set_id: "INDEXED BY runs_by_asset_set WHERE true",
  tag_set_id: "INDEXED BY runs_by_tag_set WHERE true",
  job: "INDEXED BY runs_by_job WHERE true",
};

/** The values that one column has to have, each the head of an index that ends in the run's id. */
interface Lead {
  readonly column: Facet["column"] | "status";
  readonly values: readonly (string | number)[];
}

type IdStatement = Statement<unknown[], number>;

/**
 * Finds runs by what leaves few of them: an index for each filter, and where every filter leaves many, `RunColumns`.
 * Both are bounded whatever the record holds: a search that had to stop says how far it came, and looks at one run at
 * least, so that whoever goes on comes to the end.
 */
export function runSearch(db: Connection, bounds: SearchBounds): (filter: RunFilter, limit: number) => FoundRuns {
  const columns = runColumns(db, bounds);
  const statements = new Map<string, IdStatement>();
  const statement = (text: string): IdStatement => {
    const known = statements.get(text) ?? db.prepare<unknown[], number>(text).pluck();
    statements.set(text, known);
    return known;
  };
  const rowOf = db.prepare<[number], { status: RunStatus; created_at_ms: number }>(
    "SELECT status, created_at_ms FROM runs WHERE id = ?",
  );

  const count = (lead: Lead): number => {
    let size = 0;
    for (const value of lead.values) {
      if (size >= bounds.countedRuns) break;
      const head = `SELECT 1 FROM runs ${indexOf(lead, value)} AND ${lead.column} = ? LIMIT ${bounds.countedRuns}`;
      size += statement(`SELECT count(*) FROM (${head})`).get(value) ?? 0;
    }
    return size;
  };

  /** By the index of one filter; the others are looked at row by row. */
  const byIndex = (filter: RunFilter, { lead, limit }: { lead: Lead | null; limit: number }): FoundRuns => {
    const { sql, values } = restOf(filter, lead);
    const tail = `id >= ? AND id < ?${sql} ORDER BY id DESC LIMIT ?`;
    const filters = [filter.fromId, filter.belowId, ...values, limit];
    if (lead === null) return { ids: statement(`SELECT id FROM runs WHERE ${tail}`).all(...filters), downTo: null };
    const ids = lead.values.flatMap((value) =>
      statement(`SELECT id FROM runs ${indexOf(lead, value)} AND ${lead.column} = ? AND ${tail}`).all(
        value,
        ...filters,
      ),
    );
    return { ids: ids.sort((a, b) => b - a).slice(0, limit), downTo: null };
  };

  /** What is not in the columns: the status, and the exact time. */
  const isWanted = (id: number, { filter, search }: { filter: RunFilter; search: ColumnSearch }): boolean => {
    if (filter.statuses.length === 0 && filter.created === null) return true;
    search.spend(1);
    const row = rowOf.get(id);
    return row !== undefined && isOfStatus(row, filter) && isCreated(row, filter);
  };

  /** Through the columns alone; the status is read of those that are left. */
  const byColumns = (filter: RunFilter, limit: number): FoundRuns => {
    const search = columns.begin(filter.facets);
    const ids: number[] = [];
    const last = Math.max(filter.fromId, 1);
    for (let id = Math.min(filter.belowId - 1, columns.newestId); id >= last; id--) {
      if (search.matches(id) && isWanted(id, { filter, search })) ids.push(id);
      if (ids.length === limit) return { ids, downTo: null };
      if (search.isSpent) return { ids, downTo: id };
    }
    return { ids, downTo: null };
  };

  /** Through the runs of a status that few runs have. */
  const ofStatus = (
    filter: RunFilter,
    params: { status: RunStatus; limit: number; search: ColumnSearch },
  ): FoundRuns => {
    const { status, limit, search } = params;
    const chunk = statement(
      `SELECT id FROM runs ${STATUS_INDEXES[status]} AND status = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ${STATUS_CHUNK}`,
    );
    const ids: number[] = [];
    for (let below = filter.belowId; ;) {
      const found = chunk.all(status, filter.fromId, below);
      for (const id of found) {
        search.spend(1);
        if (search.matches(id) && isWanted(id, { filter, search })) ids.push(id);
        if (ids.length === limit) return { ids, downTo: null };
        if (search.isSpent) return { ids, downTo: id };
      }
      const last = found.at(-1);
      if (last === undefined || found.length < STATUS_CHUNK) return { ids, downTo: null };
      below = last;
    }
  };

  const byStatus = (filter: RunFilter, limit: number): FoundRuns => {
    const parts = filter.statuses.map((status) => {
      const search = columns.begin(filter.facets, filter.statuses.length);
      return ofStatus(filter, { status, limit, search });
    });
    const downTo = Math.max(...parts.map((part) => part.downTo ?? 0));
    const ids = parts.flatMap((part) => part.ids).sort((a, b) => b - a);
    const complete = ids.filter((id) => id >= downTo).slice(0, limit);
    return { ids: complete, downTo: downTo === 0 || complete.length === limit ? null : downTo };
  };

  return (filter, limit) => {
    const { facets, statuses } = filter;
    if (facets.some((facet) => facet.values?.length === 0)) return { ids: [], downTo: null };
    const status: Lead | null = statuses.length === 0 ? null : { column: "status", values: statuses };
    if (facets.length === 0) {
      // The index of queued runs is in the order of the queue, so their newest are found by sorting all of them.
      const isSorted =
        statuses.includes("queued") && count({ column: "status", values: ["queued"] }) >= bounds.countedRuns;
      return isSorted ? byColumns(filter, limit) : byIndex(filter, { lead: status, limit });
    }
    const leads = facets.flatMap(({ column, values }): readonly Lead[] =>
      values === null || values.length > MAX_MERGED_VALUES ? [] : [{ column, values }],
    );
    const [only] = leads;
    if (only !== undefined && facets.length === 1 && status === null) return byIndex(filter, { lead: only, limit });
    const sized = [...leads, ...(status === null ? [] : [status])].map((lead) => ({ lead, size: count(lead) }));
    const narrowest = sized.sort((a, b) => a.size - b.size)[0];
    if (narrowest === undefined || narrowest.size >= bounds.countedRuns) return byColumns(filter, limit);
    if (narrowest.lead.column === "status") return byStatus(filter, limit);
    return byIndex(filter, { lead: narrowest.lead, limit });
  };
}

function isCreated(row: { readonly created_at_ms: number }, { created }: RunFilter): boolean {
  return created === null || (row.created_at_ms >= created.afterMs && row.created_at_ms <= created.beforeMs);
}

function isOfStatus(row: { readonly status: RunStatus }, { statuses }: RunFilter): boolean {
  return statuses.length === 0 || statuses.includes(row.status);
}

function indexOf(lead: Lead, value: string | number): string {
  return lead.column === "status" ? STATUS_INDEXES[value as RunStatus] : FACET_INDEXES[lead.column];
}

/** What the lead leaves open, as conditions on the row. */
function restOf(filter: RunFilter, lead: Lead | null): { readonly sql: string; readonly values: readonly unknown[] } {
  const parts: string[] = [];
  const values: unknown[] = [];
  if (filter.created !== null) {
    parts.push("created_at_ms >= ? AND created_at_ms <= ?");
    values.push(filter.created.afterMs, filter.created.beforeMs);
  }
  for (const facet of filter.facets) {
    if (facet.column === lead?.column) continue;
    if (facet.column === "tag_set_id" && facet.values === null) {
      parts.push(
        "EXISTS (SELECT 1 FROM tag_set_tags t WHERE t.tag_set_id = runs.tag_set_id AND t.key = ? AND t.value = ?)",
      );
      values.push(...facet.tag);
    } else {
      parts.push(`${facet.column} IN (SELECT value FROM json_each(?))`);
      values.push(JSON.stringify(facet.values));
    }
  }
  if (filter.statuses.length > 0 && lead?.column !== "status") {
    parts.push("status IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(filter.statuses));
  }
  return { sql: parts.map((part) => ` AND ${part}`).join(""), values };
}
