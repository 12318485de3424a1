import { EngineError } from "../../core/errors.ts";
import { type PartitionWord, partitionWords } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { type AssetPartitionSummaryRow, assetPartitionReader } from "../tables/asset-partition-summaries.ts";
import type { AssetRow } from "../tables/materializations.ts";
import { keysByWord } from "./keys-by-word.ts";
import { keyRange } from "./key-range.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListAssetPartitionsParams extends PageRequest {
  readonly assetId: number;
  /** Default: the active ones. */
  readonly status?: PartitionWord | undefined;
  readonly prefix?: string | undefined;
}

/** An asset's partitions in key order. */
export function listAssetPartitions(
  db: Connection,
  cursors: Cursors,
): (params: ListAssetPartitionsParams) => RowPage<AssetPartitionSummaryRow> {
  const asset = db.prepare<[number], AssetRow & { readonly active: number }>(
    "SELECT a.*, s.active FROM assets a JOIN partition_sets s ON s.id = a.set_id WHERE a.id = ?",
  );
  const keysOf = keysByWord(db);
  const read = assetPartitionReader(db);
  return (params) => {
    const limit = pageLimit(params);
    const range = keyRange({ prefix: params.prefix, after: cursors.text("asset partitions", params) });
    const row = asset.get(params.assetId);
    if (row === undefined) throw new EngineError("not_found", `there is no asset of the id ${params.assetId}`);
    const keys = keysOf({ asset: row, word: checkWord(params.status), range, limit: limit + 1 });
    const page = pageOf(keys, { limit, cursorAfter: (last) => cursors.encode("asset partitions", last.key) });
    return { items: page.items.map((key) => read(row.id, key)), nextCursor: page.nextCursor };
  };
}

function checkWord(word: PartitionWord | undefined): PartitionWord | null {
  if (word === undefined || partitionWords.includes(word)) return word ?? null;
  throw new EngineError(
    "invalid_request",
    `${JSON.stringify(word)} is no status of a partition; expected ${partitionWords.join(", ")}`,
  );
}
