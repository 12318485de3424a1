import { EngineError } from "./errors.ts";
import { checkName } from "./names.ts";

/**
 * A named set of partition keys. `Sets` are the names of the base sets that span it, `Dims` the names of its
 * dimensions; both drive how inputs are typed.
 */
export interface PartitionSet<Sets extends string = string, Dims extends string = string> {
  readonly type: "partitions";
  readonly name: string;
  readonly kind: PartitionKind;
  readonly dimensions: readonly Dimension[];
  /** The keys of a static set, in their order. */
  readonly keys: readonly string[] | null;
  readonly description: string;
  readonly [spans]?: { sets: Sets; dims: Dims };
}

declare const spans: unique symbol;

export type PartitionKind = "static" | "dynamic" | "product";

/** A dimension: its name here, and the base set that its keys come from. Sets join on equal base sets. */
export interface Dimension {
  readonly name: string;
  readonly set: string;
}

/** A partition as code sees it: its key, and the key of each dimension by name. */
export interface Partition<Dims extends string = string> {
  readonly key: string;
  readonly parts: { readonly [D in Dims]: string };
}

export const MAX_PARTITION_KEY_BYTES = 8192;

interface PartitionSetOptions {
  readonly description?: string;
}

interface BaseSetOptions<D extends string> extends PartitionSetOptions {
  /** What one key is: the name of the set's dimension. Default: the set's name. */
  readonly dimension?: D;
}

/** A set whose keys are written in code. A key that leaves the code is retired at the next start. */
export function staticPartitions<const N extends string, const D extends string = N>(
  name: N,
  keys: readonly string[],
  options: BaseSetOptions<D> = {},
): PartitionSet<N, D> {
  for (const key of keys) checkPartitionKey(key);
  const seen = new Set<string>();
  const repeated = keys.find((key) => seen.size === seen.add(key).size);
  if (repeated !== undefined) {
    throw new EngineError("definition", `partition set "${name}" lists the key ${JSON.stringify(repeated)} twice`);
  }
  return baseSet(name, { kind: "static", keys: Object.freeze([...keys]), options });
}

/** A set whose keys come and go while the engine runs: by sensors, from the UI or over HTTP. */
export function dynamicPartitions<const N extends string, const D extends string = N>(
  name: N,
  options: BaseSetOptions<D> = {},
): PartitionSet<N, D> {
  return baseSet(name, { kind: "dynamic", keys: null, options });
}

interface BaseSetParams {
  readonly kind: PartitionKind;
  readonly keys: readonly string[] | null;
  readonly options: BaseSetOptions<string>;
}

function baseSet<N extends string, D extends string>(name: N, params: BaseSetParams): PartitionSet<N, D> {
  checkName("partition set", name);
  const dimension = checkName(`dimension of "${name}"`, params.options.dimension ?? name);
  return Object.freeze({
    type: "partitions",
    name,
    kind: params.kind,
    dimensions: Object.freeze([Object.freeze({ name: dimension, set: name })]),
    keys: params.keys,
    description: params.options.description ?? "",
  });
}

type BaseSets = { readonly [dimension: string]: PartitionSet };
type SetNames<B extends BaseSets> = { [D in keyof B]: B[D] extends PartitionSet<infer S> ? S : never }[keyof B];

/**
 * Combinations of the keys of base sets. It is sparse: it holds the combinations that were added, not all that could
 * be, and those are added and retired like the keys of a dynamic set.
 */
export function productPartitions<const B extends BaseSets>(
  name: string,
  dimensions: B,
  options: PartitionSetOptions = {},
): PartitionSet<SetNames<B>, keyof B & string> {
  checkName("partition set", name);
  const entries = Object.entries(dimensions);
  if (entries.length < 2) throw new EngineError("definition", `product partition set "${name}" needs two dimensions`);
  for (const [dimension, set] of entries) {
    checkName(`dimension of "${name}"`, dimension);
    if (set.dimensions.length !== 1) {
      throw new EngineError(
        "definition",
        `dimension "${dimension}" of "${name}" is the product "${set.name}"; give base sets`,
      );
    }
  }
  return Object.freeze({
    type: "partitions",
    name,
    kind: "product",
    dimensions: Object.freeze(entries.map(([dimension, set]) => Object.freeze({ name: dimension, set: set.name }))),
    keys: null,
    description: options.description ?? "",
  });
}

/** Throws `invalid_request` unless `key` is UTF-8 of 1 to 8,192 bytes. */
export function checkPartitionKey(key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes < 1 || bytes > MAX_PARTITION_KEY_BYTES) {
    throw new EngineError(
      "invalid_request",
      `a partition key has 1 to ${MAX_PARTITION_KEY_BYTES} bytes of UTF-8; this one has ${bytes}`,
    );
  }
  if (!key.isWellFormed()) throw new EngineError("invalid_request", "a partition key holds a lone surrogate");
  return key;
}

/** `source|tenant`: the parts in the dimensions' order, `\` and `|` inside a part escaped with `\`. */
export function encodeProductKey(parts: readonly string[]): string {
  return parts.map((part) => part.replaceAll(/[\\|]/g, (mark) => `\\${mark}`)).join("|");
}

