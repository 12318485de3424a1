import { useMemo, useState } from "react";
import { usePlace, useSearchText } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { PageHead, Panel } from "../../design/panel.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { BulkActions } from "./bulk-actions.tsx";
import { filterOf, isEmpty } from "./run-filter.ts";
import { RunFilters } from "./run-filters.tsx";
import { RunTable } from "./run-table.tsx";
import { RunsTimeline } from "./runs-timeline.tsx";
import { useRunList } from "./use-run-list.ts";

/** All runs, as a list or along the hours. */
export function RunsPage() {
  usePageTitle("Runs");
  useTabIcon("idle");
  const [view, setView] = useSearchText("view");
  return (
    <>
      <PageHead title="Runs" />
      <Tabs
        label="How runs are shown"
        tabs={[
          { value: "list", label: "List" },
          { value: "timeline", label: "Timeline" },
        ]}
        value={view === "timeline" ? "timeline" : "list"}
        onChange={(next) => setView(next === "list" ? undefined : next)}
      >
        {view === "timeline" ? <RunsTimeline /> : <RunsList />}
      </Tabs>
    </>
  );
}

function RunsList() {
  const { search } = usePlace();
  const filter = useMemo(() => filterOf(search), [search]);
  const state = useRunList(filter);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { list, error } = state;
  const chosen = list === null ? [] : list.runs.filter((run) => selected.has(run.id));
  return (
    <Panel
      title="List"
      aside={list === null ? undefined : `${list.runs.length}${list.nextCursor === null ? "" : "+"}`}
      flush
    >
      <RunFilters />
      {chosen.length > 0 && <BulkActions runs={chosen} onDone={() => setSelected(new Set())} />}
      {error !== null && <Trouble title="The runs cannot be listed" message={error} onRetry={state.reload} />}
      {list === null && error === null && <Skeleton lines={8} />}
      {list?.runs.length === 0 && (
        <Empty title={isEmpty(filter) ? "Nothing ran yet" : "No run matches these filters"}>
          {isEmpty(filter)
            ? "Schedules and sensors start runs by themselves; an asset's page starts one at once."
            : "Take a filter away to see more."}
        </Empty>
      )}
      {list !== null && list.runs.length > 0 && <RunTable state={state} selected={selected} onSelect={setSelected} />}
    </Panel>
  );
}
