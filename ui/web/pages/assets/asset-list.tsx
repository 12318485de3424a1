import type { AssetView } from "../../../../engine/operate.ts";
import { countText } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { PartitionBar } from "../../design/partition-bar.tsx";
import { Status } from "../../design/status.tsx";
import table from "../../design/table.module.css";
import classes from "./asset-list.module.css";

/** Assets by group, each with how its partitions stand. */
export function AssetList({ assets }: { readonly assets: readonly AssetView[] }) {
  if (assets.length === 0) return <Empty title="The selection is empty" />;
  const groups = [...Map.groupBy(assets, ({ group }) => group)];
  return (
    <div className={classes["groups"]}>
      {groups.map(([group, own]) => (
        <Panel key={group} title={group} aside={String(own.length)} flush>
          <table className={`${table["table"]} ${table["stack"]} ${classes["table"]}`}>
            <thead>
              <tr>
                <th>Asset</th>
                <th>State</th>
                <th>Partitions</th>
                <th className={table["number"]}>Made</th>
                <th>Last made</th>
              </tr>
            </thead>
            <tbody>
              {own.map((asset) => (
                <tr key={asset.key}>
                  <td className={table["whole"]}>
                    <Link to={{ page: "asset", key: asset.key }}>{asset.key}</Link>
                    {asset.error !== null && <p className={classes["error"]}>{asset.error.message}</p>}
                  </td>
                  <td>
                    <Status word={asset.status} />
                  </td>
                  <td className={`${classes["bar"]} ${table["rest"]}`}>
                    {asset.partitions === null ? (
                      <span className={table["soft"]}>not partitioned</span>
                    ) : (
                      <PartitionBar counts={asset.partitions} />
                    )}
                  </td>
                  <td className={`${table["number"]} ${table["soft"]}`}>
                    {asset.partitions !== null &&
                      `${countText(asset.partitions.materialized)} of ${countText(asset.partitions.total)}`}
                  </td>
                  <td className={table["soft"]}>
                    <When at={asset.latest?.at ?? null} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      ))}
    </div>
  );
}
