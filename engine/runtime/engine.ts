import { EngineError } from "../core/errors.ts";
import type { Catalog } from "../core/catalog.ts";
import type { RecordedEvent } from "../core/events.ts";
import type { Limit } from "../core/limits.ts";
import type { Clock, IdSource, Scheduler } from "../core/ports/time.ts";
import type { WorkerPool } from "../core/ports/worker-pool.ts";
import { openStore, type Store } from "../store/store.ts";
import { openAccess } from "./access.ts";
import { automationCommands } from "./automation-commands.ts";
import { openBackfillLoop } from "./backfill-loop.ts";
import { engineCommands } from "./commands.ts";
import { declareDefinitions } from "./declare.ts";
import { openDispatcher } from "./dispatcher.ts";
import type { Execution } from "./execution.ts";
import { type Executor, openExecutor } from "./executor.ts";
import { limitViews } from "./limit-views.ts";
import { openLimitBook } from "./limit-book.ts";
import type { Engine, EngineHealth, StepProgress } from "./operations.ts";
import { engineQueries } from "./queries/engine-queries.ts";
import { recordReader } from "./record-reader.ts";
import { checkWorkerResources, openResourcePool } from "./resource-pool.ts";
import { runMaker } from "./run-maker.ts";
import { openScheduleLoop } from "./schedule-loop.ts";
import { openSensorLoop } from "./sensor-loop.ts";
import { stepRunner } from "./step-runner.ts";

export interface OpenEngineParams {
  readonly project: string;
  readonly dataDir: string;
  readonly catalog: Catalog;
  /** Values of resources by their keys. */
  readonly resources: ReadonlyMap<string, unknown>;
  /** Effective settings, for resources that open themselves. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly workers: WorkerPool;
  readonly host: string;
  readonly pid: number;
  /** From configuration; an operator's word goes over them. */
  readonly limits?: readonly Limit[];
  /** How long code may go on after its signal aborted. Default 10,000. */
  readonly abortGraceMs?: number;
  /** Problems of the engine itself: bugs, listeners that threw, a record that cannot be written. */
  readonly onProblem: (error: unknown) => void;
}

const DEFAULT_ABORT_GRACE_MS = 10_000;

/**
 * Opens an engine on its data directory. Nothing runs before `start()`. Throws `locked`, `schema`, `corrupt`, `config`,
 * or `definition` where a step's resources cannot be had where it runs.
 */
export async function openEngine(params: OpenEngineParams): Promise<Engine> {
  const { catalog, clock, scheduler, ids } = params;
  for (const asset of catalog.assets.values()) checkWorkerResources(asset.step, params.resources);
  let failure: EngineError | null = null;
  const store = await openStore({
    directory: params.dataDir,
    host: params.host,
    pid: params.pid,
    clock,
    scheduler,
    ids,
    onFatal(error) {
      failure = error;
      params.onProblem(error);
    },
    onListenerError: params.onProblem,
  });
  try {
    await store.writer.write((tx) => declareDefinitions(tx, catalog));
  } catch (error) {
    await store.close();
    throw error;
  }
  return assemble(store, { ...params, failure: () => failure });
}

interface AssembleParams extends OpenEngineParams {
  readonly failure: () => EngineError | null;
}

