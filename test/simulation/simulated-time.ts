/**
 * The one event loop of a simulation: what an engine defers and every timer stand here, and nothing happens but what
 * is taken from it. Time passes between events alone.
 */
export class SimulatedTime {
  /** Of the computer: never goes back. */
  elapsedMs = 0;
  /** How far the wall clock was set away from where it began. */
  setByMs = 0;
  #ordinal = 0;
  #timers: Timer[] = [];
  readonly #deferred: Deferred[] = [];
  readonly #startMs = Date.UTC(2026, 0, 1);

  get wallMs(): number {
    return this.#startMs + this.elapsedMs + this.setByMs;
  }

  get hasDeferred(): boolean {
    return this.#deferred.length > 0;
  }

  get nextTimerInMs(): number | null {
    const first = this.#timers[0];
    return first === undefined ? null : first.dueMs - this.elapsedMs;
  }

  defer(owner: unknown, task: () => void): void {
    this.#deferred.push({ owner, task });
  }

  /** Sets a timer, to whole milliseconds as the wall clock has them; the returned function takes it back. */
  after(owner: unknown, ms: number, task: () => void): () => void {
    const timer: Timer = { owner, dueMs: this.elapsedMs + Math.max(0, Math.ceil(ms)), ordinal: this.#ordinal++, task };
    let at = this.#timers.length;
    while (at > 0 && isLater(this.#timers[at - 1], timer)) at--;
    this.#timers.splice(at, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /**
   * As `after`, and then once nothing is deferred: whoever had something to do by that time has had his turn. Where the
   * computer slept meanwhile, he has as long again.
   */
  afterRest(owner: unknown, ms: number, task: () => void): () => void {
    const dueMs = this.elapsedMs + Math.ceil(ms);
    let disarm = this.after(owner, ms, () => {
      if (this.elapsedMs > dueMs) disarm = this.afterRest(owner, ms, task);
      else if (this.hasDeferred) disarm = this.afterRest(owner, 1, task);
      else task();
    });
    return () => disarm();
  }

  /** Runs what was deferred first. */
  runDeferred(): void {
    this.#deferred.shift()?.task();
  }

  /** Runs the timer that is due first, at its time or, where the computer slept, later. */
  runTimer(): void {
    const timer = this.#timers.shift();
    if (timer === undefined) return;
    this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs);
    timer.task();
  }

  /** What its owner deferred will not happen any more. */
  drop(owner: unknown): void {
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
    for (let at = this.#deferred.length - 1; at >= 0; at--) {
      if (this.#deferred[at]?.owner === owner) this.#deferred.splice(at, 1);
    }
  }
}

interface Deferred {
  readonly owner: unknown;
  readonly task: () => void;
}

interface Timer extends Deferred {
  readonly dueMs: number;
  readonly ordinal: number;
}

function isLater(one: Timer | undefined, other: Timer): boolean {
  return one !== undefined && (one.dueMs > other.dueMs || (one.dueMs === other.dueMs && one.ordinal > other.ordinal));
}

/** Lets all promises settle that wait for nothing outside. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
