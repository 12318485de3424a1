import { useMemo } from "react";
import { usePlace } from "../app/console.tsx";
import { type CellWord, cellWords, type MatrixData } from "./matrix-data.ts";
import { type MatrixFilter, type MatrixOrder, type MatrixSort, matrixSorts, orderOf } from "./matrix-order.ts";

/** The filter as the address tells it: `find`, `word`, `sort`, and `row` and `column` for one key exactly. */
export function filterOf(search: URLSearchParams): MatrixFilter {
  const sort = matrixSorts.find((known): known is MatrixSort => known === search.get("sort")) ?? "name";
  return {
    sort,
    text: search.get("find") ?? "",
    words: cellWords.filter((word: CellWord) => search.getAll("word").includes(word)),
    row: search.get("row") ?? "",
    column: search.get("column") ?? "",
  };
}

/** The filter, and what it shows. Sorted by failures or age, rows stay where they are until asked for anew. */
export function useGridFilter(data: MatrixData): { readonly filter: MatrixFilter; readonly order: MatrixOrder } {
  const { search } = usePlace();
  const key = JSON.stringify(filterOf(search));
  const filter = useMemo(() => JSON.parse(key) as MatrixFilter, [key]);
  const order = useMemo(() => orderOf(data, filter), [data, filter]);
  return { filter, order };
}
