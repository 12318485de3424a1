/** What each topic's messages make: lists by key that change where a patch says so. */
import type {
  AssetPartitionView,
  AssetView,
  BackfillView,
  EngineHealth,
  JsonObject,
  PartitionCounts,
  RunDetailView,
  RunView,
  ScheduleView,
  SensorView,
  StepView,
} from "../../../engine/operate.ts";
import type { TopicModel } from "./topic-store.ts";

/** Runs kept of the live list; older ones are a request away. */
export const MAX_LIVE_RUNS = 500;

export interface RunsState {
  /** Newest first. */
  readonly runs: readonly RunView[];
  readonly byId: ReadonlyMap<string, RunView>;
  /** How far steps are, by run and then by step; only of runs that have not ended. */
  readonly progress: ReadonlyMap<string, ReadonlyMap<number, JsonObject>>;
  /** How many changed runs are not here: patches did not tell of them, or they are older than the kept ones. */
  readonly omitted: number;
  /** Another object after each snapshot. */
  readonly epoch: object;
}

interface RunsData {
  readonly items: readonly RunView[];
  readonly omitted?: number;
  readonly progress?: readonly { readonly runId: string; readonly step: number; readonly progress: JsonObject }[];
}

export const runsModel: TopicModel<RunsState> = {
  snapshot(data) {
    const { items } = data as RunsData;
    return {
      runs: items,
      byId: new Map(items.map((run) => [run.id, run])),
      progress: new Map(),
      omitted: 0,
      epoch: {},
    };
  },
  patch(state, patches) {
    const all = patches as readonly RunsData[];
    const items = all.flatMap((one) => one.items);
    const omitted = all.reduce((sum, one) => sum + (one.omitted ?? 0), 0);
    const progress = all.flatMap((one) => one.progress ?? []);
    const byId = new Map(state.byId);
    for (const run of items) byId.set(run.id, run);
    // Ids are UUIDv7: their order is that of making.
    const runs = [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, MAX_LIVE_RUNS);
    const kept = new Map(runs.map((run) => [run.id, run]));
    return {
      runs,
      byId: kept,
      progress: mergeProgress(state.progress, { progress, ended: items.filter((run) => run.endedAt !== null) }),
      omitted: state.omitted + omitted + items.filter(({ id }) => !kept.has(id)).length,
      epoch: state.epoch,
    };
  },
};

function mergeProgress(
  before: RunsState["progress"],
  changes: { readonly progress: NonNullable<RunsData["progress"]>; readonly ended: readonly RunView[] },
): RunsState["progress"] {
  const { progress, ended } = changes;
  if (progress.length === 0 && !ended.some((run) => before.has(run.id))) return before;
  const merged = new Map(before);
  for (const { runId, step, progress: report } of progress) {
    merged.set(runId, new Map(merged.get(runId)).set(step, report));
  }
  for (const run of ended) merged.delete(run.id);
  return merged;
}

export type AssetsState = ReadonlyMap<string, AssetView>;

export const assetsModel: TopicModel<AssetsState> = {
  snapshot: (data) => byKey((data as { items: readonly AssetView[] }).items),
  patch: (state, patches) => new Map([...state, ...byKey(itemsOf<AssetView>(patches))]),
};

/** The items of all patches, in the order in which they came. */
function itemsOf<T>(patches: readonly unknown[]): readonly T[] {
  return (patches as readonly { readonly items: readonly T[] }[]).flatMap(({ items }) => items);
}

function byKey(items: readonly AssetView[]): AssetsState {
  return new Map(items.map((asset) => [asset.key, asset]));
}

export const assetModel: TopicModel<AssetView> = {
  snapshot: (data) => data as AssetView,
  patch: (state, patches) => (patches.at(-1) as AssetView | undefined) ?? state,
};

export interface RunState {
  readonly run: RunDetailView;
  readonly progress: ReadonlyMap<number, JsonObject>;
  /** Steps past those that the run carries, as patches told of them in this epoch. */
  readonly later: ReadonlyMap<number, StepView>;
  /** Another object once steps that were loaded by their own route have to be loaded anew. */
  readonly epoch: object;
  /** Rise when there is more in the run's history, or its log, than before. */
  readonly eventsVersion: number;
  readonly logsVersion: number;
}

interface RunPatch {
  readonly run: RunView | null;
  readonly steps: readonly StepView[];
  readonly progress: readonly { readonly step: number; readonly progress: JsonObject }[];
  readonly events: boolean;
  readonly logs: boolean;
}

