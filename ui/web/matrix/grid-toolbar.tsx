import { useId } from "react";
import { useConsole } from "../app/console.tsx";
import { IconButton } from "../design/button.tsx";
import { FilterChip } from "../design/chip.tsx";
import { SearchInput, Select } from "../design/field.tsx";
import { countText } from "../design/format.ts";
import { StatusIcon } from "../design/status.tsx";
import type { GridZoom } from "./grid-sizes.ts";
import classes from "./grid-toolbar.module.css";
import { type CellWord, cellWords, type MatrixData } from "./matrix-data.ts";
import type { MatrixFilter, MatrixSort } from "./matrix-order.ts";

export type GridForm = "matrix" | "list";

export interface GridToolbarProps {
  readonly data: MatrixData;
  readonly filter: MatrixFilter;
  readonly form: GridForm;
  readonly zoom: GridZoom;
  readonly onZoom: (steps: number) => void;
}

const sorts: readonly { readonly value: MatrixSort; readonly label: string }[] = [
  { value: "name", label: "Name" },
  { value: "failures", label: "Most failures" },
  { value: "age", label: "Newest" },
];

/** Filter, order and size of the grid; its words with their counts are its legend as well. */
export function GridToolbar({ data, filter, form, zoom, onZoom }: GridToolbarProps) {
  const { navigation } = useConsole();
  const set: typeof navigation.setSearch = (changes, options) => navigation.setSearch(changes, options);
  const id = useId();
  const counts = data.allCounts();
  const toggle = (word: CellWord): void => {
    const words = filter.words.includes(word) ? filter.words.filter((one) => one !== word) : [...filter.words, word];
    set({ word: words });
  };
  const what = data.columnDimension === null ? data.rowDimension : `${data.rowDimension} or ${data.columnDimension}`;
  return (
    <div className={classes["bar"]}>
      <SearchInput
        label={`Find a ${what}`}
        value={filter.text}
        onChange={(event) => set({ find: event.target.value || undefined }, { replace: true })}
      />
      {(["row", "column"] as const).map(
        (axis) =>
          filter[axis] !== "" && (
            <FilterChip
              key={axis}
              name={axis === "row" ? data.rowDimension : (data.columnDimension ?? "")}
              value={filter[axis]}
              onRemove={() => set({ [axis]: undefined })}
            />
          ),
      )}
      <div role="group" aria-label="Only partitions that are" className={classes["words"]}>
        {cellWords
          .filter((word) => word !== "stale" || counts.stale > 0)
          .map((word) => (
            <button
              key={word}
              type="button"
              aria-pressed={filter.words.includes(word)}
              className={classes["word"]}
              onClick={() => toggle(word)}
            >
              <StatusIcon word={word} />
              <b>{countText(counts[word])}</b> {word}
            </button>
          ))}
      </div>
      <div className={classes["end"]}>
        <label className={classes["sort"]} htmlFor={id}>
          Sort
          <Select
            id={id}
            value={filter.sort}
            options={sorts}
            onChange={(sort) => set({ sort: sort === "name" ? undefined : sort })}
          />
        </label>
        {form === "matrix" && (
          <span className={classes["zoom"]}>
            <IconButton
              icon="minus"
              label="Smaller cells"
              refusal={zoom.step === 0 ? "They are as small as they get." : null}
              onClick={() => onZoom(-1)}
            />
            <IconButton
              icon="plus"
              label="Larger cells"
              refusal={zoom.step === zoom.steps - 1 ? "They are as large as they get." : null}
              onClick={() => onZoom(1)}
            />
          </span>
        )}
        <span role="group" aria-label="Shown as" className={classes["views"]}>
          {(["matrix", "list"] as const).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={form === one}
              onClick={() => set({ form: one === "matrix" ? undefined : one })}
            >
              {one === "matrix" ? "Grid" : "List"}
            </button>
          ))}
        </span>
      </div>
    </div>
  );
}
