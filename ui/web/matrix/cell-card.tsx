import { useLayoutEffect, useRef, useState } from "react";
import type { AssetPartitionView } from "../../../engine/operate.ts";
import { useLoaded } from "../app/console.tsx";
import { shortId } from "../design/format.ts";
import { When } from "../design/instant.tsx";
import { Link } from "../design/link.tsx";
import { Status } from "../design/status.tsx";
import classes from "./cell-card.module.css";
import { cellName, type GridModel } from "./grid-model.ts";
import { NO_CELL } from "./matrix-data.ts";
import { newestRunOf, partitionOf } from "./newest-run.ts";

export interface CellCardProps {
  readonly model: GridModel;
  readonly cell: number;
  readonly assetKey: string;
  /** The cell's box in the frame, px. */
  readonly at: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  readonly onEnter: () => void;
  readonly onLeave: () => void;
}

const GAP_PX = 6;

/** What is known of one cell: at once what the matrix holds, then its newest run and error. */
export function CellCard({ model, cell, assetKey, at, onEnter, onLeave }: CellCardProps) {
  const { data } = model;
  const row = Math.floor(cell / data.columns.length);
  const word = data.wordAt(row, cell % data.columns.length);
  const detail = useCellDetail({ model, cell, assetKey });
  const card = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ left: at.left, top: at.top + at.height + GAP_PX });
  const isLoaded = detail.type !== "loading";
  useLayoutEffect(() => {
    const frame = card.current?.parentElement;
    if (card.current === null || frame === null || frame === undefined) return;
    const { offsetWidth: width, offsetHeight: height } = card.current;
    const below = at.top + at.height + GAP_PX;
    setPlace({
      left: Math.max(0, Math.min(at.left, frame.clientWidth - width)),
      top: below + height > frame.clientHeight ? Math.max(0, at.top - height - GAP_PX) : below,
    });
  }, [at, isLoaded]);
  const seconds = data.at[cell] ?? 0;
  return (
    <div
      ref={card}
      className={classes["card"]}
      style={{ insetInlineStart: place.left, insetBlockStart: place.top }}
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
    >
      <span className={classes["name"]}>{cellName(data, cell)}</span>
      {word === null ? (
        <span className={classes["soft"]}>This pair does not exist: nothing is made for it.</span>
      ) : (
        <span className={classes["line"]}>
          <Status word={word} />
          <span className={classes["soft"]}>
            {seconds === 0 ? "never made" : <When at={new Date(seconds * 1000).toISOString()} />}
          </span>
          {detail.type === "ready" && detail.data !== null && <Runs partition={detail.data} />}
        </span>
      )}
      {detail.type === "ready" && detail.data?.error !== null && detail.data !== null && (
        <span className={classes["error"]}>{detail.data.error?.message}</span>
      )}
      {detail.type === "failed" && <span className={classes["soft"]}>{detail.error.message}</span>}
    </div>
  );
}

function Runs({ partition }: { readonly partition: AssetPartitionView }) {
  const runId = newestRunOf(partition);
  if (runId === null) return null;
  return (
    <Link to={{ page: "run", id: runId }}>
      {partition.liveRunId === null ? "Last run" : "Running now"} <code>{shortId(runId)}</code>
    </Link>
  );
}

function useCellDetail({ model, cell, assetKey }: Pick<CellCardProps, "model" | "cell" | "assetKey">) {
  const { data } = model;
  const partition = data.words[cell] === NO_CELL ? null : model.keyOf(cell);
  // A cell that changes is asked for anew, others are not.
  const key = partition === null ? null : `${assetKey}\n${partition}\n${data.words[cell]} ${data.at[cell]}`;
  return useLoaded(key, (api, signal) => partitionOf(api, { assetKey, partition: partition ?? "", signal }));
}
