import { EngineError } from "../../core/errors.ts";
import { type RunStatus, runStatuses } from "../../core/states.ts";
import type { Connection, Statement } from "../database.ts";
import { type RunSummaryRow, runSummaries } from "../tables/run-summaries.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";
import { idByTime } from "./run-times.ts";

export interface ListRunsParams extends PageRequest {
  readonly status?: readonly RunStatus[] | undefined;
  readonly job?: string | undefined;
  readonly asset?: string | undefined;
  /** The key of the run's own partition, whatever its set. */
  readonly partition?: string | undefined;
  /** `key=value`. */
  readonly tag?: string | undefined;
  readonly backfill?: string | undefined;
  readonly createdAfterMs?: number | undefined;
  readonly createdBeforeMs?: number | undefined;
}

/** A filter as the values that one column may have, each the head of an index that ends in the run's id. */
interface Facet {
  readonly column: "backfill_id" | "partition_id" | "asset_set_id" | "tag_set_id" | "job" | "status";
  readonly values: readonly (string | number)[];
}

/** More values than this are filtered row by row instead of being merged from an index each. */
const MAX_MERGED_VALUES = 500;

/** How far runs are counted to find which filter leaves the fewest. */
const MAX_COUNTED_RUNS = 2000;

const INDEXES: Readonly<Record<Facet["column"], string>> = {
  backfill_id: "INDEXED BY runs_by_backfill WHERE backfill_id IS NOT NULL AND",
  partition_id: "INDEXED BY runs_by_partition WHERE partition_id <> 0 AND",
  asset_set_id: "INDEXED BY runs_by_asset_set WHERE",
  tag_set_id: "INDEXED BY runs_by_tag_set WHERE",
  job: "INDEXED BY runs_by_job WHERE",
  status: "WHERE",
};

/** SQLite takes a partial index only where its own condition is spelled out. */
const STATUS_INDEXES: Readonly<Record<RunStatus, string>> = {
  queued: "INDEXED BY runs_queued WHERE status = 'queued' AND",
  starting: "INDEXED BY runs_live WHERE status IN ('starting', 'running', 'canceling') AND",
  running: "INDEXED BY runs_live WHERE status IN ('starting', 'running', 'canceling') AND",
  canceling: "INDEXED BY runs_live WHERE status IN ('starting', 'running', 'canceling') AND",
  succeeded: "INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled') AND",
  failed: "INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled') AND",
  canceled: "INDEXED BY runs_ended WHERE status IN ('succeeded', 'failed', 'canceled') AND",
};

