import type { Chance } from "./chance.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** A broken invariant: its number in ARCHITECTURE.md, and what was found. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
}

export interface WorldParams {
  readonly chance: Chance;
  readonly time: SimulatedTime;
  readonly folder: string;
  /** Told each line of the trace at once: what hangs leaves no other. */
  readonly onTell?: ((line: string) => void) | undefined;
}

/** What all parts of one simulation share. */
export class World {
  readonly chance: Chance;
  readonly time: SimulatedTime;
  readonly folder: string;
  readonly trace: string[] = [];
  /** The first that was found ends the simulation. */
  violation: Violation | null = null;
  /** At the end nothing is broken any more, and code does what it should. */
  isCalm = false;

  readonly #onTell: (line: string) => void;

  constructor(params: WorldParams) {
    this.chance = params.chance;
    this.time = params.time;
    this.folder = params.folder;
    this.#onTell = params.onTell ?? (() => {});
  }

  tell(what: string): void {
    const line = `${String(this.time.elapsedMs).padStart(9)} ms  ${what}`;
    this.trace.push(line);
    this.#onTell(line);
  }

  /** Code of the engine may catch what is thrown at it, so that a violation is noted, not thrown. */
  violate(invariant: string, message: string): void {
    if (this.violation !== null) return;
    this.violation = { invariant, message };
    this.tell(`VIOLATION of ${invariant}: ${message}`);
  }

  /** Violates unless it holds. */
  hold(invariant: string, holds: boolean, message: () => string): void {
    if (!holds) this.violate(invariant, message());
  }
}
