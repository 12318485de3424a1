import type { Connection } from "../database.ts";
import { MATERIALIZATION_SUMMARY, type MaterializationSummaryRow } from "../tables/materialization-summaries.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListMaterializationsParams extends PageRequest {
  readonly assetId: number;
  readonly partitionId?: number | undefined;
}

/** An asset's materializations, newest first. */
export function listMaterializations(
  db: Connection,
  cursors: Cursors,
): (params: ListMaterializationsParams) => RowPage<MaterializationSummaryRow> {
  const ofAsset = db.prepare<[number, number, number], MaterializationSummaryRow>(
    `SELECT ${MATERIALIZATION_SUMMARY} FROM materializations m INDEXED BY materializations_by_asset ` +
      "WHERE m.asset_id = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?",
  );
  const ofPartition = db.prepare<[number, number, number, number], MaterializationSummaryRow>(
    `SELECT ${MATERIALIZATION_SUMMARY} FROM materializations m INDEXED BY materializations_by_partition ` +
      "WHERE m.asset_id = ? AND m.partition_id = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?",
  );
  return (params) => {
    const limit = pageLimit(params);
    const before = cursors.number("materializations", params) ?? Number.MAX_SAFE_INTEGER;
    const rows =
      params.partitionId === undefined
        ? ofAsset.all(params.assetId, before, limit + 1)
        : ofPartition.all(params.assetId, params.partitionId, before, limit + 1);
    return pageOf(rows, { limit, cursorAfter: (last) => cursors.encode("materializations", last.id) });
  };
}
