import type { MatrixView } from "../../../engine/operate.ts";
import { MatrixData } from "../../../ui/web/matrix/matrix-data.ts";
import type { MatrixFilter } from "../../../ui/web/matrix/matrix-order.ts";

/** Lets everything through, by name. */
export const everything: MatrixFilter = { sort: "name", text: "", words: [], row: "", column: "" };

const letters = "RF-M";

/**
 * A matrix drawn as text: a row's cells are `R` running, `F` failed, `-` missing, `M` materialized, `.` no such pair. Each
 * row comes on a page of its own.
 */
export function matrixOf(drawing: {
  readonly columns: readonly string[] | null;
  readonly rows: Readonly<Record<string, string>>;
  readonly at?: Readonly<Record<string, readonly number[]>>;
}): MatrixData {
  const pages = Object.entries(drawing.rows).map(([key, text]): MatrixView => {
    const cells = text
      .split("")
      .flatMap((letter, column) =>
        letter === "." ? [] : [column, letters.indexOf(letter), drawing.at?.[key]?.[column] ?? 0],
      );
    return {
      rowDimension: "source",
      columnDimension: drawing.columns === null ? null : "tenant",
      columns: drawing.columns ?? [],
      words: ["running", "failed", "missing", "materialized"],
      items: [{ key, cells }],
      nextCursor: "more",
    };
  });
  return new MatrixData(pages);
}
