import type { PartitionWord } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { type ActiveKeys, allActiveKeys, readActiveKeys } from "./active-keys.ts";
import { type MatrixCells, packCells } from "./matrix-cells.ts";
import type { Cursors, PageRequest } from "./page.ts";

export interface ReadMatrixParams extends Omit<PageRequest, "limit"> {
  readonly assetId: number;
  readonly setId: number;
  /**
   * The dimensions whose keys are the rows and the columns, by their index; columns null: a set of one dimension, whose
   * keys are the rows.
   */
  readonly rows: { readonly dimension: number; readonly setId: number };
  readonly columns: { readonly dimension: number; readonly setId: number } | null;
  /** Only partitions with these keys in other dimensions. */
  readonly fixed: readonly { readonly dimension: number; readonly partId: number }[];
}

/** A page of a matrix: the first ones tell its keys, the others its cells; one may do both. */
export interface Matrix {
  readonly columns: ActiveKeys;
  readonly rows: ActiveKeys;
  readonly cells: MatrixCells;
  readonly nextCursor: string | null;
}

/** How words are spelled in a cell. */
export const matrixWords = ["running", "failed", "missing", "materialized"] as const satisfies readonly PartitionWord[];

const MISSING = matrixWords.indexOf("missing");

const PAGE_ROWS = 5000;
/** Partitions that are looked at together. */
const WINDOW = 2500;
/**
 * How much a page may cost, in cells: some 15 ms of the reader's time, on a slow machine 30. One that is passed over costs
 * a tenth.
 */
const PAGE_COST = 10_000;
const PASSED_COST = 0.1;

/** `[row, column, word, at]`; `at` in s since the epoch. */
export type CellRow = readonly [row: number, column: number, word: number, at: number];

/**
 * An asset's partitions as a matrix. Its cells come in the order in which partitions were added: read so, they lie side by
 * side in the database, which is several times faster than row by row.
 */
export function readMatrix(db: Connection, cursors: Cursors): (params: ReadMatrixParams) => Matrix {
  const keys = readActiveKeys(db);
  const columnsOf = allActiveKeys(db);
  const newest = db.prepare<[], number>("SELECT coalesce(max(id), 0) FROM partitions").pluck();
  const cellsOf = cellReader(db);

  const cells = (params: ReadMatrixParams, after: number): Pick<Matrix, "cells" | "nextCursor"> => {
    const last = newest.get() ?? 0;
    const found: CellRow[] = [];
    let id = after;
    for (let cost = 0; cost < PAGE_COST && id < last; id += WINDOW) {
      const window = cellsOf(params, { after: id, upTo: id + WINDOW });
      found.push(...window);
      cost += window.length + WINDOW * PASSED_COST;
    }
    return { cells: packCells(found), nextCursor: id < last ? cursors.encode("matrix", `cells ${id}`) : null };
  };

  return (params) => {
    const [phase, at] = placeOf(cursors.text("matrix", params));
    if (phase === "cells") return { columns: none, rows: none, ...cells(params, Number(at)) };
    const columns = params.columns === null || at !== null ? none : columnsOf(params.columns.setId);
    const rows = keys({ setId: params.rows.setId, after: at, limit: PAGE_ROWS });
    const last = rows.keys.at(-1);
    if (rows.keys.length < PAGE_ROWS || last === undefined) return { columns, rows, ...cells(params, 0) };
    return { columns, rows, cells: packCells([]), nextCursor: cursors.encode("matrix", `rows ${last}`) };
  };
}

const none: ActiveKeys = Object.freeze({ keys: [], numbers: [] });

/** Where a page begins: after a key of the rows, or after the id of a partition. */
function placeOf(position: string | null): readonly [phase: "rows" | "cells", after: string | null] {
  if (position === null) return ["rows", null];
  const space = position.indexOf(" ");
  const phase = position.slice(0, space) === "cells" ? "cells" : "rows";
  return [phase, position.slice(space + 1)];
}

interface Window {
  readonly after: number;
  readonly upTo: number;
}

const FIXED =
  "AND EXISTS (SELECT 1 FROM partition_parts f WHERE f.partition_id = r.partition_id AND f.dimension = ? AND f.part_id = ?)";

/** Reads the cells of the active partitions within a window of ids. */
function cellReader(db: Connection): (params: ReadMatrixParams, window: Window) => readonly CellRow[] {
  const facts =
    `CASE a.word ${matrixWords.map((word, code) => `WHEN '${word}' THEN ${code}`).join(" ")} ELSE ${MISSING} END, ` +
    "max(coalesce(a.materialized_at_ms, 0), coalesce(a.failed_at_ms, 0)) / 1000";
  const single = db
    .prepare<[number, number, number, number], CellRow>(
      `SELECT p.id, 0, ${facts} FROM partitions p ` +
        "LEFT JOIN asset_partitions a ON a.asset_id = ? AND a.partition_id = p.id " +
        "WHERE p.id > ? AND p.id <= ? AND p.set_id = ? AND p.state = 'active'",
    )
    .raw();
  const products = new Map<number, ReturnType<typeof product>>();
  const product = (fixed: number) =>
    db
      .prepare<unknown[], CellRow>(
        `SELECT r.part_id, c.part_id, ${facts} FROM partition_parts r ` +
          "CROSS JOIN partitions p ON p.id = r.partition_id AND p.set_id = ? AND p.state = 'active' " +
          "CROSS JOIN partition_parts c ON c.partition_id = r.partition_id AND c.dimension = ? " +
          "LEFT JOIN asset_partitions a ON a.asset_id = ? AND a.partition_id = r.partition_id " +
          `WHERE r.partition_id > ? AND r.partition_id <= ? AND r.dimension = ? ${FIXED.repeat(fixed)}`,
      )
      .raw();
  return ({ assetId, setId, rows, columns, fixed }, { after, upTo }) => {
    if (columns === null) return single.all(assetId, after, upTo, setId);
    const statement = products.get(fixed.length) ?? product(fixed.length);
    products.set(fixed.length, statement);
    const chosen = fixed.flatMap(({ dimension, partId }) => [dimension, partId]);
    return statement.all(setId, columns.dimension, assetId, after, upTo, rows.dimension, ...chosen);
  };
}
