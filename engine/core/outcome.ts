import { EngineError } from "./errors.ts";
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

/** What an attempt made, as plain data that can cross threads. */
export type StepReturn =
  | { readonly type: "skip"; readonly reason: string }
  | { readonly type: "made"; readonly outputs: readonly MadeOutput[] };

export interface MadeOutput {
  readonly asset: string;
  readonly value: unknown;
  readonly metadata: JsonObject;
  readonly dataVersion: string | null;
}

/**
 * Reads what a step's code returned. A single asset's value is the output; a multi-asset's is an object of outputs, of
 * which some may be left out. Throws `bad_value` on anything else.
 */
export function readReturn(outputs: ReadonlyMap<string, { readonly key: string }>, returned: unknown): StepReturn {
  if (isSkip(returned)) return { type: "skip", reason: returned.reason };
  const single = outputs.get("");
  if (single !== undefined) return { type: "made", outputs: [readOutput(single.key, returned)] };
  if (typeof returned !== "object" || returned === null || isMaterialization(returned)) {
    throw new EngineError(
      "bad_value",
      `a multi-asset returns an object of ${[...outputs.keys()].join(", ")}; this one did not`,
    );
  }
  const made: MadeOutput[] = [];
  for (const [name, value] of Object.entries(returned)) {
    if (value === undefined || isSkip(value)) continue;
    const asset = outputs.get(name);
    if (asset === undefined) {
      throw new EngineError("bad_value", `it returned "${name}", which is none of ${[...outputs.keys()].join(", ")}`);
    }
    made.push(readOutput(asset.key, value));
  }
  return { type: "made", outputs: made };
}

function readOutput(asset: string, returned: unknown): MadeOutput {
  if (!isMaterialization(returned)) return { asset, value: returned, metadata: {}, dataVersion: null };
  return { asset, value: returned.value, metadata: returned.metadata, dataVersion: returned.dataVersion };
}
