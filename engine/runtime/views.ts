import type { EventType, Failure } from "../core/events.ts";
import type { Json, JsonObject } from "../core/json.ts";
import type { LogLevel } from "../core/run-context.ts";
import type {
  BackfillStatus,
  CheckOutcome,
  CheckWord,
  PartitionWord,
  RunStatus,
  StepStatus,
  TickStatus,
} from "../core/states.ts";
import type { CheckSeverity } from "../core/verdict.ts";
import type { MatrixCells } from "../store/reader/matrix-cells.ts";

/**
 * What the engine shows of itself, as HTTP, the websocket and the CLI give it out (design §6). Instants are ISO 8601
 * UTC with milliseconds, ids are opaque strings, every field is always there.
 */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A key as text; a product's also by its dimensions. */
export interface PartitionView {
  readonly key: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly set: string;
}

export interface RunView {
  readonly id: string;
  readonly job: string | null;
  /** What it makes. */
  readonly assets: readonly string[];
  /** The keys of the checks that it evaluates. */
  readonly checks: readonly string[];
  /** What they found so far. */
  readonly checkCounts: Readonly<Record<CheckOutcome, number>>;
  /** Null where it has none or its steps differ; `partitionCount` tells. */
  readonly partition: string | null;
  readonly partitionParts: Readonly<Record<string, string>> | null;
  readonly partitionSet: string | null;
  readonly partitionCount: number;
  readonly status: RunStatus;
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly parentRunId: string | null;
  readonly rootRunId: string | null;
  readonly backfillId: string | null;
  readonly origin: { readonly kind: string; readonly name: string | null };
  readonly runKey: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly reason: string;
  /** For a queued run: which limit it waits for and who holds it. */
  readonly waitingFor: string | null;
  readonly cancelReason: string | null;
  readonly config: Json;
  readonly error: Failure | null;
  readonly stepCounts: { readonly total: number } & Readonly<Partial<Record<StepStatus, number>>>;
}

export interface RunDetailView extends RunView {
  /** The first of them. */
  readonly steps: readonly StepView[];
  /** Where the list of its steps goes on; null: these are all. */
  readonly nextStepCursor: string | null;
}

export interface StepView {
  readonly step: number;
  /** What it makes; nothing, where it checks. */
  readonly assets: readonly string[];
  /** The key of the check that it is. */
  readonly check: string | null;
  readonly partition: string | null;
  readonly partitionParts: Readonly<Record<string, string>> | null;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly interruptions: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly retryAt: string | null;
  /** Why it is here, and once it waits, is being canceled or was skipped: why that. */
  readonly reason: string;
  readonly waitReason: string | null;
  readonly after: readonly number[];
  readonly afterEnd: readonly number[];
  readonly pool: string | null;
  readonly progress: JsonObject | null;
  readonly error: Failure | null;
  readonly materializations: readonly {
    readonly asset: string;
    readonly dataVersion: string;
    readonly metadata: JsonObject;
  }[];
  /** What the check found. */
  readonly evaluation: CheckEvaluationView | null;
}

export interface PartitionCounts {
  readonly total: number;
  readonly materialized: number;
  readonly missing: number;
  readonly failed: number;
  readonly running: number;
  /** A share of `materialized`. */
  readonly stale: number;
  readonly retired: number;
}

export interface LatestView {
  readonly runId: string;
  readonly step: number;
  readonly at: string;
  /** Null over 16 kB of JSON. */
  readonly value: Json;
  readonly valueBytes: number;
  readonly metadata: JsonObject;
  readonly dataVersion: string;
  readonly codeVersion: string | null;
  readonly partition: string | null;
}

