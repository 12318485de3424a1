import type { Schedule, Sensor, TimedSchedule } from "../../core/automation.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { Json } from "../../core/json.ts";
import type { Store } from "../../store/store.ts";
import type { TickSummaryRow } from "../../store/tables/tick-summaries.ts";
import type { AutomationView, ScheduleView, SensorView, TickView } from "../views.ts";
import { instant, instantOrNull } from "./instants.ts";
import type { LiveState } from "./live-state.ts";
import { parseFailure } from "./run-views.ts";

export interface AutomationViewParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly live: LiveState;
}

const SHOWN_TIMES = 5;

export function sensorView(sensor: Sensor, params: AutomationViewParams): SensorView {
  const { trigger } = sensor;
  return {
    ...automationView(sensor, params),
    trigger: trigger.type,
    assets: trigger.type === "materialization" ? trigger.assets.map((asset) => asset.key) : [],
    minIntervalMs: sensor.minIntervalMs,
  };
}

export function scheduleView(schedule: TimedSchedule, params: AutomationViewParams): ScheduleView {
  const shared = automationView(schedule, params);
  const nextTimes = params.live.nextTimes(schedule, SHOWN_TIMES);
  return {
    ...shared,
    cron: schedule.cron,
    timeZone: schedule.timeZone,
    nextAt: shared.enabled ? (nextTimes[0] ?? null) : null,
    nextTimes,
  };
}

function automationView(definition: Sensor | Schedule, { store, catalog, live }: AutomationViewParams): AutomationView {
  const { name, type } = definition;
  const row = store.tables.automations.get(name);
  const lastTickId = row?.last_tick_id ?? null;
  const [tick] = lastTickId === null ? [] : store.tables.summaries.ticks([lastTickId]);
  return {
    name,
    description: definition.description,
    enabled: live.isEnabled(name),
    enabledByDefault: definition.enabledByDefault,
    cursor: row?.cursor ?? null,
    lastTick: tick === undefined ? null : tickView(tick),
    location: catalog.locations.get(`${type}:${name}`) ?? "",
  };
}

export function tickView(row: TickSummaryRow): TickView {
  const idsOf = (outcome: string): readonly string[] =>
    row.requests.flatMap((request) => (request.outcome === outcome && request.uid !== null ? request.uid : []));
  return {
    id: String(row.id),
    status: row.status,
    scheduledAt: instantOrNull(row.scheduled_at_ms),
    startedAt: instant(row.started_at_ms),
    endedAt: instantOrNull(row.ended_at_ms),
    reason: row.reason,
    error: parseFailure(row.error),
    runs: idsOf("run"),
    backfills: idsOf("backfill"),
    requests: row.requests.map(({ outcome, uid, runKey, reason }) => ({ outcome, id: uid, runKey, reason })),
    changes: row.changes === null ? null : (JSON.parse(row.changes) as Json),
    log: row.log === null ? null : (JSON.parse(row.log) as Json),
  };
}
