import type { CellRow } from "./matrix.ts";

/**
 * Cells of a page, each at the same place of four texts: of thousands, numbers would take long to write and to read.
 * `rows`, `columns` and `at` are numbers of 32 bits, little-endian, in base64; `words` has a digit for each.
 */
export interface MatrixCells {
  readonly rows: string;
  readonly columns: string;
  readonly words: string;
  /** s since the epoch of the newest materialization or failure; 0 for never. */
  readonly at: string;
}

export function packCells(cells: readonly CellRow[]): MatrixCells {
  const pack = (field: 0 | 1 | 3): string => {
    const bytes = Buffer.alloc(cells.length * 4);
    for (const [index, cell] of cells.entries()) bytes.writeUInt32LE(cell[field], index * 4);
    return bytes.toString("base64");
  };
  return { rows: pack(0), columns: pack(1), words: cells.map((cell) => cell[2]).join(""), at: pack(3) };
}