export const runModel: TopicModel<RunState> = {
  snapshot(data) {
    const run = data as RunDetailView;
    const reports = run.steps.flatMap((step): [number, JsonObject][] =>
      step.progress === null ? [] : [[step.step, step.progress]],
    );
    return { run, progress: new Map(reports), later: new Map(), epoch: {}, eventsVersion: 0, logsVersion: 0 };
  },
  patch: (state, patches) => (patches as readonly RunPatch[]).reduce(withRunPatch, state),
};

function withRunPatch(state: RunState, patch: RunPatch): RunState {
  const changed = new Map(patch.steps.map((step) => [step.step, step]));
  const steps = state.run.steps.map((step) => changed.get(step.step) ?? step);
  const later = patch.steps.filter(({ step }) => step >= steps.length).map((step) => [step.step, step] as const);
  // A run that starts or ends takes its steps along, without a word of each.
  const isTurn = patch.run !== null && patch.run.status !== state.run.status;
  return {
    run: { ...state.run, ...patch.run, steps },
    later: isTurn ? new Map(later) : later.length === 0 ? state.later : new Map([...state.later, ...later]),
    epoch: isTurn ? {} : state.epoch,
    progress: new Map([
      ...state.progress,
      ...patch.progress.map(({ step, progress }): [number, JsonObject] => [step, progress]),
    ]),
    eventsVersion: state.eventsVersion + (patch.events ? 1 : 0),
    logsVersion: state.logsVersion + (patch.logs ? 1 : 0),
  };
}

export interface PartitionsState {
  readonly counts: PartitionCounts | null;
  /** What patches told since the snapshot, the newest last; the oldest ones are forgotten. */
  readonly changes: readonly AssetPartitionView[];
  /** How many patches told, with those that are forgotten. */
  readonly told: number;
  /** Another object after each snapshot: whatever was loaded before has to be loaded anew. */
  readonly snapshot: object;
}

interface PartitionsData {
  readonly items: readonly AssetPartitionView[];
  readonly counts: PartitionCounts | null;
}

/** Who is further behind loads anew. */
export const MAX_PARTITION_CHANGES = 10_000;

export const partitionsModel: TopicModel<PartitionsState> = {
  snapshot: (data) => ({ counts: (data as PartitionsData).counts, changes: [], told: 0, snapshot: {} }),
  patch(state, patches) {
    const items = itemsOf<AssetPartitionView>(patches);
    const changes = [...state.changes, ...items];
    return {
      ...state,
      counts: (patches.at(-1) as PartitionsData | undefined)?.counts ?? state.counts,
      changes: changes.length > MAX_PARTITION_CHANGES ? changes.slice(-MAX_PARTITION_CHANGES / 2) : changes,
      told: state.told + items.length,
    };
  },
};

export interface AutomationState {
  readonly sensors: ReadonlyMap<string, SensorView>;
  readonly schedules: ReadonlyMap<string, ScheduleView>;
}

interface AutomationData {
  readonly sensors: readonly SensorView[];
  readonly schedules: readonly ScheduleView[];
}

export const automationModel: TopicModel<AutomationState> = {
  snapshot: (data) => mergeAutomation({ sensors: new Map(), schedules: new Map() }, data as AutomationData),
  patch: (state, patches) => (patches as readonly AutomationData[]).reduce(mergeAutomation, state),
};

function mergeAutomation(state: AutomationState, { sensors, schedules }: AutomationData): AutomationState {
  return {
    sensors: new Map([...state.sensors, ...sensors.map((one): [string, SensorView] => [one.name, one])]),
    schedules: new Map([...state.schedules, ...schedules.map((one): [string, ScheduleView] => [one.name, one])]),
  };
}

/** Newest first. */
export type BackfillsState = readonly BackfillView[];

export const backfillsModel: TopicModel<BackfillsState> = {
  snapshot: (data) => (data as { items: readonly BackfillView[] }).items,
  patch(state, patches) {
    const merged = new Map(state.map((one) => [one.id, one]));
    for (const one of itemsOf<BackfillView>(patches)) merged.set(one.id, one);
    return [...merged.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  },
};

export interface Problem {
  readonly severity: "error" | "warning";
  readonly where: string;
  readonly message: string;
}

export interface CodeLocation {
  readonly name: string;
  readonly status: "loaded" | "failed";
  readonly definitions: number;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly file?: string;
    readonly line?: number;
  } | null;
}

export interface SystemState {
  readonly health: EngineHealth;
  readonly version: string;
  readonly projects: readonly string[];
  readonly locations: readonly CodeLocation[];
  readonly problems: readonly Problem[];
}

export const systemModel: TopicModel<SystemState> = {
  snapshot: (data) => data as SystemState,
  patch: (state, patches) => (patches.at(-1) as SystemState | undefined) ?? state,
};