/** Runs, newest first. */
export function listRuns(db: Connection, cursors: Cursors): (params: ListRunsParams) => RowPage<RunSummaryRow> {
  const summaries = runSummaries(db);
  const facetsOf = facetReader(db);
  const firstIdAt = idByTime(db);
  const narrowest = (candidates: readonly Facet[]): Facet | undefined => {
    if (candidates.length < 2) return candidates[0];
    const sized = candidates.map((facet) => {
      let size = 0;
      for (const value of facet.values) {
        if (size >= MAX_COUNTED_RUNS) break;
        const head = `SELECT 1 FROM runs ${leadingIndex(facet, value)} ${facet.column} = ? LIMIT ${MAX_COUNTED_RUNS}`;
        size += statement(`SELECT count(*) AS id FROM (${head})`).get(value)?.id ?? 0;
      }
      return { facet, size };
    });
    return sized.sort((a, b) => a.size - b.size)[0]?.facet;
  };
  const statements = new Map<string, Statement<unknown[], { id: number }>>();
  const statement = (text: string): Statement<unknown[], { id: number }> => {
    const known = statements.get(text) ?? db.prepare<unknown[], { id: number }>(text);
    statements.set(text, known);
    return known;
  };
  return (params) => {
    const limit = pageLimit(params);
    const before = cursors.number("runs", params) ?? Number.MAX_SAFE_INTEGER;
    const facets = facetsOf(params);
    if (facets.some((facet) => facet.values.length === 0)) return { items: [], nextCursor: null };
    const afterMs = params.createdAfterMs ?? null;
    const beforeMs = params.createdBeforeMs ?? null;
    const bounds = [
      afterMs === null ? 0 : firstIdAt(afterMs),
      beforeMs === null ? before : Math.min(before, firstIdAt(beforeMs + 1)),
      afterMs ?? Number.MIN_SAFE_INTEGER,
      beforeMs ?? Number.MAX_SAFE_INTEGER,
    ];
    const leading = narrowest(facets.filter((facet) => facet.values.length <= MAX_MERGED_VALUES));
    const rest = facets.filter((facet) => facet !== leading);
    const conditions = [
      "id >= ? AND id < ? AND created_at_ms >= ? AND created_at_ms <= ?",
      ...rest.map((facet) => `${facet.column} IN (SELECT value FROM json_each(?))`),
    ].join(" AND ");
    const filters = [...bounds, ...rest.map((facet) => JSON.stringify(facet.values)), limit + 1];
    const tail = `${conditions} ORDER BY id DESC LIMIT ?`;
    const ids =
      leading === undefined
        ? statement(`SELECT id FROM runs WHERE ${tail}`).all(...filters)
        : leading.values.flatMap((value) =>
            statement(`SELECT id FROM runs ${leadingIndex(leading, value)} ${leading.column} = ? AND ${tail}`).all(
              value,
              ...filters,
            ),
          );
    const newest = ids.map((row) => row.id).sort((a, b) => b - a);
    const page = pageOf(newest.slice(0, limit + 1), { limit, cursorAfter: (id) => cursors.encode("runs", id) });
    return { items: summaries(page.items), nextCursor: page.nextCursor };
  };
}

function leadingIndex(facet: Facet, value: string | number): string {
  return facet.column === "status" ? STATUS_INDEXES[value as RunStatus] : INDEXES[facet.column];
}

function facetReader(db: Connection): (params: ListRunsParams) => readonly Facet[] {
  const backfill = db.prepare<[string], number>("SELECT id FROM backfills WHERE uid = ?").pluck();
  const partitions = db
    .prepare<[string], number>(
      "SELECT p.id FROM partition_sets s CROSS JOIN partitions p ON p.set_id = s.id AND p.key = ?",
    )
    .pluck();
  const assetSets = db.prepare<[string], number>("SELECT asset_set_id FROM asset_set_assets WHERE asset = ?").pluck();
  const tagSets = db
    .prepare<[string, string], number>("SELECT tag_set_id FROM tag_set_tags WHERE key = ? AND value = ?")
    .pluck();
  return (params) => {
    const facets: Facet[] = [];
    if (params.backfill !== undefined) facets.push({ column: "backfill_id", values: backfill.all(params.backfill) });
    if (params.partition !== undefined) {
      facets.push({ column: "partition_id", values: partitions.all(params.partition) });
    }
    if (params.asset !== undefined) facets.push({ column: "asset_set_id", values: assetSets.all(params.asset) });
    if (params.tag !== undefined) facets.push({ column: "tag_set_id", values: tagSets.all(...parseTag(params.tag)) });
    if (params.job !== undefined) facets.push({ column: "job", values: [params.job] });
    const statuses = [...new Set(params.status)];
    if (statuses.length > 0) facets.push({ column: "status", values: statuses.map(checkStatus) });
    return facets;
  };
}

function parseTag(tag: string): [string, string] {
  const at = tag.indexOf("=");
  if (at < 1) throw new EngineError("invalid_request", `the tag ${JSON.stringify(tag)} is not of the form key=value`);
  return [tag.slice(0, at), tag.slice(at + 1)];
}

function checkStatus(status: RunStatus): RunStatus {
  if (runStatuses.includes(status)) return status;
  throw new EngineError(
    "invalid_request",
    `${JSON.stringify(status)} is no status of a run; expected ${runStatuses.join(", ")}`,
  );
}
