/**
 * The persisted state machines (design §4). The status types, the terminal sets and the labels derive from these
 * tables; a test holds the SQL CHECKs against them.
 */
export const runTransitions = {
  // A run one of whose steps runs at once is never seen starting.
  queued: ["starting", "running", "canceled", "failed"],
  starting: ["running", "canceling", "failed", "succeeded", "queued"],
  running: ["succeeded", "failed", "canceling"],
  canceling: ["canceled"],
  succeeded: [],
  failed: [],
  canceled: [],
} as const;

export const stepTransitions = {
  pending: ["waiting", "running", "skipped", "canceled", "failed"],
  waiting: ["running", "skipped", "canceled", "failed"],
  running: ["succeeded", "failed", "skipped", "canceled", "waiting"],
  succeeded: [],
  failed: [],
  skipped: [],
  canceled: [],
} as const;

export const tickTransitions = {
  started: ["succeeded", "skipped", "failed"],
  succeeded: [],
  skipped: [],
  failed: [],
} as const;

export const backfillTransitions = {
  queued: ["running", "canceled"],
  running: ["paused", "succeeded", "failed", "canceling"],
  paused: ["running", "canceling"],
  canceling: ["canceled"],
  succeeded: [],
  failed: [],
  canceled: [],
} as const;

export type RunStatus = keyof typeof runTransitions;
export type StepStatus = keyof typeof stepTransitions;
export type TickStatus = keyof typeof tickTransitions;
export type BackfillStatus = keyof typeof backfillTransitions;

/** The word for an asset's partition; the first four add up to the total. */
export const partitionWords = ["running", "failed", "materialized", "missing", "retired"] as const;
export type PartitionWord = (typeof partitionWords)[number];

/** What an evaluation found: `warned` and `failed` are a check that did not pass, `errored` one whose code threw. */
export const checkOutcomes = ["passed", "warned", "failed", "errored"] as const;
export type CheckOutcome = (typeof checkOutcomes)[number];

/** Words for a check's partition of which there is a record; `outdated`: the asset was made again since. */
export const recordedCheckWords = [...checkOutcomes, "outdated"] as const;
export const checkWords = [...recordedCheckWords, "unevaluated"] as const;
export type CheckWord = (typeof checkWords)[number];

export type TerminalRunStatus = {
  [S in RunStatus]: (typeof runTransitions)[S] extends readonly [] ? S : never;
}[RunStatus];

export function isTerminalRun(status: RunStatus): status is TerminalRunStatus {
  return runTransitions[status].length === 0;
}

export function isTerminalStep(status: StepStatus): boolean {
  return stepTransitions[status].length === 0;
}

export function isTerminalBackfill(status: BackfillStatus): boolean {
  return backfillTransitions[status].length === 0;
}

export const runStatuses = Object.keys(runTransitions) as readonly RunStatus[];
export const backfillStatuses = Object.keys(backfillTransitions) as readonly BackfillStatus[];
export const stepStatuses = Object.keys(stepTransitions) as readonly StepStatus[];
