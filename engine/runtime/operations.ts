import type { Readable } from "node:stream";
import type { RunKeyPolicy } from "../core/automation.ts";
import type { Catalog } from "../core/catalog.ts";
import type { EngineEvent, RecordedEvent } from "../core/events.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { Limit } from "../core/limits.ts";
import type { CheckWord, PartitionWord, RunStatus } from "../core/states.ts";
import type { PruneReport } from "./retention.ts";
import type { Role } from "../store/tables/access.ts";
import type {
  AssetPartitionView,
  AssetView,
  AutomationView,
  BackfillView,
  CheckEvaluationView,
  CheckView,
  EventView,
  FailureView,
  GraphView,
  JobView,
  LatestView,
  LimitView,
  LogLineView,
  KeyCountsView,
  MatrixView,
  Page,
  PartitionKeyView,
  PartitionSetView,
  PreviewView,
  RunCountsView,
  RunDetailView,
  RunView,
  ScheduleView,
  SensorView,
  StepView,
  TickView,
} from "./views.ts";

/** An opened engine, as those see it who operate it: HTTP, the websocket, the CLI. */
export interface Engine {
  readonly project: string;
  readonly catalog: Catalog;
  readonly generation: string;
  readonly epoch: number;
  readonly commands: Commands;
  readonly queries: EngineQueries;
  readonly access: Access;
  /** Starts the loops: recovery, dispatch, sensors, schedules, backfills. */
  start(): Promise<void>;
  /**
   * Starts nothing more, lets what runs go on for `deadlineMs`, then aborts it (it is `interrupted` and runs again after
   * the next start). What there is can still be read.
   */
  drain(params: { readonly deadlineMs: number; readonly reason: string }): Promise<void>;
  /** Drains, and closes the record. */
  stop(params: { readonly deadlineMs: number; readonly reason: string }): Promise<void>;
  /** After each commit, its events in `seq` order. */
  onCommit(listener: (events: readonly RecordedEvent[]) => void): () => void;
  /** A step's newest progress report; not recorded. */
  onProgress(listener: (progress: StepProgress) => void): () => void;
  /** When the health has another status. */
  onHealth(listener: (health: EngineHealth) => void): () => void;
  /** After lines were added to a run's log. */
  onLog(listener: (runId: string) => void): () => void;
  /**
   * To be called from the process's `unhandledRejection` and `uncaughtException`: tells an error of user code on its run.
   * False: the error came from no code of this engine, and the process should end.
   */
  tellStray(error: unknown): boolean;
  health(): EngineHealth;
  /**
   * The record as it is now, as an archive (gzip, tar) that `restoreDataDir` takes, while the engine goes on. Throws
   * `conflict` where there is no room for the copy, `corrupt` where it is not sound.
   */
  backup(): Promise<Readable>;
}

export interface StepProgress {
  readonly runId: string;
  readonly step: number;
  readonly progress: JsonObject;
}

export interface EngineHealth {
  /** `suspended`: the disk takes nothing, and the engine goes on by itself when it does again. */
  readonly status: "ok" | "suspended" | "stopping" | "failed";
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly startedAt: string;
  readonly queuedRuns: number;
  readonly runningRuns: number;
  readonly runningSteps: number;
  readonly newestSeq: number;
  /** Since the engine was opened. */
  readonly commits: number;
}

/** Who asks. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
}

export interface MaterializeRequest {
  readonly assets?: readonly string[] | undefined;
  readonly selection?: string | undefined;
  readonly job?: string | undefined;
  /**
   * The keys of checks, of which no asset need be selected; or of the checks of what is selected all (default), none,
   * or only them and not the assets.
   */
  readonly checks?: ChecksRequest | undefined;
  readonly partitions?: PartitionRequest | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly priority?: number | undefined;
  readonly runKey?: string | undefined;
  /** What a used key allows. Default `once`. */
  readonly keyPolicy?: RunKeyPolicy | undefined;
  readonly config?: Json | undefined;
}

export type ChecksRequest = "all" | "none" | "only" | readonly string[];

/**
 * Keys; all, missing, failed or stale ones; a range in key order (both ends in it); or by dimensions, each one key or several:
 * `{ source: "iris", tenant: ["eco", "deep"] }`, where a dimension left out means all.
 */
export type PartitionRequest =
  | readonly string[]
  | "all"
  | "missing"
  | "failed"
  | "stale"
  | { readonly from: string; readonly to: string }
  | { readonly [dimension: string]: string | readonly string[] };

export interface TriggerRequest {
  readonly partition?: string | Readonly<Record<string, string>> | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly runKey?: string | undefined;
  readonly keyPolicy?: RunKeyPolicy | undefined;
  readonly config?: Json | undefined;
  readonly priority?: number | undefined;
}

