import { EngineError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { type CheckSeverity, type ReadVerdict, readVerdict } from "./verdict.ts";

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
  | { readonly type: "made"; readonly outputs: readonly MadeOutput[]; readonly notMade: readonly NotMade[] }
  | { readonly type: "checked"; readonly verdict: ReadVerdict };

/** An asset that a multi-asset's step left out; `reason` where it gave `skip(reason)` for it. */
export interface NotMade {
  readonly asset: string;
  readonly reason: string | null;
}

export interface MadeOutput {
  readonly asset: string;
  readonly value: unknown;
  readonly metadata: JsonObject;
  readonly dataVersion: string | null;
}

interface ReturningStep {
  readonly outputs: ReadonlyMap<string, { readonly key: string }>;
  readonly check: { readonly severity: CheckSeverity } | null;
}

/**
 * Reads what a step's code returned. A single asset's value is the output; a multi-asset's is an object of outputs, of
 * which some may be left out; a check's is a verdict. Throws `bad_value` on anything else.
 */
export function readReturn({ outputs, check }: ReturningStep, returned: unknown): StepReturn {
  if (isSkip(returned)) return { type: "skip", reason: returned.reason };
  if (check !== null) return { type: "checked", verdict: readVerdict(check, returned) };
  const single = outputs.get("");
  if (single !== undefined) return { type: "made", outputs: [readOutput(single.key, returned)], notMade: [] };
  if (typeof returned !== "object" || returned === null || isMaterialization(returned)) {
    throw new EngineError(
      "bad_value",
      `a multi-asset returns an object of ${[...outputs.keys()].join(", ")}; this one did not`,
    );
  }
  const given = new Map<string, unknown>(Object.entries(returned));
  const unknown = [...given.keys()].find((name) => !outputs.has(name));
  if (unknown !== undefined) {
    throw new EngineError("bad_value", `it returned "${unknown}", which is none of ${[...outputs.keys()].join(", ")}`);
  }
  const made: MadeOutput[] = [];
  const notMade: NotMade[] = [];
  for (const [name, { key }] of outputs) {
    const value = given.get(name);
    if (value === undefined) notMade.push({ asset: key, reason: null });
    else if (isSkip(value)) notMade.push({ asset: key, reason: value.reason });
    else made.push(readOutput(key, value));
  }
  return { type: "made", outputs: made, notMade };
}

/** `right (needs Docker), left`. */
export function describeNotMade(notMade: readonly NotMade[]): string {
  return notMade.map(({ asset, reason }) => (reason === null ? asset : `${asset} (${reason})`)).join(", ");
}

function readOutput(asset: string, returned: unknown): MadeOutput {
  if (!isMaterialization(returned)) return { asset, value: returned, metadata: {}, dataVersion: null };
  return { asset, value: returned.value, metadata: returned.metadata, dataVersion: returned.dataVersion };
}
