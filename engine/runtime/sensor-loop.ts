import type { RecordReader, Sensor } from "../core/automation.ts";
import { EngineError } from "../core/errors.ts";
import type { RecordedEvent } from "../core/events.ts";
import { evaluateAutomation, type Evaluation, type EvaluationBasis } from "./evaluation.ts";
import { concernsSensor, senseEvents, type Sensed } from "./sensed-events.ts";
import { openSensorWatch, type SensorWatch } from "./sensor-watch.ts";
import { writeTick, type WriteTickParams } from "./tick.ts";

/**
 * Evaluates sensors: polling ones on their interval, the others when the record tells of what they watch. One
 * evaluation of a sensor at a time; one that fails is tried again, and misses nothing since its cursor stayed.
 */
export interface SensorLoop {
  start(): void;
  /** Asks for an evaluation soon. */
  wake(name: string): void;
  /** Hands over what was committed. */
  observe(events: readonly RecordedEvent[]): void;
  /** Does something while the sensor is not evaluated by itself. */
  alone<T>(name: string, task: () => Promise<T>): Promise<T>;
  /** One evaluation, not recorded, and the events that it was shown. To be called when the sensor is alone. */
  evaluate(name: string): Promise<Evaluation & { readonly eventsSeq: number }>;
  isEnabled(name: string): boolean;
  /** Up to here every sensor of events that is on has seen them. */
  seenSeq(): number;
  /** Moves each of these on over what does not concern it, and asks for an evaluation where something does. Never rejects. */
  catchUp(): Promise<void>;
  /** To be called when a sensor was turned on or off. */
  refresh(name: string): void;
  stop(): Promise<void>;
}

export interface SensorLoopParams extends WriteTickParams, EvaluationBasis {
  readonly record: RecordReader;
}

/** 1 s, 2 s, 4 s, … up to a minute. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
/** Events that do not concern a sensor move its cursor on by steps of at least this, but for those when all catch up. */
const SKIPPED_EVENTS = 1000;

interface SensorState {
  readonly sensor: Sensor;
  readonly watch: SensorWatch;
  /** Never rejects. */
  busy: Promise<void> | null;
  /** Asked for while it was busy. */
  wanted: boolean;
  failures: number;
  /** Up to here nothing concerned it. */
  skippedSeq: number;
  /** On the clock that never goes back. */
  lastTickMs: number;
  disarm: (() => void) | null;
}

interface SkipParams {
  readonly untilSeq: number;
  /** Fewer events are not worth a write. */
  readonly atLeast: number;
}