/** Everything that changes something. All throw `not_found`, `invalid_request` or `conflict`, and record who asked. */
export interface Commands {
  /** One run, or a backfill where it takes more. An existing run or backfill where `runKey` and its policy allow no other (`created` false). */
  materialize(
    request: MaterializeRequest,
    actor: Actor,
  ): Promise<{ readonly runs: readonly string[]; readonly backfill: string | null; readonly created: boolean }>;
  preview(request: MaterializeRequest): Promise<PreviewView>;
  /** The HTTP trigger: one run of a job. */
  triggerJob(
    name: string,
    request: TriggerRequest & { readonly actor: Actor },
  ): Promise<{ readonly run: string; readonly created: boolean }>;
  /** Resolves when the request is recorded, not when all has ended. */
  cancelRun(runId: string, actor: Actor): Promise<void>;
  /** Of a queued run: when its turn comes. */
  setPriority(runId: string, params: { readonly priority: number; readonly actor: Actor }): Promise<void>;
  cancelStep(runId: string, params: { readonly step: number; readonly actor: Actor }): Promise<void>;
  reexecute(
    runId: string,
    params: { readonly from: "failure" | "all" | { readonly step: number }; readonly actor: Actor },
  ): Promise<string>;
  cancelBackfill(backfillId: string, actor: Actor): Promise<void>;
  setAutomation(name: string, params: { readonly enabled: boolean; readonly actor: Actor }): Promise<void>;
  /** A dry run, for a schedule at a chosen time; with `launch` it does what it shows. */
  evaluate(name: string, params: EvaluateParams): Promise<EvaluationView>;
  /** Asks a sensor to look soon (webhooks, file watchers). */
  wakeSensor(name: string): void;
  addPartitions(
    set: string,
    params: { readonly keys: readonly string[]; readonly actor: Actor },
  ): Promise<{ readonly added: number }>;
  retirePartitions(
    set: string,
    params: { readonly keys: readonly string[]; readonly actor: Actor },
  ): Promise<{ readonly retired: number }>;
  /**
   * Makes retired keys active again. Throws `not_found` on one that was never there, `invalid_request` on one that is
   * none of the set's by now, and restores none then.
   */
  restorePartitions(
    set: string,
    params: { readonly keys: readonly string[]; readonly actor: Actor },
  ): Promise<{ readonly restored: number }>;
  /** Removes now what the retention lets go of, or counts what would go first. */
  prune(params: { readonly dryRun: boolean }): Promise<PruneReport>;
  setLimit(
    limit: {
      readonly kind: LimitView["kind"];
      readonly key: string;
      readonly value: string;
      readonly maximum: number | null;
    },
    actor: Actor,
  ): Promise<void>;
  /** Puts other limits of the configuration in force; those that an operator set go over them. */
  configureLimits(limits: readonly Limit[]): Promise<void>;
}

export interface EvaluateParams {
  readonly atMs?: number | undefined;
  readonly launch?: boolean | undefined;
  readonly actor: Actor;
}

export interface EvaluationView {
  readonly tick: TickView | null;
  readonly reason: string;
  readonly requests: readonly {
    readonly job: string;
    readonly partitions: readonly string[] | "all" | null;
    readonly runKey: string | null;
    readonly reason: string;
    readonly wouldRun: boolean;
    readonly blockedBy: string | null;
  }[];
  readonly partitions: readonly {
    readonly set: string;
    readonly add: readonly string[];
    readonly retire: readonly string[];
  }[];
  readonly cursor: string | null;
}

