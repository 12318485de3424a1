import type { Asset } from "../../core/assets.ts";
import { EngineError } from "../../core/errors.ts";
import type { Dimension } from "../../core/partitions.ts";
import { matrixWords } from "../../store/reader/matrix.ts";
import type { Store } from "../../store/store.ts";
import type { EngineQueries } from "../operations.ts";
import type { MatrixView } from "../views.ts";

type MatrixParams = Parameters<EngineQueries["matrix"]>[1];

/**
 * Throws `invalid_request` for an asset without partitions, for a dimension that its set has not, and for a key that the
 * dimension has not.
 */
export async function matrixView(asset: Asset, params: MatrixParams, { reader, tables }: Store): Promise<MatrixView> {
  const set = asset.partitions;
  if (set === null) throw new EngineError("invalid_request", `"${asset.key}" has no partitions`);
  const axes = axesOf(asset, { ...params, dimensions: set.dimensions });
  const isPlain = set.dimensions.length === 1;
  const base = (at: number) => ({ dimension: at, setId: tables.partitions.setId(set.dimensions[at]?.set ?? set.name) });
  const fixed = [...axes.fixed].map(([at, key]) => {
    const found = tables.partitions.find(set.dimensions[at]?.set ?? set.name, key);
    if (found !== undefined) return { dimension: at, partId: found.id };
    const name = set.dimensions[at]?.name ?? "";
    throw new EngineError("invalid_request", `the dimension "${name}" has no key ${JSON.stringify(key)}`);
  });
  const matrix = await reader.query("matrix", {
    assetId: tables.materializations.assetId(asset.key),
    setId: tables.partitions.setId(set.name),
    rows: isPlain ? { dimension: 0, setId: tables.partitions.setId(set.name) } : base(axes.rows),
    columns: axes.columns === null ? null : base(axes.columns),
    fixed,
    cursor: params.cursor,
  });
  return {
    rowDimension: set.dimensions[axes.rows]?.name ?? set.name,
    columnDimension: axes.columns === null ? null : (set.dimensions[axes.columns]?.name ?? null),
    others: set.dimensions.flatMap(({ name }, at) =>
      at === axes.rows || at === axes.columns ? [] : [{ dimension: name, key: axes.fixed.get(at) ?? null }],
    ),
    words: matrixWords,
    ...matrix,
  };
}

interface Axes {
  readonly rows: number;
  readonly columns: number | null;
  /** Keys by the dimension that they are of. */
  readonly fixed: ReadonlyMap<number, string>;
}

function axesOf(asset: Asset, params: MatrixParams & { readonly dimensions: readonly Dimension[] }): Axes {
  const { dimensions } = params;
  const isPlain = dimensions.length === 1;
  const named = (name: string): number => dimensionAt(asset, { dimensions, name });
  const asked = { rows: params.rows, columns: isPlain ? undefined : params.columns };
  const free = (other: number | null): number => (other === 0 ? 1 : 0);
  const columnsAsked = asked.columns === undefined ? null : named(asked.columns);
  const rows = asked.rows === undefined ? free(columnsAsked) : named(asked.rows);
  const columns = isPlain ? null : (columnsAsked ?? free(rows));
  if (rows === columns) throw new EngineError("invalid_request", "rows and columns are different dimensions");
  const fixed = new Map(
    (params.where ?? []).map((text) => {
      const end = text.indexOf("=");
      if (end < 0) throw new EngineError("invalid_request", `"${text}" is no dimension=key`);
      const at = named(text.slice(0, end));
      if (at !== rows && at !== columns) return [at, text.slice(end + 1)];
      throw new EngineError("invalid_request", `"${text.slice(0, end)}" makes the rows or columns already`);
    }),
  );
  return { rows, columns, fixed };
}

interface DimensionParams {
  readonly dimensions: readonly Dimension[];
  readonly name: string;
}

export function dimensionAt(asset: Asset, { dimensions, name }: DimensionParams): number {
  const at = dimensions.findIndex((dimension) => dimension.name === name);
  if (at >= 0) return at;
  const known = dimensions.map((dimension) => dimension.name).join(", ");
  throw new EngineError("invalid_request", `"${asset.key}" has no dimension ${JSON.stringify(name)}; it has ${known}`);
}
