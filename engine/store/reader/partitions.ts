import { EngineError } from "../../core/errors.ts";
import type { Connection } from "../database.ts";
import type { PartitionRow } from "../tables/partitions.ts";
import { keyRange } from "./key-range.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListPartitionKeysParams extends PageRequest {
  readonly setId: number;
  /** Default: both. */
  readonly state?: "active" | "retired" | undefined;
  readonly prefix?: string | undefined;
}

/** A set's keys in their order. */
export function listPartitionKeys(
  db: Connection,
  cursors: Cursors,
): (params: ListPartitionKeysParams) => RowPage<PartitionRow> {
  const range = "key >= ? AND key < ? ORDER BY key LIMIT ?";
  const all = db.prepare<unknown[], PartitionRow>(`SELECT * FROM partitions WHERE set_id = ? AND ${range}`);
  const ofState = db.prepare<unknown[], PartitionRow>(
    `SELECT * FROM partitions INDEXED BY partitions_by_state WHERE set_id = ? AND state = ? AND ${range}`,
  );
  return (params) => {
    const limit = pageLimit(params);
    const { from, below } = keyRange({ prefix: params.prefix, after: cursors.text("partition keys", params) });
    const bounds = [from, below, limit + 1];
    const rows =
      params.state === undefined
        ? all.all(params.setId, ...bounds)
        : ofState.all(params.setId, checkState(params.state), ...bounds);
    return pageOf(rows, { limit, cursorAfter: (last) => cursors.encode("partition keys", last.key) });
  };
}

function checkState(state: string): string {
  if (state === "active" || state === "retired") return state;
  throw new EngineError("invalid_request", `${JSON.stringify(state)} is no state of a key; expected active or retired`);
}
