import type { RecordReader, TimedSchedule } from "../core/automation.ts";
import { latestCronTime, nextCronTime } from "../core/cron.ts";
import { EngineError } from "../core/errors.ts";
import { evaluateAutomation, type Evaluation, type EvaluationBasis } from "./evaluation.ts";
import { writeTick, type WriteTickParams } from "./tick.ts";

/**
 * Evaluates schedules at their times. After a stop only the newest time that was missed is made up for; one that is
 * turned on starts with its next time. A tick that fails is tried again for the same time.
 */
export interface ScheduleLoop {
  start(): void;
  evaluate(name: string, atMs: number): Promise<Evaluation>;
  isEnabled(name: string): boolean;
  /** The next times, in ms since the epoch. */
  nextTimes(schedule: TimedSchedule, count: number): readonly number[];
  refresh(name: string): void;
  stop(): Promise<void>;
}

export interface ScheduleLoopParams extends WriteTickParams, EvaluationBasis {
  readonly record: RecordReader;
}

/** The clock may be set while a timer runs, so none runs for longer than this. */
const MAX_TIMER_MS = 3_600_000;
/** A clock that is set back by more was wrong before: times that were recorded by it count no more. */
const MAX_CLOCK_STEP_MS = 3_600_000;
const RETRY_MS = 30_000;

interface ScheduleState {
  readonly schedule: TimedSchedule;
  /** The newest of its ticks, which follow one another. Never rejects. */
  busy: Promise<void>;
  /** When the clock was found to have been set back: what came before counts as done. */
  setBackAtMs: number | null;
  disarm: (() => void) | null;
}

export function openScheduleLoop(params: ScheduleLoopParams): ScheduleLoop {
  const { store, catalog, clock, scheduler } = params;
  const abort = new AbortController();
  const states = new Map<string, ScheduleState>();
  for (const schedule of catalog.schedules.values()) {
    states.set(schedule.name, { schedule, busy: Promise.resolve(), setBackAtMs: null, disarm: null });
  }

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

  /** The time up to which all is done. */
  const dueAfter = (state: ScheduleState): number => {
    const nowMs = clock.now();
    const recordedMs = store.tables.automations.get(state.schedule.name)?.due_after_ms ?? nowMs;
    if (recordedMs > nowMs + MAX_CLOCK_STEP_MS) return (state.setBackAtMs ??= nowMs);
    state.setBackAtMs = null;
    return recordedMs;
  };

  const plan = (state: ScheduleState, atLeastMs = 0): void => {
    state.disarm?.();
    state.disarm = null;
    if (abort.signal.aborted || !isEnabled(state.schedule.name)) return;
    const nextMs = nextCronTime(state.schedule, dueAfter(state));
    if (nextMs === null) return;
    const delayMs = Math.min(Math.max(nextMs - clock.now(), atLeastMs, 0), MAX_TIMER_MS);
    state.disarm = scheduler.after(delayMs, () => {
      state.disarm = null;
      state.busy = state.busy.then(() => tick(state));
    });
  };

  const tick = async (state: ScheduleState): Promise<void> => {
    try {
      plan(state, (await tickOnce(state)) ? 0 : RETRY_MS);
    } catch (error) {
      if (abort.signal.aborted) return;
      params.onInternalError(error);
      plan(state, RETRY_MS);
    }
  };

  /** False where it is to be tried again. */
  const tickOnce = async (state: ScheduleState): Promise<boolean> => {
    const { schedule } = state;
    const scheduledAtMs = latestCronTime(schedule, { afterMs: dueAfter(state), atMs: clock.now() });
    if (scheduledAtMs === null) return true;
    const evaluation = await evaluateOnce(schedule, scheduledAtMs);
    if (abort.signal.aborted) return true;
    const { isOk } = await writeTick(
      {
        ...evaluation,
        automation: schedule.name,
        kind: "schedule",
        scheduledAtMs,
        eventsSeq: undefined,
        dueAfterMs: scheduledAtMs,
      },
      params,
    );
    return isOk;
  };

  const evaluateOnce = (schedule: TimedSchedule, atMs: number): Promise<Evaluation> =>
    evaluateAutomation({
      ...params,
      automation: schedule,
      signal: abort.signal,
      evaluate: (context) => schedule.evaluate({ ...context, scheduledAt: new Date(atMs), record: params.record }),
    });

  return {
    isEnabled,
    start() {
      for (const state of states.values()) plan(state);
    },
    evaluate: (name, atMs) => evaluateOnce(stateOf(name).schedule, atMs),
    nextTimes(schedule, count) {
      const times: number[] = [];
      let afterMs = Math.max(clock.now(), dueAfter(stateOf(schedule.name)));
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
      await Promise.all([...states.values()].map((state) => state.busy));
    },
  };
}
