import type { Asset } from "../../core/assets.ts";
import { EngineError } from "../../core/errors.ts";
import type { Dimension } from "../../core/partitions.ts";
import { matrixWords } from "../../store/reader/matrix.ts";
import type { Store } from "../../store/store.ts";
import type { EngineQueries } from "../operations.ts";
import type { MatrixView } from "../views.ts";

type MatrixParams = Parameters<EngineQueries["matrix"]>[1];

/** Throws `invalid_request` for an asset without partitions, and for a dimension that its set has not. */
export async function matrixView(asset: Asset, params: MatrixParams, { reader, tables }: Store): Promise<MatrixView> {
  const set = asset.partitions;
  if (set === null) throw new EngineError("invalid_request", `"${asset.key}" has no partitions`);
  const rows = dimensionAt(asset, { dimensions: set.dimensions, name: params.rows, fallback: 0 });
  const isPlain = set.dimensions.length === 1;
  const fallback = rows === 0 ? 1 : 0;
  const columns = isPlain ? null : dimensionAt(asset, { dimensions: set.dimensions, name: params.columns, fallback });
  if (rows === columns) throw new EngineError("invalid_request", "rows and columns are different dimensions");
  const base = (at: number) => ({ dimension: at, setId: tables.partitions.setId(set.dimensions[at]?.set ?? set.name) });
  const matrix = await reader.query("matrix", {
    assetId: tables.materializations.assetId(asset.key),
    setId: tables.partitions.setId(set.name),
    rows: isPlain ? { dimension: 0, setId: tables.partitions.setId(set.name) } : base(rows),
    columns: columns === null ? null : base(columns),
    prefix: params.prefix,
    cursor: params.cursor,
  });
  return {
    rowDimension: set.dimensions[rows]?.name ?? set.name,
    columnDimension: columns === null ? null : (set.dimensions[columns]?.name ?? null),
    words: matrixWords,
    ...matrix,
  };
}

interface DimensionParams {
  readonly dimensions: readonly Dimension[];
  readonly name: string | undefined;
  readonly fallback: number;
}

function dimensionAt(asset: Asset, { dimensions, name, fallback }: DimensionParams): number {
  if (name === undefined) return fallback;
  const at = dimensions.findIndex((dimension) => dimension.name === name);
  if (at >= 0) return at;
  const known = dimensions.map((dimension) => dimension.name).join(", ");
  throw new EngineError("invalid_request", `"${asset.key}" has no dimension ${JSON.stringify(name)}; it has ${known}`);
}
