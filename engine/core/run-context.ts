import type { Json, JsonObject } from "./json.ts";
import type { StepContainers } from "./step-containers.ts";
import type { Partition } from "./partitions.ts";

/**
 * All that a step's code sees. Every call can be a message and all data can be serialized, so the code may run on the
 * engine's thread or in a worker (design §3.12). After the attempt has ended every call throws.
 */
export interface RunContext<
  I = Readonly<Record<string, unknown>>,
  R = Readonly<Record<string, unknown>>,
  P = Partition | null,
> {
  readonly partition: P;
  /** Values of the dependencies. Reading one that was never materialized throws `missing_input`. */
  readonly inputs: I;
  readonly resources: R;
  /** Runs containers; not from a worker. */
  readonly containers: StepContainers;
  readonly log: StepLog;
  /** Aborts on cancel, on time-out and when the engine stops. Its reason is an `EngineError`. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  readonly run: RunFacts;
  /** Tells watchers how far the step is. Throttled; the newest report wins. */
  readonly report: (progress: JsonObject) => void;
}

export interface RunFacts {
  readonly id: string;
  readonly job: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly config: Json;
}

export type LogLevel = "debug" | "info" | "warning" | "error";
type LogCall = (message: string, fields?: JsonObject) => void;

/** Lines go to the run's log, in order, in batches; over its bound a step's log is cut with a notice. */
export type StepLog = { readonly [level in LogLevel]: LogCall };