/** A check and where it stands: over all partitions of its asset, or at one. */
export interface CheckView {
  /** `<asset's key>:<name>`. */
  readonly key: string;
  readonly name: string;
  readonly asset: string;
  readonly description: string;
  readonly blocking: boolean;
  readonly severity: CheckSeverity;
  /** `outdated`: not evaluated since the asset was made again. Of all partitions the worst of their words. */
  readonly status: CheckWord;
  /** Null where the asset has none, or one is looked at. */
  readonly partitions: CheckCounts | null;
  readonly latest: CheckEvaluationView | null;
  readonly pool: string | null;
  readonly location: string;
}

/** Active partitions by where they stand; those never evaluated are `unevaluated`, made or not. */
export type CheckCounts = { readonly total: number } & Readonly<Record<CheckWord, number>>;

export interface CheckEvaluationView {
  readonly id: string;
  readonly check: string;
  readonly partition: string | null;
  readonly runId: string;
  readonly step: number;
  readonly at: string;
  /** `warned`, `failed`: it did not pass, by the severity of its verdict; `errored`: its code threw. */
  readonly outcome: CheckOutcome;
  /** Null where it came to no verdict. */
  readonly passed: boolean | null;
  readonly severity: CheckSeverity;
  readonly blocking: boolean;
  readonly description: string;
  readonly metadata: JsonObject;
  /** Of the materialization that it judged; null where there was none. */
  readonly dataVersion: string | null;
  /** Whether what it judged is still the newest. */
  readonly isCurrent: boolean;
  readonly error: Failure | null;
}

export interface AssetView {
  readonly key: string;
  readonly group: string;
  readonly description: string;
  readonly kinds: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly partitionSet: string | null;
  /** Of an unpartitioned asset its word; of a partitioned one the worst of its partitions' words. */
  readonly status: PartitionWord;
  readonly partitions: PartitionCounts | null;
  readonly latest: LatestView | null;
  readonly deps: readonly string[];
  readonly checks: readonly CheckView[];
  readonly pool: string | null;
  readonly location: string;
  readonly error: (Failure & { readonly runId: string; readonly step: number; readonly at: string }) | null;
}

export interface AssetPartitionView {
  readonly key: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly status: PartitionWord;
  readonly latest: LatestView | null;
  readonly error: (Failure & { readonly runId: string; readonly step: number; readonly at: string }) | null;
  readonly liveRunId: string | null;
}

/** Keys of a matrix in their order, and the numbers by which its cells name them. */
export interface MatrixKeysView {
  readonly keys: readonly string[];
  readonly numbers: readonly number[];
}

/**
 * A page of an asset's partitions as a matrix: its keys first, then its cells in no order. Of a set of one dimension there
 * are no columns. Where dimensions are left open, several cells have one place.
 */
export interface MatrixView {
  readonly rowDimension: string;
  readonly columnDimension: string | null;
  /** The other dimensions of the set; null: every key of it. */
  readonly others: readonly { readonly dimension: string; readonly key: string | null }[];
  readonly rows: MatrixKeysView;
  readonly columns: MatrixKeysView;
  /** What the digits in the cells mean. */
  readonly words: readonly PartitionWord[];
  /** Cells, each at the same place of the four texts; see `MatrixCells`. */
  readonly cells: MatrixCells;
  readonly nextCursor: string | null;
}

/** How an asset's partitions stand, by their key in one dimension, in the order of keys. */
export interface KeyCountsView {
  readonly dimension: string;
  readonly items: readonly {
    readonly key: string;
    readonly total: number;
    readonly materialized: number;
    readonly missing: number;
    readonly failed: number;
    readonly running: number;
  }[];
  /** False: something changed since, and it is counted anew. */
  readonly isCurrent: boolean;
  readonly nextCursor: string | null;
}

/** A partition whose newest attempt failed and that was not made since. */
export interface FailureView {
  readonly asset: string;
  readonly partition: string | null;
  readonly error: Failure & { readonly runId: string; readonly step: number; readonly at: string };
}

/** How many runs made in a span ended how. */
export interface RunCountsView {
  readonly from: string;
  readonly to: string;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
}

