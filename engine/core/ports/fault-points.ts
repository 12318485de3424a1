/**
 * The places at which a test may end the engine, or make something fail: between any two acts whose order matters for
 * what a restart finds. Handed in as an optional collaborator, never by configuration.
 */
export const faultPoints = [
  /** Tasks wait, no transaction is open. */
  "flush.before-begin",
  /** The tasks have run, nothing is on disk. */
  "flush.before-commit",
  /** All is on disk; no listener, no promise and no `afterCommit` knows it. */
  "flush.after-commit",
  /** `afterCommit` and the listeners have run, no promise has settled. */
  "flush.before-settled",
  /** Within the first transaction of a start: what was cut off waits again, nothing has gone on. */
  "recovery.before-going-on",
  /** An attempt's start is on disk, its code has not begun. */
  "attempt.before-code",
  /** Its code has returned, its values are not kept. */
  "attempt.after-code",
  /** Its values are kept, nothing in the record names them. Reached by attempts that failed as well. */
  "attempt.before-end",
  /** A sensor's or schedule's code has returned, nothing of its tick is recorded. */
  "tick.before-record",
  /** Within the tick's transaction: its runs and its partitions are made, its cursor has not moved. */
  "tick.before-cursor",
  /** Within a transaction: a backfill's next runs are about to be made. */
  "backfill.before-launch",
  /** Within the same: they are made, nothing is committed. */
  "backfill.launched",
  /** A container is on record as intended, and not on its host. */
  "container.intended",
  /** It is on its host, which the record does not know. */
  "container.created",
  /** The record knows it, it has not begun. */
  "container.before-start",
  /** It has begun. */
  "container.started",
  /** It has exited, which the record does not know. */
  "container.exited",
  /** Its exit is on record. */
  "container.exit-recorded",
  /** It has ended, and is about to be removed. */
  "container.before-remove",
  /** It is gone, and still on record. */
  "container.removed",
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/**
 * `reach` may end the process, or throw: then what was about to happen fails with that error. In a flush that stops the
 * writer (writer.ts, W5), as a disk that fails would; after `flush.after-commit` it does so though the change is on disk.
 * A test that plays a kill without ending the process must also see to it that nothing deferred runs any more.
 */
export interface FaultPoints {
  reach(point: FaultPoint): void;
}

export const noFaults: FaultPoints = Object.freeze({ reach() {} });
