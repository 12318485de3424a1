import { EngineError } from "../core/errors.ts";
import type { RecordedEvent } from "../core/events.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { RecordCare } from "../store/care/care-thread.ts";
import type { Store } from "../store/store.ts";
import { openDatabaseCheck } from "./database-check.ts";
import type { EngineParts } from "./engine-parts.ts";
import type { Retention } from "./retention.ts";
import type { Engine, EngineHealth } from "./operations.ts";

export interface EngineLifeParams {
  readonly store: Store;
  readonly parts: EngineParts;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** What only reads ends here, when nothing moves any more. */
  readonly closeQueries: () => void;
  /** The health has another word now. */
  readonly onHealth: () => void;
  readonly onProblem: (error: unknown) => void;
  readonly care?: RecordCare;
  readonly retention: Retention;
}

export interface EngineLife extends Pick<Engine, "start" | "drain" | "stop" | "health"> {
  /** Throws `conflict` where the engine takes no more work. */
  checkOpen(): void;
  /** Nothing can be written any more: ends all that moves at once, and goes on showing what there is. */
  fail(error: EngineError): void;
  /** The disk takes nothing: records and starts nothing. Code goes on, for the session that comes when it is well. */
  letGo(error: EngineError): void;
  /** Another session took over: ends what only reads. */
  retire(): void;
}

type RecordFigures = Pick<EngineHealth, "queuedRuns" | "newestSeq">;

/** After these a queued run, or a backfill's next, may have its turn. */
const WAKING_EVENTS: ReadonlySet<RecordedEvent["type"]> = new Set([
  "run.queued",
  "run.prioritized",
  "run.succeeded",
  "run.failed",
  "run.canceled",
  "backfill.changed",
  "limits.changed",
] as const);

/** An engine's start, how commits keep it moving, and its end. */
export function engineLife(params: EngineLifeParams): EngineLife {
  const { store, parts, clock, scheduler } = params;
  const { executor, dispatcher, backfills, sensors, schedules, resources, externalWork } = parts;
  const startedAtMs = clock.now();
  const drained = Promise.withResolvers<void>();
  let draining: Promise<void> | null = null;
  let closing: Promise<void> | null = null;
  let failure: EngineError | null = null;
  let isWaitingForDisk = false;
  let figures: RecordFigures = { queuedRuns: 0, newestSeq: 0 };

  const check = openDatabaseCheck({
    ...params,
    onDamage(error) {
      params.onProblem(error);
      takeNoMore(error);
    },
  });

  /** Once the record has failed, the last that could be read of it: its disk may not give it any more. */
  const readFigures = (): RecordFigures => {
    try {
      const { runs, events } = store.tables;
      figures = { queuedRuns: runs.queuedCount(), newestSeq: events.newestSeq() };
    } catch (error) {
      if (failure === null) throw error;
    }
    return figures;
  };

  const wake = (): void => {
    dispatcher.wake();
    backfills.wake();
  };

  const observe = (events: readonly RecordedEvent[]): void => {
    if (draining !== null || failure !== null) return;
    if (events.some((event) => WAKING_EVENTS.has(event.type))) wake();
    sensors.observe(events);
  };

  const stopLoops = async (): Promise<void> => {
    dispatcher.stop();
    backfills.stop();
    await Promise.all([sensors.stop(), schedules.stop(), check.stop(), params.retention.stop()]);
  };

  /** The record can be written and must not be trusted: lets what runs end, starts nothing, and shows what there is. */
  const takeNoMore = (error: EngineError): void => {
    if (failure !== null) return;
    failure = error;
    void executor.drain();
    void stopLoops();
    params.onHealth();
  };

  const endAll = async (reason: string): Promise<void> => {
    await stopLoops();
    await Promise.race([executor.drain(), drained.promise]);
    await executor.stop(reason);
  };

  const drain: Engine["drain"] = async ({ deadlineMs, reason }) => {
    const isFirst = draining === null;
    draining ??= endAll(reason);
    if (isFirst) params.onHealth();
    const disarm = scheduler.after(deadlineMs, () => drained.resolve());
    await draining.finally(disarm);
  };

  const close = async (): Promise<void> => {
    params.closeQueries();
    await resources.close();
    await store.close();
  };

  return {
    async start() {
      await store.writer.write((tx) => {
        const live = tx.runs.live();
        tx.emit({ type: "engine.started", data: { epoch: store.epoch, recovered: { runs: live.length } } });
        executor.recover(tx, live);
      });
      store.onCommit(observe);
      externalWork.wake();
      wake();
      sensors.start();
      schedules.start();
      check.start();
      params.retention.start();
    },
    drain,
    async stop(how) {
      await drain(how);
      await (closing ??= close());
    },
    fail(error) {
      if (failure === null || isWaitingForDisk) failure = error;
      isWaitingForDisk = false;
      void executor.stop(error.message);
      void stopLoops();
      params.onHealth();
    },
    letGo(error) {
      failure ??= error;
      isWaitingForDisk = true;
      executor.letGo();
      void stopLoops();
      params.onHealth();
    },
    retire() {
      params.closeQueries();
    },
    checkOpen() {
      if (failure !== null) throw refusalOf(failure);
      if (draining !== null) throw new EngineError("conflict", "the engine is stopping; try again when it is back");
    },
    health(): EngineHealth {
      const { queuedRuns, newestSeq } = readFigures();
      return {
        status: draining !== null ? "stopping" : isWaitingForDisk ? "suspended" : failure === null ? "ok" : "failed",
        error: failure === null ? null : { code: failure.code, message: failure.message },
        startedAt: new Date(startedAtMs).toISOString(),
        queuedRuns,
        runningRuns: executor.runCount,
        runningSteps: executor.stepCount,
        newestSeq,
        commits: store.writer.commits,
      };
    },
  };
}

function refusalOf(failure: EngineError): EngineError {
  if (failure.code !== "disk_failed") {
    return new EngineError("conflict", `the engine takes no more work: ${failure.message}`);
  }
  return new EngineError(
    "disk_failed",
    `the engine takes no work: ${failure.message}; it goes on when the disk is well`,
    {
      retryable: true,
    },
  );
}
