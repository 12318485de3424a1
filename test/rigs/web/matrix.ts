import type { MatrixView } from "../../../engine/operate.ts";
import type { CellRow } from "../../../engine/store/reader/matrix.ts";
import { packCells } from "../../../engine/store/reader/matrix-cells.ts";
import { MatrixData } from "../../../ui/web/matrix/matrix-data.ts";
import type { MatrixFilter } from "../../../ui/web/matrix/matrix-order.ts";

/** Lets everything through, by name. */
export const everything: MatrixFilter = { sort: "name", text: "", words: [], row: "", column: "" };

const letters = "RF-M";
/** Numbers say nothing of places. */
const FIRST_ROW = 700;
const FIRST_COLUMN = 40;

/**
 * A matrix drawn as text: a row's cells are `R` running, `F` failed, `-` missing, `M` materialized, `.` no such pair. Each
 * row comes on a page of its own, after all keys.
 */
export function matrixOf(drawing: {
  readonly columns: readonly string[] | null;
  readonly rows: Readonly<Record<string, string>>;
  readonly at?: Readonly<Record<string, readonly number[]>>;
  readonly others?: MatrixView["others"];
  /** Cells at places that have one already. */
  readonly further?: Readonly<Record<string, string>>;
}): MatrixData {
  const keys = Object.keys(drawing.rows);
  const numbered = (texts: readonly string[], first: number) => ({
    keys: texts,
    numbers: texts.map((_, place) => first + place),
  });
  const page = (part: Partial<MatrixView>): MatrixView => ({
    rowDimension: "source",
    columnDimension: drawing.columns === null ? null : "tenant",
    others: drawing.others ?? [],
    rows: numbered([], 0),
    columns: numbered([], 0),
    words: ["running", "failed", "missing", "materialized"],
    cells: packCells([]),
    nextCursor: "more",
    ...part,
  });
  const rowPage = ([key, text]: readonly [string, string]): MatrixView => {
    const cells = text.split("").flatMap((letter, column): CellRow[] => {
      if (letter === ".") return [];
      const place = drawing.columns === null ? 0 : FIRST_COLUMN + column;
      return [[FIRST_ROW + keys.indexOf(key), place, letters.indexOf(letter), drawing.at?.[key]?.[column] ?? 0]];
    });
    return page({ cells: packCells(cells) });
  };
  return new MatrixData([
    page({ rows: numbered(keys, FIRST_ROW), columns: numbered(drawing.columns ?? [], FIRST_COLUMN) }),
    ...Object.entries(drawing.rows).map(rowPage),
    ...Object.entries(drawing.further ?? {}).map(rowPage),
  ]);
}
