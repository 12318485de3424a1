import type { LogLine } from "../core/events.ts";
import type { AttemptRef } from "../store/tables/steps.ts";
import type { LiveAttempt } from "./execution.ts";
import type { AttemptHooks, AttemptOutcome } from "./step-runner.ts";

/** An attempt whose code runs, or has ended and is not recorded. */
export interface StartedAttempt {
  readonly ref: AttemptRef;
  readonly live: LiveAttempt;
  /** Never rejects. */
  readonly outcome: Promise<AttemptOutcome>;
}

/**
 * The attempts whose code was started and whose end is not on disk. They outlive the record's connection: where the
 * disk fails they go on, and what came of them is recorded when it is well again.
 */
export interface LiveAttempts {
  add(attempt: StartedAttempt): void;
  /** Its end is on disk, or is to be forgotten. */
  remove(attempt: StartedAttempt): void;
  all(): readonly StartedAttempt[];
  /** Keeps lines that could not be written. Their number is bounded by the log of an attempt (step-log.ts). */
  keepLog(runId: number, lines: readonly LogLine[]): void;
  /** The lines that were kept of an attempt, oldest first. */
  takeLog(ref: AttemptRef): readonly LogLine[];
  /** Whoever records what becomes of them hears of their code too: from now on this one. */
  followedBy(hooks: AttemptHooks): void;
  /** What is heard of their code goes to whoever follows them at that time. */
  readonly hooks: AttemptHooks;
  /** Places of steps whose code ignored its signal and has not settled. */
  readonly abandoned: Set<string>;
}

export function liveAttempts(): LiveAttempts {
  const started = new Set<StartedAttempt>();
  const unwritten = new Map<string, LogLine[]>();
  let follower: AttemptHooks = { onStray() {}, onAbandoned() {}, onLate() {} };
  return {
    followedBy: (hooks) => void (follower = hooks),
    hooks: {
      onStray: (...heard) => follower.onStray(...heard),
      onAbandoned: (...heard) => follower.onAbandoned(...heard),
      onLate: (...heard) => follower.onLate(...heard),
    },
    abandoned: new Set(),
    add: (attempt) => void started.add(attempt),
    remove(attempt) {
      started.delete(attempt);
      if (unwritten.size > 0) unwritten.delete(attemptName(attempt.ref));
    },
    all: () => [...started],
    keepLog(runId, lines) {
      const [first] = lines;
      if (first === undefined) return;
      const name = attemptName({ runId, ordinal: first.ordinal, attempt: first.attempt });
      const kept = unwritten.get(name);
      if (kept === undefined) unwritten.set(name, [...lines]);
      else kept.push(...lines);
    },
    takeLog: (ref) => (unwritten.size === 0 ? [] : (unwritten.get(attemptName(ref)) ?? [])),
  };
}

export function attemptName({ runId, ordinal, attempt }: AttemptRef): string {
  return `${runId}/${ordinal}/${attempt}`;
}
