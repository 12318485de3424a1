import type { Catalog } from "../core/catalog.ts";
import { noFaults } from "../core/ports/fault-points.ts";
import { defaultRetention } from "../core/retention.ts";
import type { Store } from "../store/store.ts";
import { openAccess } from "./access.ts";
import { automationCommands } from "./automation-commands.ts";
import { engineCommands } from "./commands.ts";
import { type EngineLife, engineLife } from "./engine-life.ts";
import { type EngineParts, type EnginePartsParams, type LastingParts, openParts } from "./engine-parts.ts";
import { limitViews } from "./limit-views.ts";
import type { Engine } from "./operations.ts";
import { openRetention } from "./retention.ts";
import { engineQueries } from "./queries/engine-queries.ts";
import type { LiveState } from "./queries/live-state.ts";

/** All of an engine that stands on one opening of its record. */
export interface Session extends Pick<Engine, "queries" | "commands" | "access"> {
  readonly store: Store;
  readonly life: EngineLife;
}

export interface OpenSessionParams extends EnginePartsParams {
  readonly lasting: LastingParts;
  readonly onHealth: () => void;
}

export function openSession(store: Store, params: OpenSessionParams): Session {
  const { catalog, clock, ids, onProblem, lasting } = params;
  const parts = openParts(store, params);
  const queries = engineQueries({ store, catalog, clock, live: liveState(store, { catalog, parts }) });
  const retention = openRetention({
    ...params,
    store,
    policy: params.retention ?? defaultRetention,
    seenSeq: () => parts.sensors.seenSeq(),
    catchUp: () => parts.sensors.catchUp(),
  });
  const life = engineLife({ ...params, retention, store, parts, closeQueries: () => queries.close() });
  const automation = automationCommands({
    ...parts,
    store,
    catalog,
    clock,
    faults: params.faults ?? noFaults,
    onInternalError: onProblem,
    tickView: (name) => queries.automation(name).lastTick,
  });
  store.onCommit((events) => lasting.commits.tell(events));
  queries.onStaleChanged((asset) => lasting.stale.tell(asset));
  return {
    store,
    life,
    queries,
    commands: engineCommands({ ...parts, store, catalog, automation, retention, checkOpen: () => life.checkOpen() }),
    access: openAccess({ store, clock, ids }),
  };
}

interface LiveStateParams {
  readonly catalog: Catalog;
  readonly parts: EngineParts;
}

/** What queries show beside the record: what stands in memory alone. */
function liveState(store: Store, { parts, catalog }: LiveStateParams): LiveState {
  const { executor, dispatcher, limits, sensors, schedules } = parts;
  return {
    progressOf: (runId, ordinal) => executor.progressOf(runId, ordinal),
    waitOf: (runId, ordinal) => executor.waitOf(runId, ordinal),
    waitReason: (runId) => dispatcher.waitReason(runId),
    limits: () => limitViews({ store, catalog, limits, executor }),
    nextTimes: (schedule, count) => schedules.nextTimes(schedule, count).map((ms) => new Date(ms).toISOString()),
    isEnabled: (name) => (catalog.sensors.has(name) ? sensors : schedules).isEnabled(name),
  };
}
