import { EngineError } from "../../core/errors.ts";
import type { FaultPoints } from "../../core/ports/fault-points.ts";
import type { ContainerFacts, ContainerRunner } from "../../core/ports/container-runner.ts";
import type { Clock, Scheduler } from "../../core/ports/time.ts";
import { DEFAULT_STOP_GRACE_MS, ownerOf, projectLabels } from "../../core/step-containers.ts";
import type { Store } from "../../store/store.ts";
import type { DiskDoor } from "../engine-parts.ts";
import type { ExecutedStep, Execution, LiveAttempt } from "../execution.ts";
import type { BufferedLog } from "../step-log.ts";
import { type AttemptContainers, attemptContainers } from "./attempt-containers.ts";
import { openRemoval } from "./removal.ts";
import { workRecord } from "./work-record.ts";

/**
 * Containers of steps (design §3.5, §3.8).
 *
 * X1. A row is on disk before its container is created, and goes after its container has gone.
 * X2. A container's name and labels say whose it is; they are the same however often the engine restarts.
 * X3. Only the live attempt of a step creates; what an earlier attempt left is gone before that.
 * X4. A step is canceled, or tried again after a time-out, only when its containers are gone.
 * X5. What no live attempt owns is removed: at the start, after ends, and once a minute.
 */
export interface ExternalWork {
  /** False: the engine has no container host. */
  readonly isBound: boolean;
  /** To be called with the record at each of its openings. */
  use(store: Store): void;
  ofAttempt(attempt: AttemptParams): AttemptContainers;
  /** Asks for a look at what has to go. Cheap; many asks make one. */
  wake(): void;
  /** Gives up all that waits for the host. */
  stop(reason: string): Promise<void>;
}

export interface AttemptParams {
  readonly execution: Execution;
  readonly step: ExecutedStep;
  readonly live: LiveAttempt;
  readonly log: BufferedLog;
}

export interface ExternalWorkParams {
  readonly disk: DiskDoor;
  readonly host: ContainerRunner;
  readonly project: string;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly faults: FaultPoints;
  readonly onInternalError: (error: unknown) => void;
}

/** A container that came about after its creation was given up is found by then. */
const SWEEP_INTERVAL_MS = 60_000;
/** Containers that are ended at the same time. */
const SWEPT_TOGETHER = 20;

export function openExternalWork(params: ExternalWorkParams): ExternalWork {
  const { host, scheduler } = params;
  const record = workRecord(params.disk);
  const stopped = new AbortController();
  const shared = { ...params, record, signal: stopped.signal, ended: stopped.signal };
  const removal = openRemoval(shared);
  let sweeping: Promise<void> | null = null;
  let isAsked = false;
  let disarm = (): void => {};
  const onWait = (): void => {};

  const isStray = ({ labels, status }: ContainerFacts): boolean => {
    const owner = ownerOf(labels);
    if (owner === null || (owner.keep && status === "exited")) return false;
    const run = record.tables.runs.byUid(owner.run);
    if (run === undefined) return true;
    // One on record that is not live goes by its row.
    return record.tables.externalWork.get({ runId: run.id, ordinal: owner.step, ...owner }) === undefined;
  };

  const sweep = async (): Promise<void> => {
    for (let rows = ended(); rows.length > 0; rows = ended()) {
      await Promise.all(rows.map((row) => removal.ofWork(row, onWait)));
    }
    const labels = projectLabels({ project: params.project, lineage: record.lineage });
    const found = await removal.find(labels);
    for (const one of found.filter(isStray)) {
      await removal.ofFound(one, { stopGraceMs: DEFAULT_STOP_GRACE_MS, onWait });
    }
  };
  const ended = () => record.tables.externalWork.ended(SWEPT_TOGETHER);

  const sweepUntilQuiet = async (): Promise<void> => {
    while (isAsked && !stopped.signal.aborted) {
      isAsked = false;
      try {
        await sweep();
      } catch (error) {
        if (!stopped.signal.aborted && record.isOpen) params.onInternalError(error);
      }
    }
  };

  const wake = (): void => {
    if (stopped.signal.aborted) return;
    isAsked = true;
    if (sweeping !== null) return;
    disarm();
    sweeping = sweepUntilQuiet().finally(() => {
      sweeping = null;
      if (!stopped.signal.aborted) disarm = scheduler.after(SWEEP_INTERVAL_MS, wake);
    });
  };

  return {
    isBound: true,
    use: (store) => record.use(store),
    wake,
    ofAttempt: (attempt) => attemptContainers({ ...shared, ...attempt, host, removal }),
    async stop(reason) {
      stopped.abort(new EngineError("interrupted", reason));
      disarm();
      await sweeping;
    },
  };
}

/** Of an engine without a container host. */
export function noExternalWork(): ExternalWork {
  const refuse = (): never => {
    throw new EngineError("config", "this engine has no container host, so it cannot run containers");
  };
  const containers: AttemptContainers = {
    run: async () => refuse(),
    start: async () => refuse(),
    close: async () => {},
    wereUsed: false,
    isResumed: false,
    runningSinceMs: async () => null,
  };
  return { isBound: false, use() {}, ofAttempt: () => containers, wake() {}, stop: async () => {} };
}
