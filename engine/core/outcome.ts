import type { JsonObject } from "./json.ts";

/** What a step's code returns when it has more to tell than a value. Made by `materialization()`. */
export interface Materialization<O = unknown> {
  readonly type: "materialization";
  readonly value: O;
  /** Facts for people: counts, links, sizes. JSON, at most 64 kB. */
  readonly metadata: JsonObject;
  /** A fingerprint of what was made; equal versions leave downstream assets fresh. Default: computed (see store). */
  readonly dataVersion: string | null;
}

/** Made by `skip()`: the step made nothing, on purpose. Its partition stays as it was. */
export interface Skip {
  readonly type: "skip";
  readonly reason: string;
}

interface MaterializationFacts<O> {
  readonly value?: O;
  readonly metadata?: JsonObject;
  readonly dataVersion?: string;
}

export function materialization<O = null>(facts: MaterializationFacts<O>): Materialization<O> {
  return Object.freeze({
    type: "materialization",
    value: (facts.value ?? null) as O,
    metadata: facts.metadata ?? {},
    dataVersion: facts.dataVersion ?? null,
  });
}

/** The step is skipped with this reason; what depends on it is skipped too, and the run succeeds. */
export function skip(reason: string): Skip {
  return Object.freeze({ type: "skip", reason });
}

export function isMaterialization(value: unknown): value is Materialization {
  return isTagged(value, "materialization") && "metadata" in value;
}

export function isSkip(value: unknown): value is Skip {
  return isTagged(value, "skip") && "reason" in value && typeof value.reason === "string";
}

function isTagged(value: unknown, type: string): value is { type: string } {
  return (
    typeof value === "object" && value !== null && "type" in value && value.type === type && Object.isFrozen(value)
  );
}
