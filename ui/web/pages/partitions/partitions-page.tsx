import type { Page, PartitionSetView } from "../../../../engine/operate.ts";
import { useLoaded, useTopic } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { countText, counted } from "../../design/format.ts";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { PageHead, Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import table from "../../design/table.module.css";
import { type AssetsState, assetsModel } from "../../live/models.ts";

/** The sets of keys by which assets are made piece by piece. */
export function PartitionsPage() {
  usePageTitle("Partitions");
  useTabIcon("idle");
  const assets = useTopic("assets", assetsModel);
  const sets = useLoaded(setsKey(assets.type === "ready" ? assets.data : null), (api, signal) =>
    api.get<Page<PartitionSetView>>("/partitions", {}, signal),
  );
  return (
    <>
      <PageHead
        title="Partitions"
        lead="The keys by which assets are made piece by piece. A key that goes is retired: its history stays."
      />
      {sets.type === "failed" && (
        <Trouble title="The sets cannot be listed" message={sets.error.message} onRetry={sets.reload} />
      )}
      {sets.type === "loading" && <Skeleton lines={4} />}
      {sets.type === "ready" && (
        <Panel title="Sets" aside={String(sets.data.items.length)} flush>
          {sets.data.items.length === 0 ? (
            <Empty title="No asset has partitions" />
          ) : (
            <table className={`${table["table"]} ${table["stack"]}`}>
              <thead>
                <tr>
                  <th>Set</th>
                  <th>Kind</th>
                  <th>Dimensions</th>
                  <th className={table["number"]}>Active</th>
                  <th className={table["number"]}>Retired</th>
                  <th>Assets</th>
                </tr>
              </thead>
              <tbody>
                {sets.data.items.map((set) => (
                  <tr key={set.name}>
                    <td className={table["whole"]}>
                      <Link to={{ page: "partitionSet", set: set.name }}>{set.name}</Link>
                      {set.held !== null && (
                        <p>
                          <Status word="paused" text={`${counted(set.held.keys.length, "key")} held: decide`} />
                        </p>
                      )}
                    </td>
                    <td className={table["soft"]}>{set.kind}</td>
                    <td className={table["soft"]}>{set.dimensions.map(({ name }) => name).join(" × ")}</td>
                    <td data-label="Active" className={table["number"]}>
                      {countText(set.active)}
                    </td>
                    <td data-label="Retired" className={table["number"]}>
                      {countText(set.retired)}
                    </td>
                    <td className={table["soft"]}>
                      {assets.type === "ready" &&
                        counted(
                          [...assets.data.values()].filter((asset) => asset.partitionSet === set.name).length,
                          "asset",
                        )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      )}
    </>
  );
}

/** Another text whenever the number of keys of a set may have changed. */
function setsKey(assets: AssetsState | null): string {
  if (assets === null) return "first";
  return [...assets.values()]
    .map(({ partitionSet, partitions }) => `${partitionSet} ${partitions?.total} ${partitions?.retired}`)
    .join("\n");
}
