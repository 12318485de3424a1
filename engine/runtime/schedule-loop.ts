import type { RecordReader, TimedSchedule } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import { latestCronTime, nextCronTime } from "../core/cron.ts";
import { EngineError } from "../core/errors.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import { evaluateAutomation, type Evaluation } from "./evaluation.ts";
import type { ResourcePool } from "./resource-pool.ts";
import { recordTick, type TickParams } from "./tick.ts";

/**
 * Evaluates schedules at their times. After a stop only the newest time that was missed is made up for; one that is
 * turned on starts with its next time. A tick that fails is tried again for the same time.
 */
export interface ScheduleLoop {
  start(): void;
  tick(name: string): Promise<number | null>;
  evaluate(name: string, atMs: number): Promise<Evaluation>;
  isEnabled(name: string): boolean;
  /** The next times, in ms since the epoch. */
  nextTimes(schedule: TimedSchedule, count: number): readonly number[];
  refresh(name: string): void;
  stop(): Promise<void>;
}

export interface ScheduleLoopParams extends TickParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly resources: ResourcePool;
  readonly record: RecordReader;
  readonly onInternalError: (error: unknown) => void;
}

/** The clock may be set while a timer runs, so none runs for longer than this. */
const MAX_TIMER_MS = 3_600_000;
const RETRY_MS = 30_000;

interface ScheduleState {
  readonly schedule: TimedSchedule;
  busy: Promise<unknown> | null;
  disarm: (() => void) | null;
}

export function openScheduleLoop(params: ScheduleLoopParams): ScheduleLoop {
  const { store, catalog, clock, scheduler } = params;
  const abort = new AbortController();
  const states = new Map<string, ScheduleState>();
  for (const schedule of catalog.schedules.values()) states.set(schedule.name, { schedule, busy: null, disarm: null });

  const stateOf = (name: string): ScheduleState => {
    const state = states.get(name);
    if (state === undefined) throw new EngineError("not_found", `there is no schedule "${name}"`);
    return state;
  };

  const isEnabled = (name: string): boolean => {
    const { schedule } = stateOf(name);
    const row = store.tables.automations.get(name);
    return row?.enabled === undefined || row.enabled === null ? schedule.enabledByDefault : row.enabled === 1;
  };

  const dueAfter = (name: string): number => store.tables.automations.get(name)?.due_after_ms ?? clock.now();

  const plan = (state: ScheduleState, atLeastMs = 0): void => {
    state.disarm?.();
    state.disarm = null;
    if (abort.signal.aborted || !isEnabled(state.schedule.name)) return;
    const nextMs = nextCronTime(state.schedule, dueAfter(state.schedule.name));
    if (nextMs === null) return;
    const delayMs = Math.min(Math.max(nextMs - clock.now(), atLeastMs, 0), MAX_TIMER_MS);
    state.disarm = scheduler.after(delayMs, () => {
      state.disarm = null;
      state.busy = tickOnce(state).finally(() => {
        state.busy = null;
      });
    });
  };

  const tickOnce = async (state: ScheduleState): Promise<number | null> => {
    const { schedule } = state;
    const scheduledAtMs = latestCronTime(schedule, { afterMs: dueAfter(schedule.name), atMs: clock.now() });
    if (scheduledAtMs === null) {
      plan(state);
      return null;
    }
    const evaluation = await evaluateOnce(schedule, scheduledAtMs);
    if (abort.signal.aborted) return null;
    let tick: number | null = null;
    try {
      tick = await store.writer.write((tx) =>
        recordTick(
          tx,
          {
            automation: schedule.name,
            kind: "schedule",
            scheduledAtMs,
            ...evaluation,
            eventsSeq: undefined,
            dueAfterMs: scheduledAtMs,
          },
          params,
        ),
      );
    } catch (error) {
      params.onInternalError(error);
    }
    plan(state, evaluation.result.ok && tick !== null ? 0 : RETRY_MS);
    return tick;
  };

  const evaluateOnce = (schedule: TimedSchedule, atMs: number): Promise<Evaluation> =>
    evaluateAutomation({
      clock,
      scheduler,
      signal: abort.signal,
      evaluate: async ({ signal, log }) =>
        schedule.evaluate({
          scheduledAt: new Date(atMs),
          resources: await params.resources.values(schedule.resources),
          signal,
          log,
          record: params.record,
        }),
    });

  return {
    isEnabled,
    start() {
      for (const state of states.values()) plan(state);
    },
    tick: (name) => tickOnce(stateOf(name)),
    evaluate: (name, atMs) => evaluateOnce(stateOf(name).schedule, atMs),
    nextTimes(schedule, count) {
      const times: number[] = [];
      let afterMs = Math.max(clock.now(), dueAfter(schedule.name));
      while (times.length < count) {
        const next = nextCronTime(schedule, afterMs);
        if (next === null) break;
        times.push(next);
        afterMs = next;
      }
      return times;
    },
    refresh: (name) => plan(stateOf(name)),
    async stop() {
      abort.abort(new EngineError("canceled", "the engine stops"));
      for (const state of states.values()) state.disarm?.();
      await Promise.allSettled([...states.values()].flatMap((state) => state.busy ?? []));
    },
  };
}
