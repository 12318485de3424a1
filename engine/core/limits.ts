import { EngineError } from "./errors.ts";

/** A bound on what runs at the same time. */
export type Limit =
  /** All runs. */
  | { readonly kind: "runs"; readonly maximum: number }
  /** Runs with this tag. */
  | { readonly kind: "tag"; readonly key: string; readonly value: string; readonly maximum: number }
  /** Runs of each value of this tag, or of this dimension of the run's partition. */
  | { readonly kind: "tag_value"; readonly key: string; readonly maximum: number }
  /** Slots of a pool, taken by steps. */
  | { readonly kind: "pool"; readonly key: string; readonly maximum: number };

/** What names a limit: its kind, a key but for all runs, and a tag's value, which may be ""; "" where there is none. */
export interface LimitName {
  readonly kind: Limit["kind"];
  readonly key: string;
  readonly value: string;
}

/** Throws `invalid_request` on a key or a value that a limit of its kind does not have, or lacks. */
export function checkLimitName({ kind, key, value }: LimitName): void {
  const wanted = {
    runs: "no key and no value",
    tag: "a key",
    tag_value: "a key alone",
    pool: "a key alone",
  };
  const hasKey = key !== "";
  const hasValue = value !== "";
  if (hasKey === (kind !== "runs") && (!hasValue || kind === "tag")) return;
  const given = `key ${JSON.stringify(key)}, value ${JSON.stringify(value)}`;
  throw new EngineError("invalid_request", `a limit of the kind "${kind}" has ${wanted[kind]}; this one has ${given}`);
}

/** What limits look at: the tags of a run, and its partition's parts by dimension. */
export interface LimitedRun {
  readonly runId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, string>>;
}

export interface Blocked {
  readonly limit: Limit;
  readonly holders: readonly string[];
  /** Whether every run of these tags is blocked, whatever its partition. */
  readonly byTags: boolean;
  readonly reason: string;
}

export const MAX_NAMED_HOLDERS = 3;

/** The first limit that keeps `run` from starting beside `live`, and who holds it; null where none does. */
export function blockedBy(run: LimitedRun, live: Iterable<LimitedRun>, limits: readonly Limit[]): Blocked | null {
  const tagged = limits.filter((limit) => limit.kind === "tag" || limit.kind === "tag_value");
  if (tagged.length === 0) return null;
  let others: readonly LimitedRun[] | null = null;
  for (const limit of tagged) {
    const value = valueOf(run, limit.key);
    if (value === undefined || (limit.kind === "tag" && value !== limit.value)) continue;
    others ??= [...live];
    const holders = others.filter((other) => valueOf(other, limit.key) === value).map((other) => other.runId);
    if (holders.length < limit.maximum) continue;
    const byTags = run.tags[limit.key] !== undefined;
    return { limit, holders, byTags, reason: describeLimit(`${limit.key}=${value}`, { limit, holders }) };
  }
  return null;
}

function valueOf(run: LimitedRun, key: string): string | undefined {
  return run.tags[key] ?? run.parts[key];
}

/** One sentence: what it waits for and who holds it. */
export function describeLimit(
  what: string,
  params: {
    readonly limit: Pick<Limit, "maximum">;
    readonly holders: readonly string[];
    /** Default: as many as `holders`. */
    readonly count?: number;
  },
): string {
  const { limit, holders, count = holders.length } = params;
  const named = holders.slice(0, MAX_NAMED_HOLDERS).join(", ");
  const more = count > MAX_NAMED_HOLDERS ? ` and ${count - MAX_NAMED_HOLDERS} more` : "";
  const by = holders.length === 0 ? "" : `, held by ${named}${more}`;
  return `waits for the limit of ${limit.maximum} on ${what}${by}`;
}
