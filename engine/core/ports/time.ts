/** Wall clock, sleep and timers. Injected everywhere; only `adapters/system-clock.ts` and the tests' clock implement it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start that never go backwards: for durations and deadlines. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Every deferral of the engine goes through here, so that the simulation owns them all. */
export interface Scheduler {
  /** Runs `task` soon, after the code that runs now. */
  defer(task: () => void): void;
  /** Runs `task` after `ms`; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** Ids and randomness. */
export interface IdSource {
  /** A UUIDv7: sorts by time of making. */
  uuid(): string;
  /** Uniform in [0, 1). */
  random(): number;
  /** `bytes` of cryptographic randomness, base64url: codes and tokens. */
  secret(bytes: number): string;
}
