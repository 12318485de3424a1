import { EngineError } from "../../core/errors.ts";
import { type RunStatus, runStatuses } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import type { PageRequest } from "./page.ts";
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
  /** In the id, job, partition, reason or error, whatever its case. */
  readonly text?: string | undefined;
  readonly createdAfterMs?: number | undefined;
  readonly createdBeforeMs?: number | undefined;
}

/** What never changes about a run, and what it has to be. */
export type Facet =
  | { readonly column: "job"; readonly values: readonly string[] }
  | { readonly column: "backfill_id" | "partition_id" | "asset_set_id"; readonly values: readonly number[] }
  /** `values` are the tag sets that have the tag; null: too many to name. */
  | { readonly column: "tag_set_id"; readonly values: readonly number[] | null; readonly tag: Tag };

export type Tag = readonly [key: string, value: string];

export interface RunFilter {
  readonly facets: readonly Facet[];
  /** Empty: all. */
  readonly statuses: readonly RunStatus[];
  /** `fromId <= id < belowId`: where runs of the asked time are. */
  readonly fromId: number;
  readonly belowId: number;
  /** Whether the time has to be compared besides: ids follow it but for a clock that was set back. */
  readonly created: { readonly afterMs: number; readonly beforeMs: number } | null;
}

/** More values than this are not merged from an index each. */
export const MAX_MERGED_VALUES = 500;

/** Reads what a request asks for. Throws `invalid_request` on a tag or a status that is none. */
export function runFilterReader(db: Connection): (params: ListRunsParams, before: number) => RunFilter {
  const backfill = db.prepare<[string], number>("SELECT id FROM backfills WHERE uid = ?").pluck();
  const partitions = db
    .prepare<[string], number>(
      "SELECT p.id FROM partition_sets s CROSS JOIN partitions p ON p.set_id = s.id AND p.key = ?",
    )
    .pluck();
  const assetSets = db.prepare<[string], number>("SELECT asset_set_id FROM asset_set_assets WHERE asset = ?").pluck();
  const tagSets = db
    .prepare<[string, string], number>(
      `SELECT tag_set_id FROM tag_set_tags WHERE key = ? AND value = ? LIMIT ${MAX_MERGED_VALUES + 1}`,
    )
    .pluck();
  const firstIdAt = idByTime(db);
  const facetsOf = (params: ListRunsParams): readonly Facet[] => {
    const facets: Facet[] = [];
    if (params.backfill !== undefined) facets.push({ column: "backfill_id", values: backfill.all(params.backfill) });
    if (params.partition !== undefined) {
      facets.push({ column: "partition_id", values: partitions.all(params.partition) });
    }
    if (params.asset !== undefined) facets.push({ column: "asset_set_id", values: assetSets.all(params.asset) });
    if (params.tag !== undefined) {
      const tag = parseTag(params.tag);
      const values = tagSets.all(...tag);
      facets.push({ column: "tag_set_id", values: values.length > MAX_MERGED_VALUES ? null : values, tag });
    }
    if (params.job !== undefined) facets.push({ column: "job", values: [params.job] });
    return facets;
  };
  return (params, before) => {
    const { createdAfterMs, createdBeforeMs } = params;
    const isTimed = createdAfterMs !== undefined || createdBeforeMs !== undefined;
    return {
      facets: facetsOf(params),
      statuses: [...new Set(params.status)].map(checkStatus),
      fromId: createdAfterMs === undefined ? 0 : firstIdAt(createdAfterMs),
      belowId: createdBeforeMs === undefined ? before : Math.min(before, firstIdAt(createdBeforeMs + 1)),
      created: isTimed
        ? {
            afterMs: createdAfterMs ?? Number.MIN_SAFE_INTEGER,
            beforeMs: createdBeforeMs ?? Number.MAX_SAFE_INTEGER,
          }
        : null,
    };
  };
}

function parseTag(tag: string): Tag {
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
