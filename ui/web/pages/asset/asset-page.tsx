import { lazy, Suspense } from "react";
import type { AssetView } from "../../../../engine/operate.ts";
import { useRefusal, useSearchText, useTopic } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Button } from "../../design/button.tsx";
import { Chip } from "../../design/chip.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { Copy } from "../../design/copy.tsx";
import { countText } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, PageHead } from "../../design/panel.tsx";
import { PartitionBar } from "../../design/partition-bar.tsx";
import { Status } from "../../design/status.tsx";
import { Tabs } from "../../design/tabs.tsx";
import { assetModel } from "../../live/models.ts";
import { useOpenMaterialize } from "../../materialize/use-materialize.ts";
import classes from "./asset-page.module.css";
import { Checks } from "./checks.tsx";
import { Lineage } from "./lineage.tsx";
import { Newest } from "./newest.tsx";

const PartitionGrid = lazy(async () => ({ default: (await import("../../matrix/partition-grid.tsx")).PartitionGrid }));

/** One asset: what it is, how its partitions stand, what was made last, what it stands between. */
export function AssetPage({ assetKey }: { readonly assetKey: string }) {
  usePageTitle(assetKey);
  const topic = useTopic(`asset:${assetKey}`, assetModel);
  const status = topic.type === "ready" ? topic.data.status : null;
  useTabIcon(status === "running" ? "running" : status === "failed" ? "failed" : "idle");
  const [tabText, setTab] = useSearchText("tab");
  if (topic.type === "refused") {
    return (
      <>
        <PageHead title={assetKey} />
        <Trouble
          title="This asset cannot be shown"
          message={`${topic.message}. It may have left the code; its history is kept.`}
        />
        <p>
          <Link to={{ page: "assets" }}>All assets</Link> ·{" "}
          <Link to={{ page: "runs" }} search={{ asset: assetKey }}>
            its runs
          </Link>
        </p>
      </>
    );
  }
  if (topic.type === "loading") return <Skeleton lines={8} />;
  const asset = topic.data;
  const tabs = [
    ...(asset.partitions === null ? [] : [{ value: "partitions", label: "Partitions" } as const]),
    { value: "newest", label: "Last made" } as const,
    { value: "lineage", label: "Lineage" } as const,
    { value: "checks", label: `Checks${asset.checks.length === 0 ? "" : ` (${asset.checks.length})`}` } as const,
  ];
  const tab = tabs.find(({ value }) => value === tabText)?.value ?? tabs[0]?.value ?? "newest";
  return (
    <>
      <AssetHead asset={asset} />
      <Tabs label={`Parts of ${assetKey}`} tabs={tabs} value={tab} onChange={setTab}>
        {tab === "partitions" && (
          <Suspense fallback={<Skeleton lines={6} />}>
            <PartitionGrid asset={asset} />
          </Suspense>
        )}
        {tab === "newest" && <Newest asset={asset} />}
        {tab === "lineage" && <Lineage asset={asset} />}
        {tab === "checks" && <Checks asset={asset} />}
      </Tabs>
    </>
  );
}

function AssetHead({ asset }: { readonly asset: AssetView }) {
  const openMaterialize = useOpenMaterialize();
  const refusal = useRefusal("operator");
  const { key, partitions, error } = asset;
  return (
    <>
      <PageHead
        title={
          <span className={classes["title"]}>
            {key} <Copy text={key} what="the key" />
          </span>
        }
        lead={asset.description === "" ? "Its author said nothing of it." : asset.description}
        actions={
          <Button tone="primary" icon="play" refusal={refusal} onClick={() => openMaterialize({ assets: [key] })}>
            Materialize
          </Button>
        }
      />
      {error !== null && (
        <div className={classes["error"]} role="status">
          <Status word="failed" />
          <p>
            <Clamped text={error.message} />{" "}
            <span className={classes["soft"]}>
              (<When at={error.at} />)
            </span>
          </p>
          <Link to={{ page: "run", id: error.runId }} search={{ step: error.step }}>
            Why
          </Link>
        </div>
      )}
      <Facts
        facts={[
          ["State", <Status key="s" word={asset.status} />],
          ...(partitions === null
            ? []
            : ([
                [
                  `${countText(partitions.total)} partitions`,
                  <span key="p" className={classes["bar"]}>
                    <PartitionBar counts={partitions} />
                    <span className={classes["soft"]}>
                      {countText(partitions.materialized)} made, {countText(partitions.stale)} of them stale,{" "}
                      {countText(partitions.failed)} failed, {countText(partitions.missing)} missing
                    </span>
                  </span>,
                ],
                [
                  "Partitioned by",
                  <Link key="set" to={{ page: "partitionSet", set: asset.partitionSet ?? "" }}>
                    {asset.partitionSet}
                  </Link>,
                ],
              ] as const)),
          ["Last made", <When key="w" at={asset.latest?.at ?? null} />],
          [
            "Group",
            <Link key="g" to={{ page: "assets" }} search={{ select: `group:${asset.group}` }}>
              {asset.group}
            </Link>,
          ],
          ...(asset.pool === null ? [] : ([["Pool", asset.pool]] as const)),
          ["Code location", asset.location],
          ...(Object.keys(asset.tags).length + asset.kinds.length === 0
            ? []
            : ([
                [
                  "Tags",
                  <span key="t" className={classes["tags"]}>
                    {asset.kinds.map((kind) => (
                      <Chip key={kind}>{kind}</Chip>
                    ))}
                    {Object.entries(asset.tags).map(([name, value]) => (
                      <Chip key={name}>{`${name}=${value}`}</Chip>
                    ))}
                  </span>,
                ],
              ] as const)),
          [
            "Runs",
            <Link key="r" to={{ page: "runs" }} search={{ asset: key }}>
              of this asset
            </Link>,
          ],
        ]}
      />
      {asset.latest === null && error === null && partitions === null && (
        <Empty title="It was never made">Materialize it, or let what it depends on start it.</Empty>
      )}
    </>
  );
}
