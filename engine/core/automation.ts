import type { Asset } from "./assets.ts";
import { checkCron, type CronTiming } from "./cron.ts";
import { EngineError } from "./errors.ts";
import type { Job } from "./jobs.ts";
import type { Json } from "./json.ts";
import { checkName } from "./names.ts";
import type { PartitionSet } from "./partitions.ts";
import type { ResourceMap, ResourceValues } from "./resources.ts";
import type { StepLog } from "./run-context.ts";

/** What a sensor or a schedule asks for. */
export interface RunRequest {
  readonly job: Job;
  /** A key of a set that relates to the job's; `"all"`: every active key of the job's set. Default: none. */
  readonly partition?: string | undefined;
  readonly partitions?: "all" | readonly string[] | undefined;
  /** The set that the keys belong to. Default: the job's. */
  readonly set?: PartitionSet | undefined;
  /** A run is made at most once per (automation, key), as `keyPolicy` says. */
  readonly runKey?: string | undefined;
  readonly keyPolicy?: RunKeyPolicy | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly priority?: number | undefined;
  readonly config?: Json | undefined;
  readonly reason: string;
}

/** `once`: never again; `until-success`: again while it failed or was canceled; `always`: again once it has ended. */
export const runKeyPolicies = ["once", "until-success", "always"] as const;
export type RunKeyPolicy = (typeof runKeyPolicies)[number];

/** Keys to add to a set and to retire from it. What is there already is no error. */
export interface PartitionChange {
  readonly set: PartitionSet;
  readonly add: readonly string[];
  readonly retire: readonly string[];
}

/** What came of an evaluation; all of it is recorded in one transaction. */
export interface TickOutcome {
  readonly runs?: readonly RunRequest[];
  readonly partitions?: readonly PartitionChange[];
  /** Kept for the next evaluation; left out: the cursor stays. */
  readonly cursor?: string | undefined;
  /** Why it did what it did, or did nothing. */
  readonly reason: string;
}

export interface SensorContext<R = Readonly<Record<string, unknown>>> {
  readonly cursor: string | null;
  readonly resources: R;
  readonly signal: AbortSignal;
  readonly log: StepLog;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly record: RecordReader;
  /** Empty for a polling sensor. */
  readonly materializations: readonly SensedMaterialization[];
  readonly failedRuns: readonly SensedRun[];
  /** Events after the first and up to the second were pruned while it was off: what they told of is to be looked up. */
  readonly gap: { readonly afterSeq: number; readonly untilSeq: number } | null;
}

/** What automation code may ask of the record. */
export interface RecordReader {
  activeKeys(set: PartitionSet): readonly string[];
  /** Every key, retired ones included, and when its state last changed. */
  allKeys(set: PartitionSet): readonly KeyRecord[];
  /** The newest value of an asset's partition, or undefined where it was never materialized. */
  latestValue(asset: Asset, partition?: string): Promise<Json | undefined>;
  isMaterialized(asset: Asset, partition?: string): boolean;
  /** When the newest materialization was made; null where there is none. */
  materializedAtMs(asset: Asset, partition?: string): number | null;
}

export interface KeyRecord {
  readonly key: string;
  readonly state: "active" | "retired";
  readonly changedAtMs: number;
}

export interface SensedMaterialization {
  readonly seq: number;
  readonly asset: string;
  readonly partition: string | null;
  readonly runId: string;
  readonly atMs: number;
}

export interface SensedRun {
  readonly seq: number;
  readonly runId: string;
  readonly job: string | null;
  readonly partition: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly reason: string;
}

export interface Sensor {
  readonly type: "sensor";
  readonly name: string;
  readonly description: string;
  readonly trigger: SensorTrigger;
  readonly minIntervalMs: number;
  readonly enabledByDefault: boolean;
  readonly resources: ResourceMap;
  readonly evaluate: (context: SensorContext) => TickOutcome | Promise<TickOutcome>;
  /** Hints that it is worth looking now, between polls. */
  readonly watch: ((context: WatchContext) => Promise<Disposable | null>) | null;
}

/**
 * `poll`: on its interval. `materialization`: for new materializations of these assets, all of them in order, several
 * in one tick. `partitions`: when keys of these sets were added or retired. `run-failure`: for runs that failed.
 */
export type SensorTrigger =
  | { readonly type: "poll" }
  | { readonly type: "materialization"; readonly assets: readonly Asset[] }
  | { readonly type: "partitions"; readonly sets: readonly PartitionSet[] }
  | { readonly type: "run-failure" };

export interface WatchContext<R = Readonly<Record<string, unknown>>> {
  readonly resources: R;
  /** Asks for an evaluation soon. */
  readonly wake: () => void;
}

