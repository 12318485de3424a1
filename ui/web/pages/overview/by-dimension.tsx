import { useMemo } from "react";
import type { AssetView, Page, PartitionSetView } from "../../../../engine/operate.ts";
import { useLoaded, useTopic } from "../../app/console.tsx";
import { countText } from "../../design/format.ts";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { PartitionBar } from "../../design/partition-bar.tsx";
import { assetsModel } from "../../live/models.ts";
import type { CellCounts } from "../../matrix/matrix-data.ts";
import { useMatrix } from "../../matrix/use-matrix.ts";
import classes from "./by-dimension.module.css";

/**
 * For each product of two dimensions (a source loaded for a tenant): how each key of the second one stands, over the
 * asset of that product that is worst off.
 */
export function ByDimension() {
  const assets = useTopic("assets", assetsModel);
  const sets = useLoaded("sets", (api, signal) => api.get<Page<PartitionSetView>>("/partitions", {}, signal));
  const products = useMemo(() => {
    if (assets.type !== "ready" || sets.type !== "ready") return [];
    return sets.data.items.flatMap((set) => {
      if (set.dimensions.length !== 2) return [];
      const asset = [...assets.data.values()].filter((one) => one.partitionSet === set.name).toSorted(byTrouble)[0];
      return asset === undefined ? [] : [{ set, asset }];
    });
  }, [assets, sets]);
  return products.map(({ set, asset }) => <Product key={set.name} set={set} asset={asset} />);
}

function byTrouble(a: AssetView, b: AssetView): number {
  const rank = ({ partitions }: AssetView): number =>
    partitions === null ? 0 : partitions.failed * 1e6 + partitions.missing * 1e3 + partitions.stale;
  return rank(b) - rank(a) || (a.key < b.key ? -1 : 1);
}

function Product({ set, asset }: { readonly set: PartitionSetView; readonly asset: AssetView }) {
  const matrix = useMatrix(asset.key);
  const title = `By ${set.dimensions[1]?.name ?? set.name}`;
  if (matrix.type === "failed") return null;
  if (matrix.type === "loading") {
    return (
      <Panel title={title}>
        <Skeleton />
      </Panel>
    );
  }
  const { data } = matrix;
  return (
    <Panel
      title={title}
      aside={asset.key}
      actions={
        <Link to={{ page: "asset", key: asset.key }} search={{ tab: "partitions" }}>
          Matrix
        </Link>
      }
      flush
    >
      {data.columns.length === 0 && <Empty title={`There is no ${set.dimensions[1]?.name ?? "key"} yet`} />}
      <ul className={classes["cards"]}>
        {data.columns.map((key, column) => {
          const counts = data.columnCounts(column);
          const { total, materialized, missing, failed, running, stale } = counts;
          return (
            <li key={key}>
              <Link
                to={{ page: "asset", key: asset.key }}
                search={{ tab: "partitions", column: key }}
                className={classes["card"]}
              >
                <strong>{key}</strong>
                <PartitionBar
                  counts={{ total, materialized: materialized + stale, missing, failed, running, stale, retired: 0 }}
                />
                <span className={classes["words"]}>{wordsOf(counts)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** `5 fresh, 1 failed`; the usual word last, what is wrong first. */
function wordsOf(counts: CellCounts): string {
  const parts = [
    [counts.failed, "failed"],
    [counts.running, "running"],
    [counts.stale, "stale"],
    [counts.missing, "missing"],
    [counts.materialized, "fresh"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${countText(count)} ${word}`);
  return said.length === 0 ? "nothing to load" : said.join(", ");
}
