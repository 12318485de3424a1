import { useState } from "react";
import { useConsole, useSearchList } from "../app/console.tsx";
import { type CellSelection, moved } from "./cell-selection.ts";
import type { MatrixData } from "./matrix-data.ts";
import { selectionOf, selectionTexts } from "./selection-text.ts";

export interface KeptSelection {
  readonly selection: CellSelection;
  readonly select: (selection: CellSelection) => void;
  /** Whether a link to this page holds it. */
  readonly isInAddress: boolean;
}

/** The selection, kept in the address wherever it fits, and carried over when the matrix is loaded anew. */
export function useCellSelection(data: MatrixData): KeptSelection {
  const { navigation } = useConsole();
  const [texts] = useSearchList("select");
  const [kept, setKept] = useState(() => ({ data, texts, selection: selectionOf(data, texts) }));
  let current = kept;
  if (current.data !== data) current = { ...current, data, selection: moved(current.data, current.selection, data) };
  if (texts.join("\n") !== current.texts.join("\n")) current = { data, texts, selection: selectionOf(data, texts) };
  if (current !== kept) setKept(current);
  const { selection } = current;
  return {
    selection,
    isInAddress: selection.count === 0 || current.texts.length > 0,
    select(next) {
      const written = selectionTexts(data, next) ?? [];
      setKept({ data, texts: written, selection: next });
      navigation.setSearch({ select: written }, { replace: true });
    },
  };
}
