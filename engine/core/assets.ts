import { EngineError } from "./errors.ts";
import type { Json } from "./json.ts";
import { checkName } from "./names.ts";
import type { Materialization, Skip } from "./outcome.ts";
import type { Partition, PartitionSet } from "./partitions.ts";
import type { ResourceMap, ResourceValues } from "./resources.ts";
import { checkRetry, type RetryPolicy } from "./retry.ts";
import type { RunContext } from "./run-context.ts";
import type { CheckSeverity } from "./verdict.ts";

/**
 * Something that is made, one piece a partition. `O` is the value that its code returns, `S` the base partition sets
 * that it is partitioned by (`never`: by none).
 */
export interface Asset<O = unknown, S extends string = string> {
  readonly type: "asset";
  readonly key: string;
  readonly group: string;
  readonly description: string;
  readonly partitions: PartitionSet | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly kinds: readonly string[];
  readonly codeVersion: string | null;
  /** What makes it; the assets of a multi-asset share one. */
  readonly step: StepDefinition;
  readonly [carries]?: { output: O; sets: S };
}

declare const carries: unique symbol;

/** The code that makes one asset or several, and how it is run. */
export interface StepDefinition {
  /** The assets it makes, by the names under which `run` returns them; a single asset's name is "". A check makes none. */
  readonly outputs: ReadonlyMap<string, Asset>;
  /** What it checks, where it judges an asset instead of making some. */
  readonly check: CheckFacts | null;
  readonly dependencies: readonly Dependency[];
  readonly partitions: PartitionSet | null;
  readonly resources: ResourceMap;
  readonly pool: string | null;
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  /** The module to import in a worker, or null to run on the engine's thread. */
  readonly workerModule: string | null;
  readonly run: (context: RunContext) => unknown;
}

/** What is known of a check without its code. */
export interface CheckFacts {
  /** `<asset's key>:<name>`; neither part can hold a colon. */
  readonly key: string;
  readonly name: string;
  readonly asset: Asset;
  readonly description: string;
  readonly blocking: boolean;
  /** Of a failure whose verdict names none. */
  readonly severity: CheckSeverity;
}

/** The name of a check's first dependency, the asset that it judges; no other dependency of it is named so. */
export const CHECKED = "";

export interface Dependency {
  /** The name under which code sees the input. */
  readonly name: string;
  readonly asset: Asset;
  readonly after: "success" | "end";
  /** Keys of the upstream asset for a key of this one; null: by shared dimensions. */
  readonly mapping: PartitionMapping | null;
}

/** From the downstream partition to the keys of the upstream asset. Pure. */
export type PartitionMapping = (partition: Partition) => readonly string[];

/** A dependency with more to say than its asset. Made by `afterEnd` and `mapped`. */
export interface DependencySpec<O = unknown, S extends string = string, Many extends boolean = boolean> {
  readonly type: "dependency";
  readonly asset: Asset<O, S>;
  readonly after: "success" | "end";
  readonly mapping: PartitionMapping | null;
  readonly [many]?: Many;
}

declare const many: unique symbol;

/** Waits until the upstream steps of the run have ended, whatever became of them; carries no value. */
export function afterEnd<O, S extends string>(asset: Asset<O, S>): DependencySpec<undefined, S, false> {
  return Object.freeze({ type: "dependency", asset: asset as Asset<undefined, S>, after: "end", mapping: null });
}

/** Depends on the partitions that `mapping` names, instead of those that share dimensions. */
export function mapped<O, S extends string>(asset: Asset<O, S>, mapping: PartitionMapping): DependencySpec<O, S, true> {
  return Object.freeze({ type: "dependency", asset, after: "success", mapping });
}

export type Dependencies = { readonly [name: string]: Asset | DependencySpec };

/** The value of a one-to-one input; of the partitions of an input that has dimensions of its own, a collection. */
type InputOf<D, S extends string> =
  D extends DependencySpec<infer O, infer U, infer M>
    ? true extends M
      ? PartitionedInput<O>
      : OneOrMany<O, U, S>
    : D extends Asset<infer O, infer U>
      ? OneOrMany<O, U, S>
      : never;
type OneOrMany<O, U extends string, S extends string> = [U] extends [S] ? O : PartitionedInput<O>;
export type Inputs<D extends Dependencies, S extends string> = { readonly [N in keyof D]: InputOf<D[N], S> };

/** The values of an input's partitions, read one after the other. */
export interface PartitionedInput<O> {
  /** The keys of all partitions that the input spans, materialized or not. */
  readonly keys: readonly string[];
  /** The value of one; throws `missing_input` where it was never materialized. */
  get(key: string): Promise<O>;
  /** Those that are materialized, in the order of `keys`. */
  [Symbol.asyncIterator](): AsyncIterator<{ readonly key: string; readonly value: O }>;
}

type SetsOf<P> = P extends PartitionSet<infer S> ? S : never;
type DimsOf<P> = P extends PartitionSet<string, infer D> ? D : never;
export type PartitionFor<P> = [P] extends [null] ? null : Partition<DimsOf<P>>;
export type ContextFor<D extends Dependencies, R extends ResourceMap, P extends PartitionSet | null> = RunContext<
  Inputs<D, SetsOf<P>>,
  ResourceValues<R>,
  PartitionFor<P>
>;
type Returned<O> = O | Materialization<O> | Skip;

