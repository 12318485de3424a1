import type { AssetView } from "../../../../engine/operate.ts";
import { Clamped } from "../../design/clamped.tsx";
import { countText, shortId } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Metadata } from "../../design/metadata.tsx";
import { Empty } from "../../design/notes.tsx";
import { Panel } from "../../design/panel.tsx";
import { Status, type StatusWord } from "../../design/status.tsx";
import classes from "./asset-page.module.css";

type Check = AssetView["checks"][number];

const words: Readonly<Record<Check["status"], StatusWord>> = {
  passed: "succeeded",
  warned: "stale",
  failed: "failed",
  errored: "failed",
  outdated: "stale",
  unevaluated: "missing",
};

/** What is expected of what was made, and what was found. */
export function Checks({ asset }: { readonly asset: AssetView }) {
  if (asset.checks.length === 0) {
    return <Empty title="Nothing is checked">An author adds checks in code with defineAssetCheck.</Empty>;
  }
  return (
    <div className={classes["stack"]}>
      {asset.checks.map((check) => (
        <CheckPanel key={check.key} check={check} />
      ))}
    </div>
  );
}

function CheckPanel({ check }: { readonly check: Check }) {
  const { latest, partitions } = check;
  const counts = Object.entries(partitions ?? {}).filter(([word, count]) => word !== "total" && count > 0);
  return (
    <Panel
      title={check.name}
      aside={
        <>
          <Status word={words[check.status]} text={check.status} />{" "}
          {check.blocking ? "blocks what depends on it" : "tells only"}
        </>
      }
    >
      {check.description !== "" && <p>{check.description}</p>}
      {counts.length > 0 && (
        <p className={classes["soft"]}>{counts.map(([word, count]) => `${countText(count)} ${word}`).join(", ")}</p>
      )}
      {latest !== null && (
        <>
          <p>
            <Link to={{ page: "run", id: latest.runId }} search={{ step: latest.step }}>
              Evaluated in run {shortId(latest.runId)}
            </Link>{" "}
            <span className={classes["soft"]}>
              {latest.partition !== null && <Clamped text={latest.partition} lines={1} />} <When at={latest.at} />
            </span>
          </p>
          <Metadata metadata={latest.metadata} />
        </>
      )}
    </Panel>
  );
}