export function openSensorLoop(params: SensorLoopParams): SensorLoop {
  const { store, catalog, clock, scheduler } = params;
  const abort = new AbortController();
  const states = new Map<string, SensorState>();
  for (const sensor of catalog.sensors.values()) states.set(sensor.name, stateOfSensor(sensor));

  function stateOfSensor(sensor: Sensor): SensorState {
    const state: SensorState = {
      sensor,
      watch: openSensorWatch(sensor, { ...params, signal: abort.signal, wake: () => run(state) }),
      busy: null,
      wanted: false,
      failures: 0,
      skippedSeq: 0,
      lastTickMs: Number.NEGATIVE_INFINITY,
      disarm: null,
    };
    return state;
  }

  const stateOf = (name: string): SensorState => {
    const state = states.get(name);
    if (state === undefined) throw new EngineError("not_found", `there is no sensor "${name}"`);
    return state;
  };

  const isEnabled = (name: string): boolean => {
    const { sensor } = stateOf(name);
    const row = store.tables.automations.get(name);
    return row?.enabled === undefined || row.enabled === null ? sensor.enabledByDefault : row.enabled === 1;
  };

  const arm = (state: SensorState, delayMs: number): void => {
    state.disarm?.();
    state.disarm = scheduler.after(delayMs, () => {
      state.disarm = null;
      run(state);
    });
  };

  /** Evaluates it now where it may; a wish that comes while it is busy is kept. */
  const run = (state: SensorState): void => {
    if (abort.signal.aborted || !isEnabled(state.sensor.name)) return;
    if (state.busy !== null) {
      state.wanted = true;
      return;
    }
    const isPoll = state.sensor.trigger.type === "poll";
    const waitMs = isPoll ? 0 : state.lastTickMs + state.sensor.minIntervalMs - clock.monotonic();
    if (waitMs > 0) arm(state, waitMs);
    else void occupy(state, () => tick(state));
  };

  const occupy = <T>(state: SensorState, task: () => Promise<T>): Promise<T> => {
    const work = task();
    const isDone = (): void => {
      state.busy = null;
      goOn(state);
    };
    state.busy = work.then(isDone, isDone);
    return work;
  };

  const goOn = (state: SensorState): void => {
    if (abort.signal.aborted) return;
    const again = state.wanted;
    state.wanted = false;
    if (state.failures > 0) arm(state, Math.min(FIRST_RETRY_MS * 2 ** (state.failures - 1), MAX_RETRY_MS));
    else if (again) scheduler.defer(() => run(state));
    else if (state.sensor.trigger.type === "poll") arm(state, state.sensor.minIntervalMs);
  };

  /** Never rejects. */
  const tick = async (state: SensorState): Promise<void> => {
    try {
      const sensed = await lookOn(state);
      state.wanted ||= sensed.more;
      if (sensed.isNews) await evaluateAndRecord(state, sensed);
      else await skip(state, { untilSeq: sensed.untilSeq, atLeast: SKIPPED_EVENTS });
    } catch (error) {
      if (abort.signal.aborted) return;
      state.failures++;
      params.onInternalError(error);
    }
  };

  const look = ({ sensor, skippedSeq }: SensorState): Sensed => {
    const afterSeq = store.tables.automations.get(sensor.name)?.events_seq ?? 0;
    return senseEvents(sensor, { tables: store.tables, afterSeq: Math.max(afterSeq, skippedSeq) });
  };

  /** Looks on, each time in another turn, until there is news or nothing more. */
  const lookOn = async (state: SensorState): Promise<Sensed> => {
    for (;;) {
      const sensed = look(state);
      if (sensed.isNews || !sensed.more) return sensed;
      state.skippedSeq = sensed.untilSeq;
      await new Promise<void>((resolve) => scheduler.defer(resolve));
      abort.signal.throwIfAborted();
    }
  };

  const skip = async (state: SensorState, { untilSeq, atLeast }: SkipParams): Promise<void> => {
    state.skippedSeq = untilSeq;
    const { name } = state.sensor;
    if (untilSeq - (store.tables.automations.get(name)?.events_seq ?? 0) < atLeast) return;
    await store.writer.write((tx) => tx.automations.skipEvents(name, untilSeq));
  };

  /** Never rejects. Leaves to a tick what concerns it. */
  const lookOver = async (state: SensorState): Promise<void> => {
    try {
      const sensed = await lookOn(state);
      if (sensed.isNews) state.wanted = true;
      else await skip(state, { untilSeq: sensed.untilSeq, atLeast: 1 });
    } catch (error) {
      if (!abort.signal.aborted) params.onInternalError(error);
    }
  };

  const evaluateAndRecord = async (state: SensorState, sensed: Sensed): Promise<void> => {
    state.lastTickMs = clock.monotonic();
    const evaluation = await evaluateOnce(state, sensed);
    if (abort.signal.aborted) return;
    const { isOk } = await writeTick(
      {
        ...evaluation,
        automation: state.sensor.name,
        kind: "sensor",
        scheduledAtMs: null,
        eventsSeq: sensed.untilSeq,
        dueAfterMs: undefined,
      },
      params,
    );
    state.failures = isOk ? 0 : state.failures + 1;
    if (isOk) state.watch.start();
  };

  const evaluateOnce = ({ sensor }: SensorState, sensed: Sensed): Promise<Evaluation> =>
    evaluateAutomation({
      ...params,
      automation: sensor,
      signal: abort.signal,
      evaluate(context) {
        const { gap } = sensed.context;
        if (gap !== null) {
          context.log.warning(
            `events ${gap.afterSeq + 1} to ${gap.untilSeq} were pruned while it was off: it has not seen them`,
          );
        }
        return sensor.evaluate({
          ...context,
          ...sensed.context,
          cursor: store.tables.automations.get(sensor.name)?.cursor ?? null,
          now: clock.now(),
          record: params.record,
        });
      },
    });

  const readers = (): readonly SensorState[] =>
    [...states.values()].filter(({ sensor }) => sensor.trigger.type !== "poll" && isEnabled(sensor.name));

  return {
    isEnabled,
    seenSeq: () =>
      Math.min(...readers().map(({ sensor }) => store.tables.automations.get(sensor.name)?.events_seq ?? 0)),
    async catchUp() {
      if (abort.signal.aborted) return;
      // One that evaluates moves itself on.
      const idle = readers().filter((state) => state.busy === null);
      await Promise.all(idle.map((state) => occupy(state, () => lookOver(state))));
    },
    start() {
      for (const state of states.values()) {
        state.watch.start();
        run(state);
      }
    },
    wake: (name) => run(stateOf(name)),
    observe(events) {
      for (const state of states.values()) {
        if (events.some((event) => concernsSensor(state.sensor, event))) run(state);
      }
    },
    async alone(name, task) {
      const state = stateOf(name);
      while (state.busy !== null) await state.busy;
      return occupy(state, task);
    },
    async evaluate(name) {
      const state = stateOf(name);
      const sensed = await lookOn(state);
      state.wanted ||= sensed.more;
      return { ...(await evaluateOnce(state, sensed)), eventsSeq: sensed.untilSeq };
    },
    refresh(name) {
      const state = stateOf(name);
      state.failures = 0;
      if (isEnabled(name)) run(state);
      else state.disarm?.();
    },
    async stop() {
      abort.abort(new EngineError("canceled", "the engine stops"));
      for (const state of states.values()) {
        state.disarm?.();
        state.watch.stop();
      }
      for (const { busy } of states.values()) await busy;
    },
  };
}
