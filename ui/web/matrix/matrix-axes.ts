import type { Search } from "../app/navigation.ts";
import type { MatrixQuery } from "./use-matrix.ts";

/** Which dimensions make the rows and columns, and at which keys the others are held, as the address tells it. */
export interface MatrixAxes {
  readonly rows: string;
  readonly columns: string;
  /** Of the dimensions that make neither, in the set's order; "": every key. */
  readonly others: readonly { readonly dimension: string; readonly key: string }[];
}

/** The first two dimensions of a set, unless the address says others: `rows`, `columns`, and `where=dimension=key`. */
export function axesOf(search: URLSearchParams, dimensions: readonly string[]): MatrixAxes {
  const named = (name: string): string | undefined => dimensions.find((one) => one === search.get(name));
  const asked = { rows: named("rows"), columns: named("columns") };
  const rows = asked.rows ?? dimensions.find((one) => one !== asked.columns) ?? "";
  const columns =
    asked.columns === undefined || asked.columns === rows
      ? (dimensions.find((one) => one !== rows) ?? "")
      : asked.columns;
  const keys = new Map(search.getAll("where").map((text) => splitAt(text, text.indexOf("="))));
  const others = dimensions.filter((one) => one !== rows && one !== columns);
  return { rows, columns, others: others.map((dimension) => ({ dimension, key: keys.get(dimension) ?? "" })) };
}

/** What the address says, as far as it says anything: the engine refuses what is wrong with it. */
export function queryOf(search: URLSearchParams): MatrixQuery {
  const where = search.getAll("where");
  return {
    rows: search.get("rows") ?? undefined,
    columns: search.get("columns") ?? undefined,
    where: where.length === 0 ? undefined : where,
  };
}

/** Another dimension on one side; the one that was there takes its place. */
export function withAxis(axes: MatrixAxes, side: "rows" | "columns", dimension: string): MatrixAxes {
  const before = axes[side];
  const other = side === "rows" ? "columns" : "rows";
  if (dimension === axes[other]) return { ...axes, [side]: dimension, [other]: before };
  const others = axes.others.map((one) => (one.dimension === dimension ? { dimension: before, key: "" } : one));
  return { ...axes, [side]: dimension, others };
}

/** Changes of the address; what was chosen of the rows, columns and cells before holds no more. */
export function searchOf({ rows, columns, others }: MatrixAxes): Search {
  const where = others.flatMap(({ dimension, key }) => (key === "" ? [] : [`${dimension}=${key}`]));
  return { rows, columns, where, row: undefined, column: undefined, select: undefined };
}

function splitAt(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}