function assemble(store: Store, params: AssembleParams): Engine {
  const { catalog, clock, scheduler, ids, onProblem } = params;
  const startedAtMs = clock.now();
  const progressListeners = new Set<(progress: StepProgress) => void>();
  const logListeners = new Set<(runId: string) => void>();
  let status: EngineHealth["status"] = "ok";
  /** A listener's throw is a bug that must hurt neither the others nor the code that is told of. */
  const tell = <T>(listeners: ReadonlySet<(told: T) => void>, told: T): void => {
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (error) {
        onProblem(error);
      }
    }
  };

  const limits = openLimitBook(store, params.limits ?? []);
  const resources = openResourcePool({
    bound: params.resources,
    settings: params.settings,
    onCloseError: onProblem,
  });
  const maker = runMaker({ catalog, ids });
  const record = recordReader(store);
  const executor: Executor = openExecutor({
    store,
    catalog,
    scheduler,
    ids,
    limits,
    onInternalError: onProblem,
    runner: (hooks) =>
      stepRunner({
        ...params,
        ...hooks,
        store,
        resources,
        abortGraceMs: params.abortGraceMs ?? DEFAULT_ABORT_GRACE_MS,
        onLog(execution: Execution, lines) {
          store.writer
            .write((tx) => tx.logs.append(execution.run.id, lines))
            .then(() => tell(logListeners, execution.run.uid), onProblem);
        },
        onProgress(execution, step) {
          const told = { runId: execution.run.uid, step: step.ordinal, progress: step.progress ?? {} };
          tell(progressListeners, told);
        },
      }),
  });
  const loop = { store, catalog, clock, scheduler, resources, record, maker, onInternalError: onProblem };
  const dispatcher = openDispatcher({ store, catalog, scheduler, executor, limits, onInternalError: onProblem });
  const backfills = openBackfillLoop({ ...loop, executor });
  const sensors = openSensorLoop(loop);
  const schedules = openScheduleLoop(loop);
  const wake = (): void => {
    if (status !== "ok") return;
    dispatcher.wake();
    backfills.wake();
  };

  const queries = engineQueries({
    store,
    catalog,
    clock,
    live: {
      progressOf: (runId, ordinal) => executor.progressOf(runId, ordinal),
      waitReason: (runId) => dispatcher.waitReason(runId),
      limits: () => limitViews({ store, catalog, limits, executor }),
      nextTimes: (schedule, count) => schedules.nextTimes(schedule, count).map((ms) => new Date(ms).toISOString()),
      isEnabled: (name) => (catalog.sensors.has(name) ? sensors : schedules).isEnabled(name),
    },
  });
  const automation = automationCommands({
    ...loop,
    sensors,
    schedules,
    tickView: (name) => queries.automation(name).lastTick,
  });
  const checkOpen = (): void => {
    const failure = params.failure();
    if (failure !== null) throw new EngineError("conflict", `the engine takes no more work: ${failure.message}`);
    if (status !== "ok") throw new EngineError("conflict", "the engine is stopping; try again when it is back");
  };

  const observe = (events: readonly RecordedEvent[]): void => {
    if (status !== "ok") return;
    if (events.some((event) => WAKING_EVENTS.has(event.type))) wake();
    sensors.observe(events);
  };

  return {
    project: params.project,
    catalog,
    generation: store.generation,
    epoch: store.epoch,
    queries,
    commands: engineCommands({ store, catalog, maker, executor, limits, automation, checkOpen }),
    access: openAccess({ store, clock, ids }),
    async start() {
      await store.writer.write((tx) => {
        const live = tx.runs.live();
        tx.emit({ type: "engine.started", data: { epoch: store.epoch, recovered: { runs: live.length } } });
        executor.recover(tx, live);
      });
      store.onCommit(observe);
      wake();
      sensors.start();
      schedules.start();
    },
    async stop({ deadlineMs, reason }) {
      if (status === "stopping") return;
      status = "stopping";
      dispatcher.stop();
      backfills.stop();
      await Promise.all([sensors.stop(), schedules.stop()]);
      const enough = new AbortController();
      await Promise.race([executor.drain(), clock.sleep(deadlineMs, enough.signal).catch(() => {})]);
      enough.abort();
      await executor.stop(reason);
      queries.close();
      await resources.close();
      await store.close();
    },
    onCommit: (listener) => store.onCommit(listener),
    onProgress: (listener) => subscribe(progressListeners, listener),
    onLog: (listener) => subscribe(logListeners, listener),
    health() {
      const failure = params.failure();
      return {
        status: failure === null ? status : "failed",
        error: failure === null ? null : { code: failure.code, message: failure.message },
        startedAt: new Date(startedAtMs).toISOString(),
        queuedRuns: store.tables.runs.queuedCount(),
        runningRuns: executor.runCount,
        runningSteps: executor.stepCount,
        newestSeq: store.tables.events.newestSeq(),
      };
    },
  };
}

/** After these a queued run, or a backfill's next, may have its turn. */
const WAKING_EVENTS: ReadonlySet<RecordedEvent["type"]> = new Set([
  "run.queued",
  "run.succeeded",
  "run.failed",
  "run.canceled",
  "backfill.changed",
  "limits.changed",
] as const);

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
