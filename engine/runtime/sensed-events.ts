import type { Sensor, SensorContext } from "../core/automation.ts";
import type { Failure, RecordedEvent } from "../core/events.ts";
import type { Tables } from "../store/tables.ts";

/** What a sensor has not seen yet, as far as one look goes. */
export interface Sensed {
  readonly context: Pick<SensorContext, "materializations" | "failedRuns" | "gap">;
  /** Whether there is anything of its kind. */
  readonly isNews: boolean;
  /** Up to here it has been looked at. */
  readonly untilSeq: number;
  /** Whether there is more behind it. */
  readonly more: boolean;
}

/** Events of its kind that one look hands over; on the engine's thread this takes some milliseconds. */
const MAX_SENSED_EVENTS = 2000;
/** Events that one look goes over, of whatever kind, which takes as long. */
export const MAX_LOOKED_AT = 10_000;

/**
 * Looks for what a sensor watches behind `afterSeq`. A polling sensor always has news; it comes this far too, so that it is
 * told of nothing from before its last poll should its code watch events one day.
 */
export function senseEvents({ trigger }: Sensor, params: { tables: Tables; afterSeq: number }): Sensed {
  const { tables, afterSeq } = params;
  const newestSeq = tables.events.newestSeq();
  const oldestSeq = tables.events.oldestSeq();
  const gap = gapAfter(afterSeq, oldestSeq);
  const nothing = { materializations: [], failedRuns: [], gap: trigger.type === "poll" ? null : gap };
  if (trigger.type === "poll") return { context: nothing, isNews: true, untilSeq: newestSeq, more: false };
  const type = EVENT_OF_TRIGGER[trigger.type];
  const lookedAtSeq = Math.min(newestSeq, Math.max(afterSeq, oldestSeq - 1) + MAX_LOOKED_AT);
  const events = tables.events.ofType({ afterSeq, untilSeq: lookedAtSeq, type, limit: MAX_SENSED_EVENTS });
  const lastSeq = events.length === MAX_SENSED_EVENTS ? events.at(-1)?.seq : undefined;
  const untilSeq = lastSeq ?? lookedAtSeq;
  const seen = { untilSeq, more: untilSeq < newestSeq };
  switch (trigger.type) {
    case "partitions":
      return {
        context: nothing,
        isNews: gap !== null || events.some((event) => concernsSet(trigger.sets, event)),
        ...seen,
      };
    case "materialization": {
      const materializations = sensedMaterializations(tables, { assets: trigger.assets, events });
      return {
        context: { ...nothing, materializations },
        isNews: gap !== null || materializations.length > 0,
        ...seen,
      };
    }
    case "run-failure": {
      const failedRuns = sensedRuns(tables, events);
      return { context: { ...nothing, failedRuns }, isNews: gap !== null || failedRuns.length > 0, ...seen };
    }
  }
}

/** What a sensor that was off for long has missed for good. */
function gapAfter(afterSeq: number, oldestSeq: number): SensorContext["gap"] {
  return afterSeq < oldestSeq - 1 ? { afterSeq, untilSeq: oldestSeq - 1 } : null;
}

/** Whether it is worth a look. */
export function concernsSensor({ trigger }: Sensor, event: RecordedEvent): boolean {
  switch (trigger.type) {
    case "poll":
      return false;
    case "materialization":
      return (
        event.type === "step.succeeded" &&
        event.data.materializations.some((made) => trigger.assets.some((asset) => asset.key === made.asset))
      );
    case "partitions":
      return concernsSet(trigger.sets, event);
    case "run-failure":
      return event.type === "run.failed";
  }
}

const EVENT_OF_TRIGGER = {
  materialization: "step.succeeded",
  partitions: "partitions.changed",
  "run-failure": "run.failed",
} as const satisfies Record<Exclude<Sensor["trigger"]["type"], "poll">, RecordedEvent["type"]>;

function concernsSet(sets: readonly { readonly name: string }[], event: RecordedEvent): boolean {
  return event.type === "partitions.changed" && sets.some((set) => set.name === event.data.set);
}

interface MaterializationsParams {
  readonly assets: readonly { readonly key: string }[];
  readonly events: readonly RecordedEvent[];
}

function sensedMaterializations(
  tables: Tables,
  { assets, events }: MaterializationsParams,
): SensorContext["materializations"] {
  const keys = new Set(assets.map((asset) => asset.key));
  return events.flatMap((event) => {
    if (event.type !== "step.succeeded") return [];
    const made = event.data.materializations.filter((one) => keys.has(one.asset));
    if (made.length === 0) return [];
    const runId = tables.runs.byId(event.runId)?.uid ?? "";
    return made.map(({ asset, partition }) => ({ seq: event.seq, asset, partition, runId, atMs: event.atMs }));
  });
}

function sensedRuns(tables: Tables, events: readonly RecordedEvent[]): SensorContext["failedRuns"] {
  return events.flatMap((event) => {
    const run = event.type === "run.failed" ? tables.runs.byId(event.runId) : undefined;
    if (run === undefined) return [];
    const error = run.error === null ? null : (JSON.parse(run.error) as Failure);
    const partition = run.partition_id === 0 ? null : (tables.partitions.byId(run.partition_id)?.key ?? null);
    return { seq: event.seq, runId: run.uid, job: run.job, partition, error, reason: run.reason };
  });
}
