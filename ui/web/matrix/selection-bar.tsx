import { useRefusal } from "../app/console.tsx";
import { Button } from "../design/button.tsx";
import { Kbd } from "../design/chip.tsx";
import { countText, counted } from "../design/format.ts";
import { Menu } from "../design/menu.tsx";
import { cellsOfWord, noSelection, selectedCounts, withCells } from "./cell-selection.ts";
import { afterAll } from "./grid-gestures.ts";
import type { GridModel } from "./grid-model.ts";
import { cellWords } from "./matrix-data.ts";
import classes from "./selection-bar.module.css";

export interface SelectionBarProps {
  readonly model: GridModel;
  readonly isInAddress: boolean;
  /** Why the selection cannot be asked for as it is. */
  readonly refusal: string | null;
  readonly onMaterialize: () => void;
}

/** What is selected, and what can be done with it. */
export function SelectionBar({ model, isInAddress, refusal, onMaterialize }: SelectionBarProps) {
  const { data, selection, select } = model;
  const role = useRefusal("operator");
  const counts = selectedCounts(data, selection);
  const said = cellWords.filter((word) => counts[word] > 0).map((word) => `${countText(counts[word])} ${word}`);
  const all = data.allCounts();
  return (
    <div className={classes["bar"]} role="toolbar" aria-label="Selected partitions">
      <span role="status">
        {counts.total === 0 ? (
          "Click, tap, drag or press Space to select"
        ) : (
          <>
            <strong>{counted(counts.total, "partition")} selected</strong>
            {`: ${said.join(", ")}`}
            {!isInAddress && "; too scattered to be kept in the address"}
          </>
        )}
      </span>
      <span className={classes["actions"]}>
        <Menu
          label="Select"
          name="Select by status"
          items={[
            { label: "All that is shown", onChoose: () => select(afterAll(model)) },
            ...cellWords
              .filter((word) => all[word] > 0)
              .map((word) => ({
                label: `${countText(all[word])} ${word}`,
                onChoose: () =>
                  select(withCells(data, selection, { cells: cellsOfWord(data, word), change: "replace" })),
              })),
            { label: "None", onChoose: () => select(noSelection(data)) },
          ]}
        />
        <Button
          tone={counts.total === 0 ? "plain" : "primary"}
          icon="play"
          refusal={role ?? refusal}
          onClick={onMaterialize}
        >
          {counts.total === 0 ? "Materialize…" : `Materialize ${countText(counts.total)}…`} <Kbd keys="m" />
        </Button>
      </span>
    </div>
  );
}
