import type { RunRequest } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { Clock } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { Commands, EvaluationView } from "./operations.ts";
import type { RunMaker } from "./run-maker.ts";
import type { ScheduleLoop } from "./schedule-loop.ts";
import type { SensorLoop } from "./sensor-loop.ts";
import { originOf, type TickRecord, writeTick } from "./tick.ts";

export type AutomationCommands = Pick<Commands, "setAutomation" | "evaluate" | "wakeSensor">;

export interface AutomationCommandsParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly maker: RunMaker;
  readonly faults: FaultPoints;
  readonly sensors: SensorLoop;
  readonly schedules: ScheduleLoop;
  /** The recorded tick as it is shown. */
  readonly tickView: (automation: string) => EvaluationView["tick"];
  readonly onInternalError: (error: unknown) => void;
}

export function automationCommands(params: AutomationCommandsParams): AutomationCommands {
  const { store, catalog, clock, sensors, schedules } = params;

  const kindOf = (name: string): "sensor" | "schedule" => {
    if (catalog.sensors.has(name)) return "sensor";
    if (catalog.schedules.has(name)) return "schedule";
    throw new EngineError("not_found", `there is no sensor or schedule "${name}"`);
  };

  const trySensor = (name: string, doLaunch: boolean): Promise<EvaluationView> =>
    sensors.alone(name, async () => {
      const evaluation = await sensors.evaluate(name);
      const facts = { automation: name, kind: "sensor", scheduledAtMs: null, dueAfterMs: undefined } as const;
      return show({ ...evaluation, ...facts }, doLaunch);
    });

  const trySchedule = async (name: string, params: { atMs: number; doLaunch: boolean }): Promise<EvaluationView> => {
    const { atMs, doLaunch } = params;
    const evaluation = await schedules.evaluate(name, atMs);
    const facts = { automation: name, kind: "schedule", scheduledAtMs: atMs } as const;
    return show({ ...evaluation, ...facts, eventsSeq: undefined, dueAfterMs: undefined }, doLaunch);
  };

  /** Launches exactly what it shows. */
  const show = async (record: TickRecord, doLaunch: boolean): Promise<EvaluationView> => {
    const shown = describe(record, params);
    if (!doLaunch) return { ...shown, tick: null };
    await writeTick(record, params);
    return { ...shown, tick: params.tickView(record.automation) };
  };

  return {
    async setAutomation(name, { enabled, actor }) {
      const kind = kindOf(name);
      await store.writer.write((tx) => {
        tx.automations.enable({ name, enabled, dueAfterMs: kind === "schedule" ? tx.nowMs : null });
        tx.emit({ type: "automation.changed", data: { automation: name, enabled, by: actor.name } });
      });
      (kind === "sensor" ? sensors : schedules).refresh(name);
    },
    wakeSensor: (name) => sensors.wake(name),
    async evaluate(name, { atMs, launch = false }) {
      if (kindOf(name) === "sensor") return trySensor(name, launch);
      return trySchedule(name, { atMs: atMs ?? clock.now(), doLaunch: launch });
    },
  };
}

/** What an evaluation would do. One that threw throws here too: it is the caller's answer. */
function describe(record: TickRecord, params: AutomationCommandsParams): Omit<EvaluationView, "tick"> {
  const { result } = record;
  if (!result.ok) throw result.error instanceof Error ? result.error : new Error(String(result.error));
  const { outcome } = result;
  return {
    reason: outcome.reason,
    cursor: outcome.cursor ?? null,
    partitions: (outcome.partitions ?? []).map(({ set, add, retire }) => ({ set: set.name, add, retire })),
    requests: (outcome.runs ?? []).map((request) => describeRequest(request, { ...params, record })),
  };
}

function describeRequest(
  request: RunRequest,
  { store, maker, record }: AutomationCommandsParams & { readonly record: TickRecord },
): EvaluationView["requests"][number] {
  const existing = maker.blockingRun(store.tables, originOf(request, record));
  return {
    job: request.job.name,
    partitions: request.partitions ?? (request.partition === undefined ? null : [request.partition]),
    runKey: request.runKey ?? null,
    reason: request.reason,
    wouldRun: existing === null,
    blockedBy: existing?.reason ?? null,
  };
}
