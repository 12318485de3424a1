import type { Json, JsonObject } from "./json.ts";
import type { NotMade } from "./outcome.ts";
import type { LogLevel } from "./run-context.ts";
import type { CheckOutcome } from "./states.ts";
import type { CheckSeverity } from "./verdict.ts";

/** What ended badly, for people and for programs. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly details?: Json | undefined;
}

/** A materialization as the event that tells of it names it. */
export interface EventMaterialization {
  readonly asset: string;
  readonly partition: string | null;
  readonly id: number;
  readonly dataVersion: string;
}

/** What a check found, as the event that tells of it says it. */
export interface EventEvaluation {
  readonly id: number;
  readonly check: string;
  readonly asset: string;
  readonly partition: string | null;
  readonly outcome: Exclude<CheckOutcome, "errored">;
  readonly severity: CheckSeverity;
  readonly blocking: boolean;
  readonly description: string;
  /** Of the materialization that it judged. */
  readonly dataVersion: string;
}

/**
 * Everything that happens, one shape a kind. An event is written in the transaction of the change that it tells of.
 * Those with `runId` belong to a run's history; `ordinal` is the step's.
 */
export type EngineEvent =
  | { readonly type: "run.queued"; readonly runId: number; readonly data: { readonly reason: string } }
  | {
      readonly type: "run.prioritized";
      readonly runId: number;
      readonly data: { readonly priority: number; readonly by: string };
    }
  | { readonly type: "run.starting"; readonly runId: number }
  | { readonly type: "run.started"; readonly runId: number }
  | { readonly type: "run.canceling"; readonly runId: number; readonly data: { readonly reason: string } }
  | { readonly type: "run.succeeded"; readonly runId: number }
  | { readonly type: "run.failed"; readonly runId: number; readonly data: { readonly error: Failure } }
  | { readonly type: "run.canceled"; readonly runId: number; readonly data: { readonly reason: string } }
  | (StepEvent & { readonly type: "step.waiting"; readonly data: { readonly reason: string } })
  | (StepEvent & { readonly type: "step.started"; readonly data?: { readonly attempt: number } })
  | (StepEvent & {
      readonly type: "step.retrying";
      readonly data: { readonly attempt: number; readonly retryAtMs: number; readonly error: Failure };
    })
  | (StepEvent & { readonly type: "step.canceling"; readonly data: { readonly reason: string } })
  | (StepEvent & {
      readonly type: "step.succeeded";
      readonly data: {
        readonly materializations: readonly EventMaterialization[];
        /** Left out where everything was made. */
        readonly notMade?: readonly NotMade[];
        /** The key of the check that the step was; it makes nothing. */
        readonly check?: string;
      };
    })
  | (StepEvent & { readonly type: "check.evaluated"; readonly data: EventEvaluation })
  | (StepEvent & { readonly type: "step.failed"; readonly data: { readonly error: Failure } })
  | (StepEvent & { readonly type: "step.skipped"; readonly data: { readonly reason: string } })
  | (StepEvent & { readonly type: "step.canceled"; readonly data: { readonly reason: string } })
  | (StepEvent & {
      readonly type: "step.interrupted";
      readonly data: { readonly attempt: number; readonly interruptions: number };
    })
  | (StepEvent & { readonly type: "step.resumed"; readonly data: { readonly attempt: number } })
  | (StepEvent & { readonly type: "step.warning"; readonly data: { readonly message: string } })
  | {
      readonly type: "partitions.changed";
      readonly data: {
        readonly set: string;
        readonly added: number;
        readonly retired: number;
        readonly keys: readonly string[];
        readonly reason: string;
      };
    }
  | {
      readonly type: "partitions.held";
      readonly data: { readonly set: string; readonly keys: number; readonly reason: string };
    }
  | { readonly type: "tick.started"; readonly data: { readonly automation: string; readonly tickId: number } }
  | {
      readonly type: "tick.ended";
      readonly data: {
        readonly automation: string;
        readonly tickId: number;
        readonly status: string;
        readonly reason: string | null;
      };
    }
  | {
      readonly type: "automation.changed";
      readonly data: { readonly automation: string; readonly enabled: boolean; readonly by: string };
    }
  | { readonly type: "backfill.changed"; readonly data: { readonly backfillId: number; readonly status: string } }
  | { readonly type: "limits.changed"; readonly data: { readonly by: string } }
  | { readonly type: "engine.started"; readonly data: { readonly epoch: number; readonly recovered: JsonObject } };

interface StepEvent {
  readonly runId: number;
  readonly ordinal: number;
}

export type EventType = EngineEvent["type"];

/** An event as it stands in the record. */
export type RecordedEvent = EngineEvent & { readonly seq: number; readonly atMs: number };

export interface LogLine {
  readonly ordinal: number;
  readonly attempt: number;
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: JsonObject | null;
  /** Where it stands in the log of the step's container `key`, so that a restart reads on behind it. */
  readonly source?: LogSource;
}

export interface LogSource {
  readonly key: string;
  readonly position: string;
}
