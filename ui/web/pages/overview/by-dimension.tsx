import { useMemo } from "react";
import type { AssetView, KeyCountsView, Page, PartitionSetView } from "../../../../engine/operate.ts";
import { useLoaded, useTopic } from "../../app/console.tsx";
import { countText } from "../../design/format.ts";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { PartitionBar } from "../../design/partition-bar.tsx";
import { assetsModel } from "../../live/models.ts";
import classes from "./by-dimension.module.css";
import { useKeyCounts } from "./use-key-counts.ts";

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
  const dimension = set.dimensions[1]?.name ?? "";
  const loaded = useKeyCounts(asset, dimension);
  const title = `By ${dimension}`;
  if (loaded.type === "failed") return null;
  if (loaded.type === "loading") {
    return (
      <Panel title={title}>
        <Skeleton lines={2} />
      </Panel>
    );
  }
  const { items } = loaded.data;
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
      {items.length === 0 && <Empty title={`There is no ${dimension} yet`} />}
      <ul className={classes["cards"]}>
        {items.map((counts) => (
          <li key={counts.key}>
            <Link
              to={{ page: "asset", key: asset.key }}
              search={{ tab: "partitions", column: counts.key }}
              className={classes["card"]}
            >
              <strong>{counts.key}</strong>
              <PartitionBar counts={{ ...counts, stale: 0, retired: 0 }} />
              <span className={classes["words"]}>{wordsOf(counts)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** `5 fresh, 1 failed`; the usual word last, what is wrong first. */
function wordsOf(counts: KeyCountsView["items"][number]): string {
  const parts = [
    [counts.failed, "failed"],
    [counts.running, "running"],
    [counts.missing, "missing"],
    [counts.materialized, "fresh"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${countText(count)} ${word}`);
  return said.length === 0 ? "nothing to load" : said.join(", ");
}
