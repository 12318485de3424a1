import { useMemo, useState } from "react";
import type { BackfillView } from "../../../../engine/operate.ts";
import { useNow, useSearchList } from "../../app/console.tsx";
import { SameBy } from "../../app/same-by.tsx";
import { useFollow } from "../../app/end-watch.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Chip } from "../../design/chip.tsx";
import { Copy } from "../../design/copy.tsx";
import { countText } from "../../design/format.ts";
import { Took, When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { Facts, PageHead, Panel } from "../../design/panel.tsx";
import { Status, StatusIcon } from "../../design/status.tsx";
import { BulkActions } from "../runs/bulk-actions.tsx";
import type { RunFilter } from "../runs/run-filter.ts";
import { RunTable } from "../runs/run-table.tsx";
import { runWords } from "../runs/run-words.ts";
import { useRunList } from "../runs/use-run-list.ts";
import { BackfillActions } from "./backfill-actions.tsx";
import { BackfillBar } from "./backfill-bar.tsx";
import { backfillName, leftText, paceOf, paceText } from "./backfill-pace.ts";
import classes from "./backfill-page.module.css";
import { useBackfill } from "./use-backfill.ts";

/** One backfill: how far it is, how fast, and its runs. */
export function BackfillPage({ id }: { readonly id: string }) {
  const backfill = useBackfill(id);
  const name = backfill.type === "ready" ? backfillName(backfill.data) : "Backfill";
  usePageTitle(`Backfill of ${name}`);
  const isGoing = backfill.type === "ready" && backfill.data.endedAt === null;
  const hasFailed = backfill.type === "ready" && backfill.data.status === "failed";
  useFollow("backfill", { id, isOpen: isGoing });
  useTabIcon(isGoing ? "running" : hasFailed ? "failed" : "idle");
  if (backfill.type === "loading") return <Skeleton lines={6} />;
  if (backfill.type === "failed") {
    return (
      <>
        <Trouble title="This backfill cannot be shown" message={backfill.error.message} onRetry={backfill.reload} />
        <p>
          <Link to={{ page: "backfills" }}>All backfills</Link>
        </p>
      </>
    );
  }
  const { data } = backfill;
  return (
    <>
      <PageHead title={<>Backfill of {name}</>} lead={data.reason} actions={<BackfillActions backfill={data} />} />
      <Progress backfill={data} />
      <BackfillFacts backfill={data} />
      <Runs backfill={data} />
    </>
  );
}

function Progress({ backfill }: { readonly backfill: BackfillView }) {
  const now = useNow(backfill.endedAt === null ? 1000 : 3_600_000);
  const { ended, underWay, waiting, perHour, leftMs } = paceOf(backfill, now);
  return (
    <Panel title="Progress" aside={<Status word={backfill.status} />}>
      <div className={classes["progress"]}>
        <p className={classes["sum"]}>
          <span className={classes["big"]}>
            {countText(ended)} of {countText(backfill.total)}
          </span>
          {leftMs !== null && <span>{leftText(leftMs)}, if it goes on like this</span>}
          {perHour !== null && <span className={classes["soft"]}>{paceText(perHour)}</span>}
          <span className={classes["soft"]}>
            {[
              underWay > 0 ? `${countText(underWay)} under way` : null,
              waiting > 0 ? `${countText(waiting)} not made yet` : null,
            ]
              .filter((text) => text !== null)
              .join(", ")}
          </span>
        </p>
        <BackfillBar backfill={backfill} size="large" />
        {backfill.error !== null && <Trouble title="Why it failed" message={backfill.error.message} />}
      </div>
    </Panel>
  );
}

function BackfillFacts({ backfill }: { readonly backfill: BackfillView }) {
  const { origin, tags } = backfill;
  return (
    <Facts
      facts={[
        ["Asked for by", origin.name === null ? origin.kind : `${origin.kind} ${origin.name}`],
        ["Assets", backfill.assets.map((key, at) => [at > 0 && ", ", <AssetLink key={key} of={key} />])],
        ["Asked for", <When key="made" at={backfill.createdAt} />],
        ["Took", <Took key="took" from={backfill.startedAt} to={backfill.endedAt} />],
        ["Priority", String(backfill.priority)],
        [
          "Tags",
          <span key="tags" className={classes["tags"]}>
            {Object.keys(tags).length === 0
              ? "none"
              : Object.entries(tags).map(([key, value]) => <Chip key={key}>{`${key}=${value}`}</Chip>)}
          </span>,
        ],
        [
          "Id",
          <span key="id">
            <code>{backfill.id}</code> <Copy text={backfill.id} what="the id" />
          </span>,
        ],
        [
          backfill.endedAt === null ? "Cancel by" : "Its state by",
          <SameBy
            key="by"
            request={
              backfill.endedAt === null
                ? { method: "POST", path: `/backfills/${backfill.id}/cancel` }
                : { method: "GET", path: `/backfills/${backfill.id}` }
            }
          />,
        ],
      ]}
    />
  );
}

function AssetLink({ of }: { readonly of: string }) {
  return <Link to={{ page: "asset", key: of }}>{of}</Link>;
}

function Runs({ backfill }: { readonly backfill: BackfillView }) {
  const [texts, setWords] = useSearchList("status");
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const filter = useMemo((): RunFilter => {
    const none = { job: "", asset: "", partition: "", tag: "", text: "", after: "", before: "" };
    return { ...none, backfill: backfill.id, status: runWords.filter((word) => texts.includes(word)) };
  }, [backfill.id, texts]);
  const state = useRunList(filter);
  const { list, error } = state;
  const chosen = list === null ? [] : list.runs.filter((run) => selected.has(run.id));
  const toggle = (word: (typeof runWords)[number]): void =>
    setWords(filter.status.includes(word) ? filter.status.filter((one) => one !== word) : [...filter.status, word]);
  return (
    <Panel
      title="Runs"
      aside={list === null ? undefined : `${countText(list.runs.length)}${list.nextCursor === null ? "" : "+"}`}
      actions={
        <span role="group" aria-label="Only runs that are" className={classes["words"]}>
          {runWords.map((word) => (
            <button
              key={word}
              type="button"
              aria-pressed={filter.status.includes(word)}
              className={classes["word"]}
              onClick={() => toggle(word)}
            >
              <StatusIcon word={word} /> {word}
            </button>
          ))}
        </span>
      }
      flush
    >
      {chosen.length > 0 && <BulkActions runs={chosen} onDone={() => setSelected(new Set())} />}
      {error !== null && <Trouble title="Its runs cannot be listed" message={error} onRetry={state.reload} />}
      {list === null && error === null && <Skeleton lines={6} />}
      {list?.runs.length === 0 && (
        <Empty title={filter.status.length > 0 ? "No run of it is that" : "It has made no run yet"}>
          {filter.status.length > 0 ? "Take a filter away to see more." : "They appear here as they are made."}
        </Empty>
      )}
      {list !== null && list.runs.length > 0 && <RunTable state={state} selected={selected} onSelect={setSelected} />}
    </Panel>
  );
}