export interface StepOptions<D, R, P> {
  readonly partitions?: P;
  readonly deps?: D;
  readonly resources?: R;
  /** Steps of a pool share its slots (`design.md` §4). */
  readonly pool?: string;
  /** Default: a step is tried once. Its code can ask for another attempt by throwing `RetryRequested`. */
  readonly retry?: RetryPolicy;
  /** Per attempt; of code in a worker, from when a worker takes it up. */
  readonly timeoutMs?: number;
  /**
   * Give the module's `import.meta.url` to run the code in a worker, where it may compute for long and can be killed.
   * The module must export the asset. Default: on the engine's thread, for code that mostly waits.
   */
  readonly workerModule?: string;
}

interface AssetFacts {
  readonly key: string;
  /** Default: the key's first segment, where it has several, else `default`. */
  readonly group?: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly kinds?: readonly string[];
  /** Change it when the code's meaning changes; what was made by another version is stale. */
  readonly codeVersion?: string;
}

export interface AssetOptions<D extends Dependencies, R extends ResourceMap, P extends PartitionSet | null, O>
  extends StepOptions<D, R, P>, AssetFacts {
  readonly run: (context: ContextFor<D, R, P>) => Returned<O> | Promise<Returned<O>>;
}

/** Declares an asset. Throws `definition` on a bad name; duplicates and cycles are found when the graph is built. */
export function defineAsset<
  const D extends Dependencies = {},
  const R extends ResourceMap = {},
  const P extends PartitionSet | null = null,
  O extends Json | void = void,
>(options: AssetOptions<D, R, P, O>): Asset<O, SetsOf<P>> {
  const step = defineStep({ "": options }, options, options.run as (context: RunContext) => unknown);
  return step.outputs.get("") as Asset<O, SetsOf<P>>;
}

type OutputFacts = { readonly [name: string]: AssetFacts };
type MultiReturned<M extends OutputFacts> = { readonly [N in keyof M]?: Returned<Json> | undefined };

export interface MultiAssetOptions<
  D extends Dependencies,
  R extends ResourceMap,
  P extends PartitionSet | null,
  M extends OutputFacts,
  V extends MultiReturned<M>,
> extends StepOptions<D, R, P> {
  readonly assets: M;
  /** Returns what it made by the names of `assets`; what is left out was not made this time. */
  readonly run: (context: ContextFor<D, R, P>) => V | Skip | Promise<V | Skip>;
}

type OutputOf<V> = V extends Materialization<infer O> ? O : V extends Skip | undefined ? never : V;

/** Declares several assets that one step makes. */
export function defineMultiAsset<
  const M extends OutputFacts,
  V extends MultiReturned<M>,
  const D extends Dependencies = {},
  const R extends ResourceMap = {},
  const P extends PartitionSet | null = null,
>(
  options: MultiAssetOptions<D, R, P, M, V>,
): { readonly [N in keyof M]: Asset<N extends keyof V ? OutputOf<V[N]> : never, SetsOf<P>> } {
  if (Object.keys(options.assets).length === 0) throw new EngineError("definition", "a multi-asset needs an asset");
  const step = defineStep(options.assets, options, options.run as (context: RunContext) => unknown);
  return Object.freeze(Object.fromEntries(step.outputs)) as never;
}

function defineStep(
  facts: OutputFacts,
  options: StepOptions<Dependencies, ResourceMap, PartitionSet | null>,
  run: (context: RunContext) => unknown,
): StepDefinition {
  const outputs = new Map<string, Asset>();
  const step: StepDefinition = Object.freeze({
    outputs,
    check: null,
    dependencies: Object.freeze(Object.entries(options.deps ?? {}).map(([name, spec]) => dependency(name, spec))),
    partitions: options.partitions ?? null,
    resources: Object.freeze({ ...options.resources }),
    pool: options.pool ?? null,
    retry: options.retry === undefined ? null : checkRetry(options.retry),
    timeoutMs: options.timeoutMs ?? null,
    workerModule: options.workerModule ?? null,
    run,
  });
  for (const [name, fact] of Object.entries(facts)) {
    checkName("asset key", fact.key);
    outputs.set(
      name,
      Object.freeze({
        type: "asset",
        key: fact.key,
        group: fact.group ?? (fact.key.includes("/") ? (fact.key.split("/")[0] ?? "default") : "default"),
        description: fact.description ?? "",
        partitions: step.partitions,
        tags: Object.freeze({ ...fact.tags }),
        kinds: Object.freeze([...(fact.kinds ?? [])]),
        codeVersion: fact.codeVersion ?? null,
        step,
      }),
    );
  }
  return step;
}

export function dependency(name: string, spec: Asset | DependencySpec | undefined): Dependency {
  if (spec?.type !== "asset" && spec?.type !== "dependency") {
    throw new EngineError(
      "definition",
      `the dependency "${name}" is not an asset; was its module imported in a circle, or its name mistyped?`,
    );
  }
  if (spec.type === "asset") return Object.freeze({ name, asset: spec, after: "success", mapping: null });
  return Object.freeze({ name, asset: spec.asset, after: spec.after, mapping: spec.mapping });
}

/** The step's name for people and for logs: the key of its asset, or of its first, or of its check. */
export function stepName(step: StepDefinition): string {
  return step.check?.key ?? step.outputs.values().next().value?.key ?? "";
}
