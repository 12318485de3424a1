import type { Catalog } from "../core/catalog.ts";
import type { EngineError } from "../core/errors.ts";
import { noFaults } from "../core/ports/fault-points.ts";
import { openStore, type Store } from "../store/store.ts";
import { openAccess } from "./access.ts";
import { automationCommands } from "./automation-commands.ts";
import { engineCommands } from "./commands.ts";
import { declareDefinitions } from "./declare.ts";
import { type EngineLife, engineLife } from "./engine-life.ts";
import { type EngineParts, type EnginePartsParams, openParts } from "./engine-parts.ts";
import { limitViews } from "./limit-views.ts";
import type { Engine } from "./operations.ts";
import { engineQueries } from "./queries/engine-queries.ts";
import type { LiveState } from "./queries/live-state.ts";
import { checkWorkerResources } from "./resource-pool.ts";

export interface OpenEngineParams extends EnginePartsParams {
  readonly project: string;
  readonly dataDir: string;
  /** Name the holder to an engine that finds the directory taken. */
  readonly host: string;
  readonly pid: number;
}

/**
 * Opens an engine on its data directory. Nothing runs before `start()`. Throws `locked`, `schema`, `corrupt`, `config`,
 * or `definition` where a step's resources cannot be had where it runs.
 */
export async function openEngine(params: OpenEngineParams): Promise<Engine> {
  const { catalog, onProblem } = params;
  for (const asset of catalog.assets.values()) checkWorkerResources(asset.step, params.resources);
  let fail = (_error: EngineError): void => {};
  const store = await openStore({
    ...params,
    directory: params.dataDir,
    onFatal(error) {
      onProblem(error);
      fail(error);
    },
    onListenerError: onProblem,
  });
  try {
    await store.writer.write((tx) => declareDefinitions(tx, catalog));
  } catch (error) {
    await store.close();
    throw error;
  }
  const { engine, life } = assemble(store, params);
  fail = (error) => life.fail(error);
  return engine;
}

function assemble(store: Store, params: OpenEngineParams): { readonly engine: Engine; readonly life: EngineLife } {
  const { catalog, clock, ids, onProblem } = params;
  const parts = openParts(store, params);
  const queries = engineQueries({ store, catalog, clock, live: liveState(store, { catalog, parts }) });
  const life = engineLife({ ...params, store, parts, closeQueries: () => queries.close() });
  const automation = automationCommands({
    ...parts,
    store,
    catalog,
    clock,
    faults: params.faults ?? noFaults,
    onInternalError: onProblem,
    tickView: (name) => queries.automation(name).lastTick,
  });
  const engine: Engine = {
    project: params.project,
    catalog,
    generation: store.generation,
    epoch: store.epoch,
    queries,
    commands: engineCommands({ ...parts, store, catalog, automation, checkOpen: () => life.checkOpen() }),
    access: openAccess({ store, clock, ids }),
    start: () => life.start(),
    stop: (how) => life.stop(how),
    onCommit: (listener) => store.onCommit(listener),
    onProgress: (listener) => parts.progress.add(listener),
    onLog: (listener) => parts.logs.add(listener),
    tellStray: (error) => parts.scopes.tellStray(error),
    health: () => life.health(),
  };
  return { engine, life };
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
    waitReason: (runId) => dispatcher.waitReason(runId),
    limits: () => limitViews({ store, catalog, limits, executor }),
    nextTimes: (schedule, count) => schedules.nextTimes(schedule, count).map((ms) => new Date(ms).toISOString()),
    isEnabled: (name) => (catalog.sensors.has(name) ? sensors : schedules).isEnabled(name),
  };
}