/** The parts of a key made by `encodeProductKey`; null where it is not one. */
export function decodeProductKey(key: string): readonly string[] | null {
  const parts: string[] = [];
  let part = "";
  for (let index = 0; index < key.length; index++) {
    const mark = key[index];
    if (mark === "\\") {
      const next = key[++index];
      if (next !== "\\" && next !== "|") return null;
      part += next;
    } else if (mark === "|") {
      parts.push(part);
      part = "";
    } else {
      part += mark;
    }
  }
  parts.push(part);
  return parts.every((one) => one.length > 0) ? parts : null;
}

/** The parts of a set's key in the dimensions' order; throws `invalid_request` where the key does not fit the set. */
export function partsOfKey(set: Pick<PartitionSet, "name" | "dimensions">, key: string): readonly string[] {
  if (set.dimensions.length === 1) return [key];
  const parts = decodeProductKey(key);
  if (parts?.length !== set.dimensions.length) {
    const shape = set.dimensions.map((dimension) => dimension.name).join("|");
    throw new EngineError(
      "invalid_request",
      `${JSON.stringify(key)} is no key of the partition set "${set.name}"; expected ${shape}, ` +
        `with "\\" and "|" inside a part escaped with "\\"`,
    );
  }
  return parts;
}

/** Whether a key has the shape of the set's keys; it may be none of them. */
export function isKeyOf(set: Pick<PartitionSet, "dimensions">, key: string): boolean {
  return set.dimensions.length === 1 || decodeProductKey(key)?.length === set.dimensions.length;
}

/** The key as code sees it. */
export function partitionOf(set: PartitionSet, key: string): Partition {
  const parts = partsOfKey(set, key);
  return Object.freeze({
    key,
    parts: Object.freeze(
      Object.fromEntries(set.dimensions.map((dimension, index) => [dimension.name, parts[index] ?? ""])),
    ),
  });
}

/** A key of the set from an object of its dimensions: `{ source: "iris", tenant: "eco" }`. */
export function keyOfParts(set: PartitionSet, parts: Readonly<Record<string, string>>): string {
  const values = set.dimensions.map((dimension) => {
    const value = parts[dimension.name];
    if (value === undefined) {
      throw new EngineError("invalid_request", `a key of "${set.name}" needs its dimension "${dimension.name}"`);
    }
    return checkPartitionKey(value);
  });
  const only = values[0];
  return checkPartitionKey(values.length === 1 && only !== undefined ? only : encodeProductKey(values));
}

/** How keys of `from` relate to keys of `to`, by the base sets that they share (design §5). */
export type PartitionRelation =
  | { readonly type: "same" }
  /** `to` lies inside `from`: cut the key down to these dimensions of `from`, in `to`'s order. */
  | { readonly type: "project"; readonly dimensions: readonly number[] }
  /** Match `from`'s dimension to `to`'s: all keys of `to` that agree. Empty pairs: all of `to`. */
  | { readonly type: "match"; readonly pairs: readonly (readonly [from: number, to: number])[] }
  /** Nothing shared, but `via` spans both: through the pairs that exist. */
  | { readonly type: "through"; readonly via: PartitionSet };

/**
 * The relation of two sets. Dimensions join on equal base sets; where a base set occurs twice on a side, on equal
 * dimension names. Throws `definition` where that leaves a choice.
 */
export function relatePartitions(
  from: PartitionSet,
  to: PartitionSet,
  sets: Iterable<PartitionSet> = [],
): PartitionRelation {
  if (from.name === to.name) return { type: "same" };
  const pairs: (readonly [number, number])[] = [];
  for (const [toIndex, dimension] of to.dimensions.entries()) {
    const fromIndex = matchingDimension(from, to, dimension);
    if (fromIndex !== null) pairs.push([fromIndex, toIndex]);
  }
  if (pairs.length === to.dimensions.length) return { type: "project", dimensions: pairs.map(([index]) => index) };
  if (pairs.length > 0) return { type: "match", pairs };
  const via = [...sets].find((set) => set.kind === "product" && spansAll(set, from) && spansAll(set, to));
  return via === undefined ? { type: "match", pairs: [] } : { type: "through", via };
}

function matchingDimension(from: PartitionSet, to: PartitionSet, dimension: Dimension): number | null {
  const candidates = [...from.dimensions.entries()].filter(([, other]) => other.set === dimension.set);
  const twice = to.dimensions.filter((other) => other.set === dimension.set).length > 1;
  const first = candidates[0];
  if (first === undefined) return null;
  if (candidates.length === 1 && !twice) return first[0];
  const named = candidates.find(([, other]) => other.name === dimension.name);
  if (named !== undefined) return named[0];
  throw new EngineError(
    "definition",
    `the partition sets "${from.name}" and "${to.name}" share "${dimension.set}" in more than one way; ` +
      `give equal names to the dimensions that belong together, or a mapping function`,
  );
}

function spansAll(set: PartitionSet, inner: PartitionSet): boolean {
  return inner.dimensions.every((dimension) => set.dimensions.some((other) => other.set === dimension.set));
}
