import type { RecordReader, Sensor, SensorContext } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Failure, RecordedEvent } from "../core/events.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import { evaluateAutomation, type Evaluation } from "./evaluation.ts";
import type { ResourcePool } from "./resource-pool.ts";
import { recordTick, type TickParams } from "./tick.ts";

/**
 * Evaluates sensors: polling ones on their interval, the others when the record tells of what they watch. One
 * evaluation of a sensor at a time; one that fails is tried again, and misses nothing since its cursor stayed.
 */
export interface SensorLoop {
  start(): Promise<void>;
  /** Asks for an evaluation soon. */
  wake(name: string): void;
  /** Hands over what was committed. */
  observe(events: readonly RecordedEvent[]): void;
  /** One evaluation, recorded. Null: there was nothing new to look at. */
  tick(name: string): Promise<number | null>;
  /** One evaluation, not recorded. */
  evaluate(name: string): Promise<Evaluation>;
  isEnabled(name: string): boolean;
  /** To be called when a sensor was turned on or off. */
  refresh(name: string): void;
  stop(): Promise<void>;
}

export interface SensorLoopParams extends TickParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly resources: ResourcePool;
  readonly record: RecordReader;
  readonly onInternalError: (error: unknown) => void;
}

const MAX_EVENTS_PER_TICK = 5000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

interface SensorState {
  readonly sensor: Sensor;
  busy: Promise<unknown> | null;
  wanted: boolean;
  failures: number;
  lastTickAtMs: number;
  disarm: (() => void) | null;
  watcher: Disposable | null;
}

interface Sensed {
  readonly context: Pick<SensorContext, "materializations" | "failedRuns">;
  readonly untilSeq: number;
  readonly more: boolean;
}