interface SensorOptions<R extends ResourceMap> {
  readonly name: string;
  readonly description?: string;
  readonly on?: readonly (Asset | PartitionSet)[] | "run-failure";
  /** Between polls; for others, the least time between two ticks. Default 30,000 and 0. */
  readonly minIntervalMs?: number;
  readonly enabledByDefault?: boolean;
  readonly resources?: R;
  readonly evaluate: (context: SensorContext<ResourceValues<R>>) => TickOutcome | Promise<TickOutcome>;
  readonly watch?: (context: WatchContext<ResourceValues<R>>) => Promise<Disposable | null>;
}

const DEFAULT_POLL_MS = 30_000;

/** Declares a sensor. If `evaluate` throws, the tick fails and the cursor stays, so that nothing is missed. */
export function defineSensor<const R extends ResourceMap = {}>(options: SensorOptions<R>): Sensor {
  checkName("sensor", options.name);
  const trigger = sensorTrigger(options.on);
  return Object.freeze({
    type: "sensor",
    name: options.name,
    description: options.description ?? "",
    trigger,
    minIntervalMs: options.minIntervalMs ?? (trigger.type === "poll" ? DEFAULT_POLL_MS : 0),
    enabledByDefault: options.enabledByDefault ?? true,
    resources: Object.freeze({ ...options.resources }),
    evaluate: options.evaluate as Sensor["evaluate"],
    watch: (options.watch ?? null) as Sensor["watch"],
  });
}

function sensorTrigger(on: readonly (Asset | PartitionSet)[] | "run-failure" | undefined): SensorTrigger {
  if (on === undefined) return { type: "poll" };
  if (on === "run-failure") return { type: "run-failure" };
  const assets = on.filter((one) => one.type === "asset");
  const sets = on.filter((one) => one.type === "partitions");
  if (assets.length > 0 && sets.length > 0) {
    throw new EngineError("definition", "a sensor watches assets or partition sets, not both; define two");
  }
  if (sets.length > 0) return Object.freeze({ type: "partitions", sets: Object.freeze(sets) });
  if (assets.length > 0) return Object.freeze({ type: "materialization", assets: Object.freeze(assets) });
  throw new EngineError("definition", "a sensor that watches needs an asset or a partition set to watch");
}

export interface Schedule {
  readonly type: "schedule";
  readonly name: string;
  readonly description: string;
  readonly cron: string | Setting;
  readonly timeZone: string | Setting;
  readonly enabledByDefault: boolean;
  readonly resources: ResourceMap;
  readonly evaluate: (context: ScheduleContext) => TickOutcome | Promise<TickOutcome>;
}

/** A schedule whose settings have been filled in. */
export type TimedSchedule = Schedule & CronTiming;

/** Fills in the settings. Throws `definition` on a cron expression or a zone that is none. */
export function timeSchedule(
  schedule: Schedule,
  settings: Readonly<Record<string, string | undefined>>,
): TimedSchedule {
  const text = (value: string | Setting): string =>
    typeof value === "string" ? value : settings[value.name] || value.fallback;
  const timing = { cron: text(schedule.cron), timeZone: text(schedule.timeZone) };
  checkCron(schedule.name, timing);
  return Object.freeze({ ...schedule, ...timing });
}

export interface ScheduleContext<R = Readonly<Record<string, unknown>>> {
  /** The time that the tick stands for, which may be earlier than now. */
  readonly scheduledAt: Date;
  readonly resources: R;
  readonly signal: AbortSignal;
  readonly log: StepLog;
  readonly record: RecordReader;
}

interface ScheduleOptions<R extends ResourceMap> {
  readonly name: string;
  readonly description?: string;
  /** Five fields, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  readonly cron: string | Setting;
  /** An IANA zone. Default UTC. */
  readonly timeZone?: string | Setting;
  readonly enabledByDefault?: boolean;
  readonly resources?: R;
  readonly evaluate: (context: ScheduleContext<ResourceValues<R>>) => TickOutcome | Promise<TickOutcome>;
}

/** A text that the deployment's settings give, by variable name. */
export interface Setting {
  readonly type: "setting";
  readonly name: string;
  readonly fallback: string;
}

export function setting(name: string, fallback: string): Setting {
  return Object.freeze({ type: "setting", name, fallback });
}

/** Declares a schedule. The cron expression and the zone are checked when the catalog is built, since settings may give them. */
export function defineSchedule<const R extends ResourceMap = {}>(options: ScheduleOptions<R>): Schedule {
  checkName("schedule", options.name);
  return Object.freeze({
    type: "schedule",
    name: options.name,
    description: options.description ?? "",
    cron: options.cron,
    timeZone: options.timeZone ?? "UTC",
    enabledByDefault: options.enabledByDefault ?? true,
    resources: Object.freeze({ ...options.resources }),
    evaluate: options.evaluate as Schedule["evaluate"],
  });
}
