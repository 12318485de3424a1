import { useMemo } from "react";
import type { AssetView, LatestView, Page } from "../../../../engine/operate.ts";
import { useLoaded, useSearchText } from "../../app/console.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { TextInput } from "../../design/field.tsx";
import { bytesText, countText, shortId } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Metadata, Value } from "../../design/metadata.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, Panel } from "../../design/panel.tsx";
import table from "../../design/table.module.css";
import classes from "./asset-page.module.css";
import { linePoints, type Series, seriesOf } from "./numbers.ts";

type Made = LatestView & { readonly id: string };

const PAGE = 60;

/** What was made last, of all partitions or of one: its metadata, its numbers over time, its history. */
export function Newest({ asset }: { readonly asset: AssetView }) {
  const [partition, setPartition] = useSearchText("partition");
  const key = `${asset.key} ${asset.latest?.at ?? ""} ${asset.latest?.runId ?? ""} ${partition}`;
  const made = useLoaded(key, (api, signal) =>
    api.get<Page<Made>>(
      `/assets/${encodeURIComponent(asset.key)}/materializations`,
      { limit: PAGE, partition: partition === "" ? undefined : partition },
      signal,
    ),
  );
  const newest = made.type === "ready" ? made.data.items[0] : undefined;
  // Numbers of different partitions make no line.
  const series = useMemo(() => {
    if (made.type !== "ready" || newest === undefined) return [];
    return seriesOf(made.data.items.filter((one) => one.partition === newest.partition).map((one) => one.metadata));
  }, [made, newest]);
  return (
    <div className={classes["stack"]}>
      {asset.partitions !== null && (
        <span className={classes["partition"]}>
          <TextInput
            aria-label="Partition"
            placeholder="All partitions; a key for one"
            value={partition}
            onChange={(event) =>
              setPartition(event.target.value === "" ? undefined : event.target.value, { replace: true })
            }
          />
        </span>
      )}
      {made.type === "loading" && <Skeleton lines={5} />}
      {made.type === "failed" && (
        <Trouble title="The history cannot be shown" message={made.error.message} onRetry={made.reload} />
      )}
      {made.type === "ready" && newest === undefined && <Empty title="It was never made" />}
      {newest !== undefined && (
        <>
          <Panel
            title="Last made"
            aside={newest.partition === null ? undefined : <Clamped text={newest.partition} lines={1} />}
          >
            <Facts
              facts={[
                ["When", <When key="w" at={newest.at} />],
                [
                  "By run",
                  <Link key="r" to={{ page: "run", id: newest.runId }} search={{ step: newest.step }}>
                    {shortId(newest.runId)}
                  </Link>,
                ],
                ["Data version", <code key="d">{newest.dataVersion.slice(0, 24)}</code>],
                ["Code version", newest.codeVersion ?? "none claimed"],
                ["Value", newest.valueBytes === 0 ? "none" : bytesText(newest.valueBytes)],
              ]}
            />
            <div className={classes["made"]}>
              <Metadata metadata={newest.metadata} />
              {newest.value !== null && (
                <details>
                  <summary>Value</summary>
                  <Value value={newest.value} />
                </details>
              )}
            </div>
          </Panel>
          {series.length > 0 && (
            <Panel
              title="Numbers over time"
              aside={newest.partition === null ? undefined : <Clamped text={newest.partition} lines={1} />}
            >
              <div className={classes["plots"]}>
                {series.map((one) => (
                  <Plot key={one.name} series={one} />
                ))}
              </div>
            </Panel>
          )}
          <History items={made.type === "ready" ? made.data.items : []} />
        </>
      )}
    </div>
  );
}

function Plot({ series }: { readonly series: Series }) {
  const { name, values } = series;
  const last = values.at(-1) ?? 0;
  const label = `${name}: ${countText(last)} now; from ${countText(Math.min(...values))} to ${countText(Math.max(...values))} over ${values.length} materializations`;
  return (
    <figure className={classes["plot"]} title={label}>
      <figcaption>{name}</figcaption>
      <strong>{countText(last)}</strong>
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={label}>
        <polyline className={classes["line"]} points={linePoints(values)} />
      </svg>
    </figure>
  );
}

function History({ items }: { readonly items: readonly Made[] }) {
  return (
    <Panel title="History" aside={`last ${items.length}`} flush>
      <table className={`${table["table"]} ${table["stack"]}`}>
        <thead>
          <tr>
            <th>Made</th>
            <th>Partition</th>
            <th>Run</th>
            <th>Data version</th>
            <th>Code version</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={one.id}>
              <td className={table["soft"]}>
                <When at={one.at} />
              </td>
              <td className={`${table["clip"]} ${table["rest"]}`}>{one.partition ?? "–"}</td>
              <td>
                <Link to={{ page: "run", id: one.runId }} search={{ step: one.step }}>
                  {shortId(one.runId)}
                </Link>
              </td>
              <td className={table["soft"]} data-label="Data">
                <code>{one.dataVersion.slice(0, 16)}</code>
              </td>
              <td className={table["soft"]} data-label="Code">
                {one.codeVersion ?? "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
