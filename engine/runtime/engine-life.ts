import { EngineError } from "../core/errors.ts";
import type { RecordedEvent } from "../core/events.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { EngineParts } from "./engine-parts.ts";
import type { Engine, EngineHealth } from "./operations.ts";

export interface EngineLifeParams {
  readonly store: Store;
  readonly parts: EngineParts;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** What only reads ends here, when nothing moves any more. */
  readonly closeQueries: () => void;
}

export interface EngineLife extends Pick<Engine, "start" | "stop" | "health"> {
  /** Throws `conflict` where the engine takes no more work. */
  checkOpen(): void;
  /** Nothing can be written any more: ends all that moves at once, and goes on showing what there is. */
  fail(error: EngineError): void;
}

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
  const { executor, dispatcher, backfills, sensors, schedules, resources } = parts;
  const startedAtMs = clock.now();
  const drained = Promise.withResolvers<void>();
  let stopping: Promise<void> | null = null;
  let failure: EngineError | null = null;

  const wake = (): void => {
    dispatcher.wake();
    backfills.wake();
  };

  const observe = (events: readonly RecordedEvent[]): void => {
    if (stopping !== null || failure !== null) return;
    if (events.some((event) => WAKING_EVENTS.has(event.type))) wake();
    sensors.observe(events);
  };

  const stopLoops = async (): Promise<void> => {
    dispatcher.stop();
    backfills.stop();
    await Promise.all([sensors.stop(), schedules.stop()]);
  };

  const shutDown = async (reason: string): Promise<void> => {
    await stopLoops();
    await Promise.race([executor.drain(), drained.promise]);
    await executor.stop(reason);
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
      wake();
      sensors.start();
      schedules.start();
    },
    async stop({ deadlineMs, reason }) {
      stopping ??= shutDown(reason);
      const disarm = scheduler.after(deadlineMs, () => drained.resolve());
      await stopping.finally(disarm);
    },
    fail(error) {
      failure ??= error;
      void executor.stop(error.message);
      void stopLoops();
    },
    checkOpen() {
      if (failure !== null) throw new EngineError("conflict", `the engine takes no more work: ${failure.message}`);
      if (stopping !== null) throw new EngineError("conflict", "the engine is stopping; try again when it is back");
    },
    health(): EngineHealth {
      return {
        status: failure !== null ? "failed" : stopping === null ? "ok" : "stopping",
        error: failure === null ? null : { code: failure.code, message: failure.message },
        startedAt: new Date(startedAtMs).toISOString(),
        queuedRuns: store.tables.runs.queuedCount(),
        runningRuns: executor.runCount,
        runningSteps: executor.stepCount,
        newestSeq: store.tables.events.newestSeq(),
        commits: store.writer.commits,
      };
    },
  };
}
