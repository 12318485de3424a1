import { useState } from "react";
import type { BackfillStatus, BackfillView, Page } from "../../../../engine/operate.ts";
import { useConsole, useLoaded, useNow, useSearchList, useTopic } from "../../app/console.tsx";
import { usePageTitle, useTabIcon } from "../../app/page-title.ts";
import { Button } from "../../design/button.tsx";
import { countText } from "../../design/format.ts";
import { When } from "../../design/instant.tsx";
import { Link } from "../../design/link.tsx";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import { PageHead, Panel } from "../../design/panel.tsx";
import { Status, StatusIcon } from "../../design/status.tsx";
import { backfillsModel } from "../../live/models.ts";
import { BackfillBar } from "./backfill-bar.tsx";
import { backfillName, backfillWords, leftText, mergedBackfills, paceOf, paceText } from "./backfill-pace.ts";
import classes from "./backfills-page.module.css";

const PAGE = 50;

/** Requests that took more than one run: how far each is. */
export function BackfillsPage() {
  usePageTitle("Backfills");
  const live = useTopic("backfills", backfillsModel);
  const isGoing = live.type === "ready" && live.data.some((one) => one.status === "running");
  useTabIcon(isGoing ? "running" : "idle");
  const [chosen, setChosen] = useSearchList("status");
  const words = backfillWords.filter((word) => chosen.includes(word));
  const older = useOlder();
  if (live.type === "refused") return <Trouble title="Backfills cannot be shown" message={live.message} />;
  const items = live.type === "ready" ? mergedBackfills(live.data, older.items, words) : null;
  return (
    <>
      <PageHead title="Backfills" lead="Requests that took more than one run." />
      <Panel title="Newest first" aside={items === null ? undefined : countText(items.length)} flush>
        <div role="group" aria-label="Only backfills that are" className={classes["filters"]}>
          {backfillWords.map((word) => (
            <WordFilter
              key={word}
              word={word}
              isOn={words.includes(word)}
              onToggle={() => setChosen(words.includes(word) ? words.filter((one) => one !== word) : [...words, word])}
            />
          ))}
        </div>
        {items === null && <Skeleton lines={5} />}
        {items?.length === 0 && (
          <Empty title={words.length > 0 ? "None of the loaded backfills is that" : "There was no backfill yet"}>
            {words.length > 0
              ? "Take a filter away to see more."
              : "Materializing several partitions makes one: select them on an asset's page."}
          </Empty>
        )}
        <ul>
          {items?.map((backfill) => (
            <BackfillItem key={backfill.id} backfill={backfill} />
          ))}
        </ul>
        {older.error !== null && <Trouble title="Older ones cannot be loaded" message={older.error} />}
        {older.more !== null && (
          <p className={classes["more"]}>
            <Button busy={older.isBusy} onClick={older.more}>
              Show older ones
            </Button>
          </p>
        )}
      </Panel>
    </>
  );
}

function WordFilter(props: { readonly word: BackfillStatus; readonly isOn: boolean; readonly onToggle: () => void }) {
  const { word, isOn, onToggle } = props;
  return (
    <button type="button" aria-pressed={isOn} className={classes["filter"]} onClick={onToggle}>
      <StatusIcon word={word} /> {word}
    </button>
  );
}

function BackfillItem({ backfill }: { readonly backfill: BackfillView }) {
  const now = useNow(backfill.endedAt === null ? 1000 : 3_600_000);
  const { ended, perHour, leftMs } = paceOf(backfill, now);
  const pace = [leftMs === null ? null : leftText(leftMs), perHour === null ? null : paceText(perHour)].filter(
    (text) => text !== null,
  );
  return (
    <li className={classes["item"]}>
      <Status word={backfill.status} />
      <div className={classes["what"]}>
        <Link to={{ page: "backfill", id: backfill.id }}>{backfillName(backfill)}</Link>
        <p className={classes["reason"]} title={backfill.reason}>
          {backfill.reason}
        </p>
      </div>
      <div>
        <BackfillBar backfill={backfill} />
        <span className={classes["soft"]}>
          {countText(ended)} of {countText(backfill.total)}
          {backfill.failed > 0 && `, ${countText(backfill.failed)} failed`}
        </span>
      </div>
      <span className={classes["soft"]}>{pace.join(" · ")}</span>
      <span className={classes["soft"]}>
        <When at={backfill.createdAt} />
      </span>
    </li>
  );
}

/** Those before the live ones, a page at a time. */
function useOlder() {
  const { api } = useConsole();
  const first = useLoaded("first", (client, signal) =>
    client.get<Page<BackfillView>>("/backfills", { limit: PAGE }, signal),
  );
  const [pages, setPages] = useState<readonly Page<BackfillView>[]>([]);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const loaded = first.type === "ready" ? [first.data, ...pages] : [];
  const cursor = loaded.at(-1)?.nextCursor ?? null;
  const load = (): void => {
    if (cursor === null) return;
    setBusy(true);
    api
      .get<Page<BackfillView>>("/backfills", { limit: PAGE, cursor })
      .then((page) => setPages((before) => [...before, page]))
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return {
    items: loaded.flatMap((page) => page.items),
    more: cursor === null ? null : load,
    isBusy,
    error: problem ?? (first.type === "failed" ? first.error.message : null),
  };
}
