import { lazy, Suspense, useMemo } from "react";
import type { AssetView, Page } from "../../../../engine/operate.ts";
import { useLoaded, useSearchText, useTopic } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { PageHead } from "../../design/panel.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { assetsModel } from "../../live/models.ts";
import { AssetList } from "./asset-list.tsx";
import classes from "./assets-page.module.css";
import { SelectionInput } from "./selection-input.tsx";

const LineageGraph = lazy(async () => ({ default: (await import("./graph/lineage-graph.tsx")).LineageGraph }));

/** What there is, as a list and as a graph of what depends on what. */
export function AssetsPage() {
  usePageTitle("Assets");
  useTabIcon("idle");
  const topic = useTopic("assets", assetsModel);
  const [selection, setSelection] = useSearchText("select");
  const [view, setView] = useSearchText("view");
  const chosen = useLoaded(selection === "" ? null : selection, (api, signal) =>
    api.get<Page<AssetView>>("/assets", { selection }, signal),
  );
  const all = useMemo(() => (topic.type === "ready" ? [...topic.data.values()] : []), [topic]);
  const shown = useMemo(() => {
    if (selection === "" || chosen.type !== "ready") return all;
    const keys = new Set(chosen.data.items.map(({ key }) => key));
    return all.filter(({ key }) => keys.has(key));
  }, [all, chosen, selection]);
  if (topic.type === "refused") return <Trouble title="The assets cannot be shown" message={topic.message} />;
  return (
    <>
      <PageHead title="Assets" />
      <div className={classes["tools"]}>
        <SelectionInput
          assets={all}
          value={selection}
          onChange={(text) => setSelection(text, { replace: true })}
          error={selection !== "" && chosen.type === "failed" ? chosen.error.message : null}
        />
        <span className={classes["count"]} role="status">
          {topic.type === "ready" && `${shown.length} of ${all.length}`}
        </span>
      </div>
      {topic.type === "loading" && <Skeleton lines={8} />}
      {topic.type === "ready" && all.length === 0 && (
        <Empty title="No asset is defined">
          Name a code location in workspace.yaml, or see on the Health page why none loads.
        </Empty>
      )}
      {all.length > 0 && (
        <Tabs
          label="How assets are shown"
          tabs={[
            { value: "list", label: "List" },
            { value: "graph", label: "Lineage" },
          ]}
          value={view === "graph" ? "graph" : "list"}
          onChange={(next) => setView(next === "list" ? undefined : next)}
        >
          {view === "graph" ? (
            <Suspense fallback={<Skeleton lines={8} />}>
              <LineageGraph assets={shown} />
            </Suspense>
          ) : (
            <AssetList assets={shown} />
          )}
        </Tabs>
      )}
    </>
  );
}