export function openSensorLoop(params: SensorLoopParams): SensorLoop {
  const { store, catalog, clock, scheduler } = params;
  const abort = new AbortController();
  const states = new Map<string, SensorState>();
  for (const sensor of catalog.sensors.values()) {
    states.set(sensor.name, {
      sensor,
      busy: null,
      wanted: false,
      failures: 0,
      lastTickAtMs: Number.NEGATIVE_INFINITY,
      disarm: null,
      watcher: null,
    });
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

  /** Runs it now where it may; a wish that comes while it runs is kept. */
  const run = (state: SensorState): void => {
    if (abort.signal.aborted || !isEnabled(state.sensor.name)) return;
    if (state.busy !== null) {
      state.wanted = true;
      return;
    }
    const earliest = state.sensor.trigger.type === "poll" ? 0 : state.lastTickAtMs + state.sensor.minIntervalMs;
    if (clock.now() < earliest) {
      arm(state, earliest - clock.now());
      return;
    }
    state.busy = tickOnce(state).finally(() => {
      state.busy = null;
      if (abort.signal.aborted) return;
      const again = state.wanted;
      state.wanted = false;
      if (state.failures > 0) arm(state, Math.min(FIRST_RETRY_MS * 2 ** (state.failures - 1), MAX_RETRY_MS));
      else if (again) scheduler.defer(() => run(state));
      else if (state.sensor.trigger.type === "poll") arm(state, state.sensor.minIntervalMs);
    });
  };

  const tickOnce = async (state: SensorState): Promise<number | null> => {
    const { sensor } = state;
    const sensed = senseEvents(state);
    if (sensed === null) return null;
    state.lastTickAtMs = clock.now();
    const evaluation = await evaluateOnce(state, sensed);
    if (abort.signal.aborted) return null;
    state.failures = evaluation.result.ok ? 0 : state.failures + 1;
    if (sensed.more) state.wanted = true;
    try {
      return await store.writer.write((tx) =>
        recordTick(
          tx,
          {
            automation: sensor.name,
            kind: "sensor",
            scheduledAtMs: null,
            ...evaluation,
            eventsSeq: sensor.trigger.type === "poll" ? undefined : sensed.untilSeq,
            dueAfterMs: undefined,
          },
          params,
        ),
      );
    } catch (error) {
      state.failures++;
      params.onInternalError(error);
      return null;
    }
  };

  /** What happened since the cursor; null where a sensor of events has none of its kind. */
  const senseEvents = (state: SensorState): Sensed | null => {
    const { trigger, name } = state.sensor;
    const untilSeq = store.tables.events.newestSeq();
    if (trigger.type === "poll") return { context: { materializations: [], failedRuns: [] }, untilSeq, more: false };
    const afterSeq = store.tables.automations.get(name)?.events_seq ?? untilSeq;
    const type = EVENT_OF_TRIGGER[trigger.type];
    const events = store.tables.events.ofType({ afterSeq, untilSeq, type, limit: MAX_EVENTS_PER_TICK });
    const more = events.length === MAX_EVENTS_PER_TICK;
    const context = {
      materializations: trigger.type === "materialization" ? sensedMaterializations(trigger.assets, events) : [],
      failedRuns: trigger.type === "run-failure" ? sensedRuns(events) : [],
    };
    const changed = trigger.type === "partitions" && events.some((event) => concernsSet(trigger.sets, event));
    if (context.materializations.length + context.failedRuns.length === 0 && !changed) return null;
    return { context, untilSeq: more ? (events.at(-1)?.seq ?? untilSeq) : untilSeq, more };
  };

  const sensedMaterializations = (
    assets: readonly { readonly key: string }[],
    events: readonly RecordedEvent[],
  ): SensorContext["materializations"] => {
    const keys = new Set(assets.map((asset) => asset.key));
    return events.flatMap((event) => {
      if (event.type !== "step.succeeded") return [];
      const runId = store.tables.runs.byId(event.runId)?.uid ?? "";
      return event.data.materializations
        .filter((made) => keys.has(made.asset))
        .map((made) => ({ seq: event.seq, asset: made.asset, partition: made.partition, runId, atMs: event.atMs }));
    });
  };

  const sensedRuns = (events: readonly RecordedEvent[]): SensorContext["failedRuns"] =>
    events.flatMap((event) => {
      if (event.type !== "run.failed") return [];
      const run = store.tables.runs.byId(event.runId);
      if (run === undefined) return [];
      const error = run.error === null ? null : (JSON.parse(run.error) as Failure);
      const partition = run.partition_id === 0 ? null : (store.tables.partitions.byId(run.partition_id)?.key ?? null);
      return { seq: event.seq, runId: run.uid, job: run.job, partition, error, reason: run.reason };
    });

  const evaluateOnce = ({ sensor }: SensorState, sensed: Sensed): Promise<Evaluation> =>
    evaluateAutomation({
      clock,
      scheduler,
      signal: abort.signal,
      evaluate: async ({ signal, log }) =>
        sensor.evaluate({
          cursor: store.tables.automations.get(sensor.name)?.cursor ?? null,
          resources: await params.resources.values(sensor.resources),
          signal,
          log,
          now: clock.now(),
          record: params.record,
          ...sensed.context,
        }),
    });

  const startWatcher = async (state: SensorState): Promise<void> => {
    const { watch } = state.sensor;
    if (watch === null || state.watcher !== null) return;
    try {
      const resources = await params.resources.values(state.sensor.resources);
      state.watcher = await watch({ resources, wake: () => run(state) });
      if (abort.signal.aborted) state.watcher?.[Symbol.dispose]();
    } catch (error) {
      params.onInternalError(error);
    }
  };

  return {
    isEnabled,
    async start() {
      for (const state of states.values()) {
        await startWatcher(state);
        run(state);
      }
    },
    wake: (name) => run(stateOf(name)),
    observe(events) {
      for (const state of states.values()) {
        const concerns = events.some((event) => concernsSensor(state.sensor, event));
        if (concerns) run(state);
      }
    },
    tick: async (name) => {
      const state = stateOf(name);
      while (state.busy !== null) await state.busy;
      const tick = tickOnce(state);
      state.busy = tick;
      return tick.finally(() => {
        state.busy = null;
      });
    },
    async evaluate(name) {
      const state = stateOf(name);
      const none: Sensed = { context: { materializations: [], failedRuns: [] }, untilSeq: 0, more: false };
      return evaluateOnce(state, senseEvents(state) ?? none);
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
        state.watcher?.[Symbol.dispose]();
      }
      await Promise.allSettled([...states.values()].flatMap((state) => state.busy ?? []));
    },
  };
}

const EVENT_OF_TRIGGER = {
  materialization: "step.succeeded",
  partitions: "partitions.changed",
  "run-failure": "run.failed",
} as const satisfies Record<Exclude<Sensor["trigger"]["type"], "poll">, RecordedEvent["type"]>;

function concernsSensor({ trigger }: Sensor, event: RecordedEvent): boolean {
  switch (trigger.type) {
    case "poll":
      return false;
    case "materialization":
      return (
        event.type === "step.succeeded" &&
        event.data.materializations.some((made) => trigger.assets.some((asset) => asset.key === made.asset))
      );
    case "partitions":
      return concernsSet(trigger.sets, event);
    case "run-failure":
      return event.type === "run.failed";
  }
}

function concernsSet(sets: readonly { readonly name: string }[], event: RecordedEvent): boolean {
  return event.type === "partitions.changed" && sets.some((set) => set.name === event.data.set);
}
