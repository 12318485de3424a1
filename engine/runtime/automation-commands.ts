import type { RunRequest } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Clock } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Commands, EvaluationView } from "./operations.ts";
import type { RunMaker } from "./run-maker.ts";
import type { ScheduleLoop } from "./schedule-loop.ts";
import type { SensorLoop } from "./sensor-loop.ts";
import { originOf, recordTick, type TickRecord } from "./tick.ts";

export type AutomationCommands = Pick<Commands, "setAutomation" | "evaluate" | "wakeSensor">;

export interface AutomationCommandsParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly maker: RunMaker;
  readonly sensors: SensorLoop;
  readonly schedules: ScheduleLoop;
  /** The recorded tick as it is shown. */
  readonly tickView: (automation: string) => EvaluationView["tick"];
}

export function automationCommands(params: AutomationCommandsParams): AutomationCommands {
  const { store, catalog, clock, sensors, schedules } = params;

  const kindOf = (name: string): "sensor" | "schedule" => {
    if (catalog.sensors.has(name)) return "sensor";
    if (catalog.schedules.has(name)) return "schedule";
    throw new EngineError("not_found", `there is no sensor or schedule "${name}"`);
  };

  const launch = async (record: TickRecord): Promise<EvaluationView["tick"]> => {
    await store.writer.write((tx) => recordTick(tx, record, params));
    return params.tickView(record.automation);
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
    async evaluate(name, { atMs, launch: doLaunch }) {
      const kind = kindOf(name);
      const scheduledAtMs = kind === "schedule" ? (atMs ?? clock.now()) : null;
      const evaluation = await (scheduledAtMs === null
        ? sensors.evaluate(name)
        : schedules.evaluate(name, scheduledAtMs));
      const shown = describe(name, { evaluation, ...params });
      if (doLaunch !== true) return { ...shown, tick: null };
      const tick = await launch({
        ...evaluation,
        automation: name,
        kind,
        scheduledAtMs,
        eventsSeq: undefined,
        dueAfterMs: undefined,
      });
      return { ...shown, tick };
    },
  };
}

interface DescribeParams extends AutomationCommandsParams {
  readonly evaluation: Evaluation;
}

/** What an evaluation would do. An evaluation that threw throws here too: it is the caller's answer. */
function describe(name: string, params: DescribeParams): Omit<EvaluationView, "tick"> {
  const { result } = params.evaluation;
  if (!result.ok) throw result.error instanceof Error ? result.error : new Error(String(result.error));
  const { outcome } = result;
  return {
    reason: outcome.reason,
    cursor: outcome.cursor ?? null,
    partitions: (outcome.partitions ?? []).map(({ set, add, retire }) => ({ set: set.name, add, retire })),
    requests: (outcome.runs ?? []).map((request) => describeRequest(name, { request, ...params })),
  };
}

function describeRequest(
  name: string,
  params: DescribeParams & { readonly request: RunRequest },
): EvaluationView["requests"][number] {
  const { request, store } = params;
  const kind = params.catalog.sensors.has(name) ? "sensor" : "schedule";
  const existing = params.maker.blockingRun(store.tables, originOf(request, { automation: name, kind }));
  return {
    job: request.job.name,
    partitions: request.partitions ?? (request.partition === undefined ? null : [request.partition]),
    runKey: request.runKey ?? null,
    reason: request.reason,
    wouldRun: existing === null,
    blockedBy: existing?.reason ?? null,
  };
}
