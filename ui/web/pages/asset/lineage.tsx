import type { AssetView } from "../../../../engine/operate.ts";
import { useTopic } from "../../app/console.tsx";
import { counted } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { Status } from "../../design/status.tsx";
import { assetsModel } from "../../live/models.ts";
import classes from "./asset-page.module.css";

/** What it is made from and what is made from it, and which of them is newer than what was made of it. */
export function Lineage({ asset }: { readonly asset: AssetView }) {
  const topic = useTopic("assets", assetsModel);
  const all = topic.type === "ready" ? topic.data : new Map<string, AssetView>();
  const upstream = asset.deps.flatMap((key) => all.get(key) ?? []);
  const downstream = [...all.values()].filter(({ deps }) => deps.includes(asset.key));
  return (
    <div className={classes["columns"]}>
      <Side title="Made from" assets={upstream} none="It depends on nothing." beside={asset} side="up" />
      <Side title="Used by" assets={downstream} none="Nothing depends on it." beside={asset} side="down" />
    </div>
  );
}

interface SideProps {
  readonly title: string;
  readonly assets: readonly AssetView[];
  readonly none: string;
  readonly beside: AssetView;
  readonly side: "up" | "down";
}

function Side({ title, assets, none, beside, side }: SideProps) {
  return (
    <Panel
      title={title}
      aside={assets.length === 0 ? undefined : String(assets.length)}
      actions={
        <Link
          to={{ page: "assets" }}
          search={{ view: "graph", select: side === "up" ? `+${beside.key}` : `${beside.key}+`, asset: beside.key }}
        >
          Graph
        </Link>
      }
      flush
    >
      {assets.length === 0 && <Empty title={none} />}
      <ul className={classes["list"]}>
        {assets.map((one) => (
          <li key={one.key}>
            <Status word={one.status} text="" />
            <Link to={{ page: "asset", key: one.key }}>{one.key}</Link>
            <span className={classes["soft"]}>{why(one, { beside, side })}</span>
            <span className={classes["soft"]}>
              <When at={one.latest?.at ?? null} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What its state means for its neighbour. */
function why(one: AssetView, { beside, side }: Pick<SideProps, "beside" | "side">): string {
  const lower = side === "up" ? beside : one;
  const upper = side === "up" ? one : beside;
  if (upper.latest === null) return "never made";
  const stale = lower.partitions?.stale ?? 0;
  if (lower.latest !== null && upper.latest.at > lower.latest.at) {
    return side === "up" ? "made again since" : "is older than this";
  }
  return stale > 0 && side === "down" ? `${counted(stale, "partition")} stale` : "";
}
