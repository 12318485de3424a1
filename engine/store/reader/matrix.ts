import { EngineError } from "../../core/errors.ts";
import type { PartitionWord } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { keyRange } from "./key-range.ts";
import type { Cursors, PageRequest, RowPage } from "./page.ts";

export interface ReadMatrixParams extends Omit<PageRequest, "limit"> {
  readonly assetId: number;
  readonly setId: number;
  /**
   * The dimensions whose keys are the rows and the columns, by their index; columns null: a set of one dimension, whose
   * keys are the rows.
   */
  readonly rows: { readonly dimension: number; readonly setId: number };
  readonly columns: { readonly dimension: number; readonly setId: number } | null;
  readonly prefix?: string | undefined;
}

/** A row of the matrix: its key, and `[column, word, at]` of each active pair, flat. */
export interface MatrixRow {
  readonly key: string;
  /** `column` counts from 0 in `columns`, `word` in `matrixWords`; `at`: s since the epoch, 0 for never. */
  readonly cells: readonly number[];
}

export interface Matrix extends RowPage<MatrixRow> {
  readonly columns: readonly string[];
}

/** How words are spelled in a cell; where several partitions fall into one cell, the first that occurs stands for all. */
export const matrixWords = ["running", "failed", "missing", "materialized"] as const satisfies readonly PartitionWord[];

/** Cells on a page, about: some 10 ms of the reader's time. */
const PAGE_CELLS = 3000;
const PAGE_ROWS = 2000;
export const MAX_MATRIX_COLUMNS = 5000;

interface CellRow {
  readonly column_id: number;
  readonly word: PartitionWord;
  readonly at_ms: number | null;
}

const NEVER_TOUCHED: CellRow = { column_id: 0, word: "missing", at_ms: null };

interface KeyRow {
  readonly id: number;
  readonly key: string;
}

/** An asset's partitions as a matrix, a page of whole rows in key order. */
export function readMatrix(db: Connection, cursors: Cursors): (params: ReadMatrixParams) => Matrix {
  const keys = db.prepare<unknown[], KeyRow>(
    "SELECT id, key FROM partitions INDEXED BY partitions_by_state WHERE set_id = ? AND state = 'active' " +
      "AND key >= ? AND key < ? ORDER BY key LIMIT ?",
  );
  const facts =
    "coalesce(a.word, 'missing') AS word, max(coalesce(a.materialized_at_ms, 0), coalesce(a.failed_at_ms, 0)) AS at_ms";
  const pairs = db.prepare<[number, number, number, number, number], CellRow>(
    `SELECT c.part_id AS column_id, ${facts} FROM partition_parts r ` +
      "CROSS JOIN partitions p ON p.id = r.partition_id AND p.set_id = ? AND p.state = 'active' " +
      "CROSS JOIN partition_parts c ON c.partition_id = r.partition_id AND c.dimension = ? " +
      "LEFT JOIN asset_partitions a ON a.asset_id = ? AND a.partition_id = r.partition_id " +
      "WHERE r.part_id = ? AND r.dimension = ?",
  );
  const single = db.prepare<[number, number], CellRow>(
    `SELECT 0 AS column_id, ${facts} FROM asset_partitions a WHERE a.asset_id = ? AND a.partition_id = ?`,
  );

  const all = keyRange({ after: null });
  const columnsOf = (setId: number): readonly KeyRow[] => {
    const found = keys.all(setId, all.from, all.below, MAX_MATRIX_COLUMNS + 1);
    if (found.length <= MAX_MATRIX_COLUMNS) return found;
    throw new EngineError("too_large", `a matrix of over ${MAX_MATRIX_COLUMNS} columns; choose another dimension`);
  };

  return (params) => {
    const { assetId, setId, rows, columns } = params;
    const columnKeys = columns === null ? [] : columnsOf(columns.setId);
    const places = new Map(columnKeys.map(({ id }, at) => [id, at]));
    const { from, below } = keyRange({ prefix: params.prefix, after: cursors.text("matrix", params) });
    const rowKeys = keys.all(rows.setId, from, below, PAGE_ROWS + 1);
    const items: MatrixRow[] = [];
    let cells = 0;
    for (const { id, key } of rowKeys.slice(0, PAGE_ROWS)) {
      if (cells >= PAGE_CELLS) break;
      const found =
        columns === null
          ? [single.get(assetId, id) ?? NEVER_TOUCHED]
          : pairs.all(setId, columns.dimension, assetId, id, rows.dimension);
      items.push({ key, cells: flatCells(found, columns === null ? null : places) });
      cells += found.length + 1;
    }
    const last = items.at(-1);
    const isLast = items.length === rowKeys.length || last === undefined;
    return {
      columns: columnKeys.map(({ key }) => key),
      items,
      nextCursor: isLast ? null : cursors.encode("matrix", last.key),
    };
  };
}

/** `places` null: there is one column. A column that is retired has no place, though its pair may still be active. */
function flatCells(found: readonly CellRow[], places: ReadonlyMap<number, number> | null): number[] {
  const cells = new Map<number, { word: number; atMs: number }>();
  for (const { column_id: id, word, at_ms: atMs } of found) {
    const place = places === null ? 0 : places.get(id);
    const code = matrixWords.findIndex((known) => known === word);
    if (place === undefined || code < 0) continue;
    const before = cells.get(place);
    const isFirst = before === undefined;
    cells.set(place, {
      word: isFirst ? code : Math.min(before.word, code),
      atMs: Math.max(before?.atMs ?? 0, atMs ?? 0),
    });
  }
  return [...cells].flatMap(([place, { word, atMs }]) => [place, word, Math.floor(atMs / 1000)]);
}
