import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { EventView } from "../../../../engine/operate.ts";
import { useZone } from "../../app/console.tsx";
import { Clamped } from "../../design/clamped.tsx";
import { clockText, countText } from "../../design/format.ts";
import { Empty, Skeleton, Trouble } from "../../design/notes.tsx";
import classes from "./event-list.module.css";
import { type Growing, MAX_KEPT } from "./use-run-history.ts";

const ROW_PX = 26;
/** Of one event; keys and errors may be long. */
const MESSAGE_LINES = 6;

export interface EventListProps {
  readonly runId: string;
  readonly events: Growing<EventView>;
  /** Null: the history of all steps. */
  readonly step: number | null;
}

/** What happened, a sentence each, oldest first. */
export function EventList({ runId, events, step }: EventListProps) {
  const zone = useZone();
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () => (step === null ? events.items : events.items.filter((event) => event.step === step)),
    [events.items, step],
  );
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  if (events.error !== null) return <Trouble title="The history cannot be read" message={events.error} />;
  if (shown.length === 0) return events.isLoading ? <Skeleton /> : <Empty title="Nothing happened yet" />;
  return (
    <>
      {events.isCut && (
        <p className={classes["cut"]}>
          These are the first {countText(MAX_KEPT)} events. The rest: <code>/api/runs/{runId}/events</code>
        </p>
      )}
      <div ref={scroller} className={classes["scroller"]} tabIndex={0} role="region" aria-label="History">
        <ol className={classes["list"]} style={{ blockSize: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const event = shown[item.index];
            if (event === undefined) return null;
            return (
              <li
                key={event.seq}
                data-index={item.index}
                ref={virtual.measureElement}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <time dateTime={event.at}>{clockText(Date.parse(event.at), zone)}</time>
                <span className={classes["type"]}>{event.type}</span>
                <span className={classes["message"]}>
                  <Clamped text={event.message} lines={MESSAGE_LINES} />
                </span>
              </li>
            );
          })}
        </ol>
      </div>
    </>
  );
}