export interface PageParams {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface RunFilter {
  readonly status?: readonly RunStatus[] | undefined;
  readonly job?: string | undefined;
  readonly asset?: string | undefined;
  readonly partition?: string | undefined;
  readonly tag?: string | undefined;
  readonly backfill?: string | undefined;
  /** In the id, job, partition, reason or error, whatever its case. */
  readonly text?: string | undefined;
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
}

/** Everything that is shown. Those that return promises run in the reader worker; the others are point reads. */
export interface EngineQueries {
  assets(): readonly AssetView[];
  asset(key: string): AssetView;
  graph(): GraphView;
  jobs(): readonly JobView[];
  assetPartitions(
    key: string,
    params: PageParams & { readonly status?: PartitionWord | undefined; readonly prefix?: string | undefined },
  ): Promise<Page<AssetPartitionView>>;
  assetPartition(key: string, partition: string): AssetPartitionView;
  /** `rows` and `columns` name dimensions, default the first two; `where` fixes others at a key: `dimension=key`. */
  matrix(
    key: string,
    params: {
      readonly rows?: string | undefined;
      readonly columns?: string | undefined;
      readonly where?: readonly string[] | undefined;
      readonly cursor?: string | undefined;
    },
  ): Promise<MatrixView>;
  /** The counts of an asset's partitions by their key in a dimension. */
  keyCounts(key: string, dimension: string): Promise<KeyCountsView>;
  /** What failed and was not put right, newest first. */
  failures(params: { readonly limit?: number | undefined }): Promise<Page<FailureView>>;
  /** Between each instant and the next. */
  runCounts(boundaries: readonly string[]): Promise<readonly RunCountsView[]>;
  materializations(
    key: string,
    params: PageParams & { readonly partition?: string | undefined },
  ): Promise<Page<LatestView & { readonly id: string }>>;
  /** The checks of an asset, over all its partitions or at one. */
  checks(key: string, params: { readonly partition?: string | undefined }): readonly CheckView[];
  /** What a check found, newest first. `check` is its name among those of the asset. */
  evaluations(
    key: string,
    params: PageParams & { readonly check: string; readonly partition?: string | undefined },
  ): Promise<Page<CheckEvaluationView>>;
  /** The partitions whose newest evaluation stands at a word, that evaluation each, newest first. */
  checkPartitions(
    key: string,
    params: PageParams & { readonly check: string; readonly status: CheckWord },
  ): Promise<Page<CheckEvaluationView>>;
  runs(filter: RunFilter & PageParams): Promise<Page<RunView>>;
  run(runId: string): RunDetailView;
  /** A run's steps in their order, from its start, from a step's number, or from a cursor. */
  steps(runId: string, params: PageParams & { readonly from?: number | undefined }): Page<StepView>;
  /** By the internal ids that events carry; those that are gone are left out. */
  runsByIds(ids: readonly number[]): readonly RunView[];
  stepsByRunId(id: number, ordinals: Iterable<number>): readonly StepView[];
  events(runId: string, params: PageParams & { readonly after?: number | undefined }): Promise<Page<EventView>>;
  logs(
    runId: string,
    params: PageParams & { readonly step?: number | undefined; readonly after?: string | undefined },
  ): Promise<Page<LogLineView>>;
  partitionSets(): readonly PartitionSetView[];
  partitionSet(name: string): PartitionSetView;
  partitionKeys(
    set: string,
    params: PageParams & { readonly state?: "active" | "retired" | undefined; readonly prefix?: string | undefined },
  ): Promise<Page<PartitionKeyView>>;
  sensors(): readonly SensorView[];
  schedules(): readonly ScheduleView[];
  automation(name: string): AutomationView;
  ticks(name: string, params: PageParams): Promise<Page<TickView>>;
  backfills(params: PageParams & { readonly status?: string | undefined }): Promise<Page<BackfillView>>;
  backfill(id: string): BackfillView;
  backfillsByIds(ids: readonly number[]): readonly BackfillView[];
  limits(): readonly LimitView[];
  audit(params: PageParams): Promise<Page<JsonObject>>;
  /** Recorded events after `seq`, oldest first; null where they were pruned, or never were. */
  eventsAfter(seq: number, limit: number): readonly RecordedEvent[] | null;
  /** Tells of assets whose count of stale partitions was found to have changed, after no commit of their own. */
  onStaleChanged(listener: (asset: string) => void): () => void;
  /** Stops counting; to be called before the store is closed. */
  close(): void;
}

/** Tokens, sessions and login codes. What is handed out is shown once; only hashes are kept. */
export interface Access {
  createToken(params: {
    readonly name: string;
    readonly role: Role;
    readonly by: string;
  }): Promise<{ readonly id: string; readonly token: string }>;
  /** Makes the given text a token of that role where it is not one yet (`SHEAF_ADMIN_TOKEN`). */
  acceptToken(params: { readonly name: string; readonly role: Role; readonly token: string }): Promise<void>;
  /** Ends the token of that name that settings gave, and its sessions: they give it no more. */
  forgetToken(name: string): Promise<void>;
  tokens(): readonly {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
    readonly createdAt: string;
    readonly createdBy: string;
    readonly lastUsedAt: string | null;
    readonly revokedAt: string | null;
  }[];
  revokeToken(id: string): Promise<boolean>;
  /** Who presents this token; null where it is none. */
  actorOfToken(token: string): Actor | null;
  createLoginCode(params: { readonly role: Role; readonly ttlMs: number }): Promise<string>;
  /** A session for a code (single use) or a token; null where it is neither. */
  openSession(
    secret: { readonly code: string } | { readonly token: string },
  ): Promise<{ readonly session: string; readonly actor: Actor; readonly expiresAtMs: number } | null>;
  actorOfSession(session: string): Actor | null;
  closeSession(session: string): Promise<void>;
  audit(entry: {
    readonly actor: Actor | null;
    readonly action: string;
    readonly target: string;
    readonly outcome: string;
    readonly details?: JsonObject;
  }): Promise<void>;
}

/** For those who show events: one plain sentence each. */
export type DescribeEvent = (event: EngineEvent) => string;
