import type { Catalog } from "../core/catalog.ts";
import { type EngineError, isEngineError } from "../core/errors.ts";
import type { LogLine, RecordedEvent } from "../core/events.ts";
import type { Limit } from "../core/limits.ts";
import { type Listeners, listenersOf } from "../core/listeners.ts";
import { type Clerk, noClerk } from "../core/ports/clerk.ts";
import { type FaultPoints, noFaults } from "../core/ports/fault-points.ts";
import type { Clock, IdSource, Scheduler } from "../core/ports/time.ts";
import type { ContainerRunner } from "../core/ports/container-runner.ts";
import type { RetentionPolicy } from "../core/retention.ts";
import type { WorkerPool } from "../core/ports/worker-pool.ts";
import type { RecordCare } from "../store/care/care-thread.ts";
import type { Store } from "../store/store.ts";
import { type BackfillLoop, openBackfillLoop } from "./backfill-loop.ts";
import { type CodeScopes, codeScopes } from "./code-scopes.ts";
import { type Dispatcher, openDispatcher } from "./dispatcher.ts";
import type { Execution } from "./execution.ts";
import { type Executor, openExecutor } from "./executor.ts";
import { type ExternalWork, noExternalWork, openExternalWork } from "./external-work/external-work.ts";
import { type ConfiguredLimits, type LimitBook, openLimitBook } from "./limit-book.ts";
import { type LiveAttempts, liveAttempts } from "./live-attempts.ts";
import type { EngineHealth, StepProgress } from "./operations.ts";
import { recordReader } from "./record-reader.ts";
import { openResourcePool, type ResourcePool } from "./resource-pool.ts";
import { type RunMaker, runMaker } from "./run-maker.ts";
import { openScheduleLoop, type ScheduleLoop } from "./schedule-loop.ts";
import { openSensorLoop, type SensorLoop } from "./sensor-loop.ts";
import { stepRunner } from "./step-runner.ts";

export interface EnginePartsParams {
  readonly project: string;
  readonly catalog: Catalog;
  /** Values of resources by their keys. */
  readonly resources: ReadonlyMap<string, unknown>;
  /** Effective settings, for resources that open themselves. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: IdSource;
  readonly workers: WorkerPool;
  /** Watches the engine's thread. Default: nobody does. */
  readonly clerk?: Clerk;
  /** Where steps run containers; default: nowhere, and a step that asks for one fails. */
  readonly containers?: ContainerRunner;
  /** From configuration; an operator's word goes over them. */
  readonly limits?: readonly Limit[];
  /** What is kept of the history. Default: `defaultRetention`. */
  readonly retention?: RetentionPolicy;
  /** How long code may go on after its signal aborted. Default 10,000. */
  readonly abortGraceMs?: number;
  /** Problems of the engine itself: bugs, listeners that threw, a record that cannot be written. */
  readonly onProblem: (error: unknown) => void;
  /** What reads the whole database; default: a thread for each task. */
  readonly care?: RecordCare;
  /** Where a test ends the engine or makes something fail. Default: nowhere. */
  readonly faults?: FaultPoints;
}

/** What outlives a reopening of the record: whom the engine tells, its resources, and the code that runs. */
export interface LastingParts {
  readonly scopes: CodeScopes;
  readonly resources: ResourcePool;
  readonly started: LiveAttempts;
  readonly configured: ConfiguredLimits;
  readonly progress: Listeners<StepProgress>;
  /** Told the id of a run when lines were added to its log. */
  readonly logs: Listeners<string>;
  readonly commits: Listeners<readonly RecordedEvent[]>;
  /** Told of assets whose count of stale partitions changed. */
  readonly stale: Listeners<string>;
  readonly health: Listeners<EngineHealth>;
  readonly disk: DiskDoor;
  readonly externalWork: ExternalWork;
}

/** For whoever could not write a file: says so, and waits until it may be tried again. */
export interface DiskDoor {
  wellAfter(error: EngineError, signal: AbortSignal): Promise<void>;
}

/** What moves in an engine. */
export interface EngineParts extends LastingParts {
  readonly limits: LimitBook;
  readonly maker: RunMaker;
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly backfills: BackfillLoop;
  readonly sensors: SensorLoop;
  readonly schedules: ScheduleLoop;
}

const DEFAULT_ABORT_GRACE_MS = 10_000;

export function openLasting(params: EnginePartsParams, disk: DiskDoor): LastingParts {
  const { onProblem } = params;
  const scopes = codeScopes();
  const shared = { ...params, disk, faults: params.faults ?? noFaults, onInternalError: onProblem };
  const { containers } = params;
  return {
    scopes,
    resources: openResourcePool({ ...params, scopes, bound: params.resources, onInternalError: onProblem }),
    started: liveAttempts(),
    configured: { limits: params.limits ?? [] },
    progress: listenersOf(onProblem),
    logs: listenersOf(onProblem),
    commits: listenersOf(onProblem),
    stale: listenersOf(onProblem),
    health: listenersOf(onProblem),
    disk,
    externalWork: containers === undefined ? noExternalWork() : openExternalWork({ ...shared, host: containers }),
  };
}

/** Puts the parts of an engine together. Nothing moves before it is told to. */
export function openParts(store: Store, params: EnginePartsParams & { readonly lasting: LastingParts }): EngineParts {
  const { catalog, scheduler, ids, onProblem, lasting } = params;
  const { scopes, resources, started, progress, externalWork } = lasting;
  const faults = params.faults ?? noFaults;
  const shared = { ...params, store, scopes, onInternalError: onProblem, faults, clerk: params.clerk ?? noClerk };
  const limits = openLimitBook(store, lasting.configured);
  const maker = runMaker({ catalog, ids });
  externalWork.use(store);
  const executor = openExecutor({
    ...shared,
    externalWork,
    limits,
    started,
    runner: stepRunner({
      ...shared,
      ...started.hooks,
      resources,
      externalWork,
      abortGraceMs: params.abortGraceMs ?? DEFAULT_ABORT_GRACE_MS,
      onLog: (execution, lines) => void writeLog(store, { execution, lines, lasting, onProblem }),
      disk: lasting.disk,
      onProgress: ({ run }, { ordinal }, said) => progress.tell({ runId: run.uid, step: ordinal, progress: said }),
    }),
  });
  const automation = { ...shared, maker, resources, record: recordReader(store) };
  return {
    ...lasting,
    limits,
    maker,
    executor,
    dispatcher: openDispatcher({ ...shared, limits, executor }),
    backfills: openBackfillLoop({ ...shared, scheduler, maker, executor }),
    sensors: openSensorLoop(automation),
    schedules: openScheduleLoop(automation),
  };
}

interface WriteLogParams {
  readonly execution: Execution;
  readonly lines: readonly LogLine[];
  readonly lasting: LastingParts;
  readonly onProblem: (error: unknown) => void;
}

async function writeLog(store: Store, { execution, lines, lasting, onProblem }: WriteLogParams): Promise<void> {
  try {
    await store.writer.write((tx) => tx.logs.append(execution.run.id, lines));
    lasting.logs.tell(execution.run.uid);
  } catch (error) {
    if (isEngineError(error, "disk_failed")) lasting.started.keepLog(execution.run.id, lines);
    else if (store.writer.isOpen) onProblem(error);
  }
}