export interface GraphView {
  readonly nodes: readonly {
    readonly key: string;
    readonly group: string;
    readonly status: PartitionWord;
    readonly partitions: PartitionCounts | null;
    readonly partitionSet: string | null;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export interface JobView {
  readonly name: string;
  readonly description: string;
  readonly assets: readonly string[];
  readonly checks: readonly string[];
  readonly partitionSet: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
  /** From a run's start to its end; null: without a limit. */
  readonly timeoutMs: number | null;
  readonly onFailure: "continue" | "stop";
  /** Steps of one run at the same time; null: as pools allow. */
  readonly concurrency: number | null;
}

export interface EventView {
  readonly seq: number;
  readonly at: string;
  readonly type: EventType;
  readonly step: number | null;
  /** One sentence. */
  readonly message: string;
  readonly data: Json;
}

export interface LogLineView {
  readonly id: string;
  readonly step: number;
  readonly attempt: number;
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: JsonObject | null;
}

export interface PartitionSetView {
  readonly name: string;
  readonly kind: string;
  readonly dimensions: readonly { readonly name: string; readonly set: string }[];
  readonly total: number;
  readonly active: number;
  readonly retired: number;
  /** A change that waits for an operator's word. */
  readonly held: {
    readonly keys: readonly string[];
    readonly origin: string;
    readonly reason: string;
    readonly since: string;
  } | null;
}

export interface PartitionKeyView {
  readonly key: string;
  readonly parts: Readonly<Record<string, string>>;
  readonly state: "active" | "retired";
  readonly addedAt: string;
  readonly changedAt: string;
  readonly reason: string;
}

export interface TickView {
  readonly id: string;
  readonly status: TickStatus;
  readonly scheduledAt: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly reason: string | null;
  readonly error: Failure | null;
  readonly runs: readonly string[];
  readonly backfills: readonly string[];
  readonly requests: readonly {
    readonly outcome: string;
    readonly id: string | null;
    readonly runKey: string | null;
    readonly reason: string;
  }[];
  readonly changes: Json;
  readonly log: Json;
}

export interface AutomationView {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly enabledByDefault: boolean;
  readonly cursor: string | null;
  readonly lastTick: TickView | null;
  readonly location: string;
}

export interface SensorView extends AutomationView {
  readonly trigger: "poll" | "materialization" | "partitions" | "run-failure";
  readonly assets: readonly string[];
  readonly minIntervalMs: number;
}

export interface ScheduleView extends AutomationView {
  readonly cron: string;
  readonly timeZone: string;
  /** Null while it is off. */
  readonly nextAt: string | null;
  readonly nextTimes: readonly string[];
}

export interface BackfillView {
  readonly id: string;
  readonly status: BackfillStatus;
  readonly job: string | null;
  readonly assets: readonly string[];
  readonly checks: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly origin: { readonly kind: string; readonly name: string | null };
  readonly reason: string;
  readonly total: number;
  readonly launched: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: Failure | null;
}

export interface LimitView {
  readonly kind: "runs" | "tag" | "tag_value" | "pool";
  readonly key: string;
  readonly value: string;
  readonly maximum: number;
  readonly origin: "operator" | "configuration";
  readonly used: number;
  readonly holders: readonly { readonly runId: string; readonly step: number | null; readonly since: string }[];
}

export interface PreviewView {
  /** How many runs it would make; more than one is a backfill. */
  readonly runs: number;
  readonly steps: number;
  readonly waves: readonly {
    readonly assets: readonly string[];
    readonly checks: readonly string[];
    readonly partitionSet: string | null;
    readonly partitions: number;
    /** The first 100. */
    readonly keys: readonly string[];
    /** The steps of the first run: what, where, why, after what. */
    readonly firstRun: readonly {
      readonly assets: readonly string[];
      readonly check: string | null;
      readonly partition: string | null;
      readonly reason: string;
      readonly after: readonly number[];
    }[];
  }[];
  readonly reason: string;
}
