import { piscinaWorkers } from "../../../engine/adapters/piscina-workers.ts";
import {
  type Clerk,
  type Clock,
  type Engine,
  type IdSource,
  type LoadedLocation,
  loadLocations,
  openEngine,
  type OpenEngineParams,
  type Scheduler,
  type WorkerPool,
} from "../../../engine/operate.ts";
import type { ProjectPlan } from "./deployment.ts";
import { openStores, type Stores } from "./stores.ts";

export interface OpenedProject {
  readonly plan: ProjectPlan;
  readonly engine: Engine;
  readonly stores: Stores;
  readonly locations: readonly LoadedLocation[];
}

export interface OpenProjectParams {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly workers: WorkerPool;
  readonly clerk: Clerk;
  readonly host: string;
  readonly pid: number;
  readonly onProblem: (error: unknown) => void;
}

/** A worker that parses a large document, or sorts a large release. */
const WORKER_HEAP_MB = 512;
const MIN_WORKERS = 2;

/** CPU-heavy work of all projects; one core is left to the engine. */
export function openWorkers({ cores, scheduler }: { cores: number; scheduler: Scheduler }): WorkerPool {
  return piscinaWorkers({ threads: Math.max(MIN_WORKERS, cores - 1), maxOldSpaceMb: WORKER_HEAP_MB, scheduler });
}

/**
 * Limits where no operator set any: no more harvests and loads at the same time than the services behind them bear. That
 * a source is never summoned twice at once needs none: no two runs make the same partition at the same time.
 */
const defaultLimits: NonNullable<OpenEngineParams["limits"]> = [
  { kind: "tag", key: "ingest", value: "docker", maximum: 4 },
  { kind: "tag", key: "ingest", value: "graph", maximum: 4 },
];

/** What the workspace says, over what the services behind the domain's steps bear. */
export function configuredLimits({ limits }: Pick<ProjectPlan, "limits">): NonNullable<OpenEngineParams["limits"]> {
  return [...defaultLimits, ...limits];
}

/** Loads a project's code and opens its engine; nothing runs yet. */
export async function openProject(plan: ProjectPlan, params: OpenProjectParams): Promise<OpenedProject> {
  const { clock, scheduler, ids, workers, clerk, host, pid, onProblem } = params;
  const { catalog, locations } = await loadLocations(plan.locations, plan.environment);
  const stores = await openStores({
    ...params,
    dataDir: plan.dataDir,
    settings: plan.report.settings,
    readOnly: false,
  });
  const resources = new Map<string, unknown>([
    ["object_store", stores.objects],
    ["triple_store", stores.triples],
    ["workers", workers],
    ["clock", clock],
    ["ids", ids],
  ]);
  if (stores.summaryTriples !== null) resources.set("summary_triple_store", stores.summaryTriples);
  try {
    const engine = await openEngine({
      project: plan.name,
      dataDir: plan.dataDir,
      catalog,
      resources,
      settings: plan.environment,
      clock,
      scheduler,
      ids,
      workers,
      clerk,
      host,
      pid,
      limits: configuredLimits(plan),
      retention: plan.retention,
      onProblem,
    });
    // The engine holds the lock of the data directory now.
    stores.open();
    return { plan, engine, stores, locations };
  } catch (error) {
    await stores.close();
    throw error;
  }
}
