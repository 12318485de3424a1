import { useMemo, useState } from "react";
import { useConsole, useLoaded, usePlace, useTopic } from "../../app/console.tsx";
import type { JobView, Page } from "../../../../engine/operate.ts";
import { Button } from "../../design/button.tsx";
import { FilterChip } from "../../design/chip.tsx";
import { SearchInput, TextInput } from "../../design/field.tsx";
import { Menu } from "../../design/menu.tsx";
import { StatusIcon } from "../../design/status.tsx";
import { assetsModel } from "../../live/models.ts";
import { filterOf, type TextFilter, textFilters } from "./run-filter.ts";
import classes from "./run-filters.module.css";
import { runWords } from "./run-words.ts";

const names: Readonly<Record<TextFilter, string>> = {
  job: "job",
  asset: "asset",
  partition: "partition",
  tag: "tag",
  backfill: "backfill",
  text: "text",
  after: "made after",
  before: "made before",
};

/** Spans that are asked for most. */
const spans = [
  ["Last hour", 1],
  ["Last 24 hours", 24],
  ["Last 7 days", 168],
] as const;

/** What narrows the list: a text, states at one click each, and anything else as a chip that can be taken away. */
export function RunFilters() {
  const { navigation, now } = useConsole();
  const { search } = usePlace();
  const filter = filterOf(search);
  const [adding, setAdding] = useState<TextFilter | null>(null);
  const set = (name: TextFilter, value: string | undefined): void => navigation.setSearch({ [name]: value });
  const toggle = (word: (typeof runWords)[number]): void => {
    const status = filter.status.includes(word)
      ? filter.status.filter((one) => one !== word)
      : [...filter.status, word];
    navigation.setSearch({ status });
  };
  const shown = textFilters.filter((name) => name !== "text" && filter[name] !== "");
  const isNarrow = shown.length > 0 || filter.status.length > 0 || filter.text !== "";
  return (
    <div className={classes["filters"]}>
      <div className={classes["line"]}>
        <SearchInput
          label="Search runs"
          value={filter.text}
          onChange={(event) =>
            navigation.setSearch(
              { text: event.target.value === "" ? undefined : event.target.value },
              { replace: true },
            )
          }
        />
        <div className={classes["states"]} role="group" aria-label="Status">
          {runWords.map((word) => (
            <button key={word} type="button" aria-pressed={filter.status.includes(word)} onClick={() => toggle(word)}>
              <StatusIcon word={word} />
              {word}
            </button>
          ))}
        </div>
        <Menu
          label="Add a filter"
          name="Add a filter"
          items={[
            ...(["job", "asset", "partition", "tag", "backfill"] as const).map((name) => ({
              label: `By ${names[name]}`,
              onChoose: () => setAdding(name),
            })),
            ...spans.map(([label, hours]) => ({
              label,
              onChoose: () => set("after", new Date(now() - hours * 3_600_000).toISOString()),
            })),
          ]}
        />
      </div>
      {adding !== null && (
        <AddFilter
          name={adding}
          onDone={(value) => {
            if (value !== "") set(adding, value);
            setAdding(null);
          }}
        />
      )}
      {isNarrow && (
        <div className={classes["line"]}>
          {shown.map((name) => (
            <FilterChip key={name} name={names[name]} value={filter[name]} onRemove={() => set(name, undefined)} />
          ))}
          <Button
            tone="quiet"
            onClick={() =>
              navigation.setSearch(Object.fromEntries([...textFilters, "status"].map((name) => [name, undefined])))
            }
          >
            Clear all
          </Button>
        </div>
      )}
    </div>
  );
}

function AddFilter({ name, onDone }: { readonly name: TextFilter; readonly onDone: (value: string) => void }) {
  const [value, setValue] = useState("");
  const assets = useTopic("assets", assetsModel);
  const jobs = useLoaded(name === "job" ? "jobs" : null, (api, signal) => api.get<Page<JobView>>("/jobs", {}, signal));
  const known = useMemo(() => {
    if (name === "asset") return assets.type === "ready" ? [...assets.data.keys()] : [];
    if (name === "job") return jobs.type === "ready" ? jobs.data.items.map((job) => job.name) : [];
    return [];
  }, [name, assets, jobs]);
  return (
    <form
      className={classes["line"]}
      onSubmit={(event) => {
        event.preventDefault();
        onDone(value.trim());
      }}
    >
      <label className={classes["adding"]}>
        {names[name]}
        <TextInput
          autoFocus
          list="run-filter-values"
          placeholder={name === "tag" ? "name=value" : ""}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") onDone("");
          }}
        />
      </label>
      <datalist id="run-filter-values">
        {known.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </datalist>
      <Button type="submit">Filter</Button>
      <Button tone="quiet" onClick={() => onDone("")}>
        Never mind
      </Button>
    </form>
  );
}
