import type { Virtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useRef } from "react";

export interface RowFocusParams {
  readonly virtual: Pick<Virtualizer<HTMLDivElement, Element>, "scrollToIndex">;
  /** Its rows carry their index as `data-index`. */
  readonly scroller: RefObject<HTMLDivElement | null>;
}

/**
 * Moves the focus to a row of a list that draws only those that are seen. The row gets it once it is drawn, however long
 * that takes, unless the focus was taken elsewhere by then.
 */
export function useRowFocus({ virtual, scroller }: RowFocusParams): (index: number) => void {
  const wanted = useRef<number | null>(null);
  const focusDrawn = (): void => {
    const list = scroller.current;
    if (wanted.current === null || list === null) return;
    const focused = document.activeElement;
    // A focused row that is not drawn any more leaves the focus to the page's body.
    const isElsewhere = focused !== null && focused !== document.body && !list.contains(focused);
    const row = list.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (row === null && !isElsewhere) return;
    wanted.current = null;
    if (!isElsewhere) row?.focus();
  };
  useEffect(focusDrawn);
  return (index) => {
    wanted.current = index;
    virtual.scrollToIndex(index, { align: "auto" });
    focusDrawn();
  };
}
