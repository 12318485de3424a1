import type { Limit } from "../../engine/core/limits.ts";
import { DEFAULT_MAX_RUNS, DEFAULT_POOL_SLOTS } from "../../engine/runtime/limit-book.ts";

export interface LimitName {
  readonly kind: Limit["kind"];
  readonly key: string;
  readonly value: string;
}

/** Null: what configuration says, or the default. */
export interface AskedLimit extends LimitName {
  readonly maximum: number | null;
}

/** The limits as their operators know them: a change that was not acknowledged may hold already, or not yet. */
export class LimitsModel {
  readonly #configured = new Map<string, number>();
  readonly #acknowledged = new Map<string, number>();
  #pending: AskedLimit[] = [];

  constructor(configured: readonly Limit[]) {
    for (const limit of configured) this.#configured.set(idOf(nameOf(limit)), limit.maximum);
  }

  ask(limit: AskedLimit): void {
    this.#pending.push(limit);
  }

  acknowledge(limit: AskedLimit): void {
    this.#pending = this.#pending.filter((one) => one !== limit);
    if (limit.maximum === null) this.#acknowledged.delete(idOf(limit));
    else this.#acknowledged.set(idOf(limit), limit.maximum);
  }

  /** A new engine has read what is recorded. */
  reload(recorded: readonly (LimitName & { readonly maximum: number })[]): void {
    this.#pending = [];
    this.#acknowledged.clear();
    for (const limit of recorded) this.#acknowledged.set(idOf(limit), limit.maximum);
  }

  get isSettled(): boolean {
    return this.#pending.length === 0;
  }

  /** The most that may be in force. */
  most(name: LimitName): number {
    const pending = this.#pending.filter((one) => idOf(one) === idOf(name));
    const current = this.#acknowledged.get(idOf(name)) ?? this.#unset(name);
    return Math.max(current, ...pending.map(({ maximum }) => maximum ?? this.#unset(name)));
  }

  /** All limits of runs by tag that are known. */
  tagLimits(): readonly LimitName[] {
    const ids = [...this.#configured.keys(), ...this.#acknowledged.keys(), ...this.#pending.map(idOf)];
    return [...new Set(ids)].map(nameOfId).filter(({ kind }) => kind === "tag" || kind === "tag_value");
  }

  #unset(name: LimitName): number {
    const configured = this.#configured.get(idOf(name));
    if (configured !== undefined) return configured;
    return name.kind === "runs" ? DEFAULT_MAX_RUNS : name.kind === "pool" ? DEFAULT_POOL_SLOTS : Infinity;
  }
}

export const ALL_RUNS: LimitName = { kind: "runs", key: "", value: "" };

export function poolLimit(pool: string): LimitName {
  return { kind: "pool", key: pool, value: "" };
}

function nameOf(limit: Limit): LimitName {
  return { kind: limit.kind, key: "key" in limit ? limit.key : "", value: limit.kind === "tag" ? limit.value : "" };
}

function idOf({ kind, key, value }: LimitName): string {
  return [kind, key, value].join(" ");
}

function nameOfId(id: string): LimitName {
  const [kind = "", key = "", value = ""] = id.split(" ");
  return { kind: kind as Limit["kind"], key, value };
}
