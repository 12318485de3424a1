import { type Dependency, type StepDefinition, stepName } from "./assets.ts";
import type { Catalog } from "./catalog.ts";
import { isGated } from "./checks.ts";
import { EngineError } from "./errors.ts";
import { type PartitionSet, keyOfParts, partitionOf, partsOfKey, relatePartitions } from "./partitions.ts";
import { keptRunPolicy, type RunPolicy } from "./run-policy.ts";
import { stepsOf, type Targets } from "./targets.ts";

/** A run's steps, upstream before downstream. Stored when the run is made and never computed again. */
export interface RunPlan {
  readonly steps: readonly PlannedStep[];
  /** Left out where it is the default. */
  readonly policy?: RunPolicy;
}

export interface PlannedStep {
  /** What it makes; nothing, where it checks. */
  readonly assets: readonly string[];
  /** The key of the check that it is; left out by a step that makes something. */
  readonly check?: string;
  /** `run`: the run's own partition; else the key in the step's set (older plans do not name it); null: it has none. */
  readonly partition:
    | { readonly of: "run" }
    | { readonly of: "step"; readonly key: string; readonly set?: string }
    | null;
  /** Ordinals of steps that have to succeed first. */
  readonly after: readonly number[];
  /** Ordinals of steps that have to end first, in whatever way. */
  readonly afterEnd: readonly number[];
  readonly reason: string;
}

/** Which partitions exist; answered by the store. */
export interface PartitionIndex {
  isActive(set: PartitionSet, key: string): boolean;
  /** Active keys of `to` that have these values in these dimensions, by their index; in key order. */
  matching(to: PartitionSet, where: ReadonlyMap<number, string>): readonly string[];
}

/** The partition that a run is asked for. */
export interface Anchor {
  readonly set: PartitionSet;
  readonly key: string;
}

export interface PlanRunParams extends Targets {
  readonly catalog: Catalog;
  readonly anchor: Anchor | null;
  readonly index: PartitionIndex;
  /** Said of steps at the run's own partition, for instance `selected` or `job summon_and_release_job`. */
  readonly reason: string;
  /** Of the job; default: none of its own. */
  readonly policy?: RunPolicy | undefined;
}

export const MAX_STEPS_PER_RUN = 10_000;

/**
 * The steps of one run: each selected step at every partition that relates to the anchor, linked along dependencies
 * where the partitions agree; empty where none does. Throws `invalid_request` where an asset needs a partition and none
 * is given, or over `MAX_STEPS_PER_RUN`.
 */
export function planRun(params: PlanRunParams): RunPlan {
  const wanted = stepsOf(params);
  const steps: PlannedStep[] = [];
  const planned = new Map<StepDefinition, PlacedStep[]>();
  for (const step of params.catalog.stepsInOrder) {
    if (!wanted.has(step)) continue;
    const placed: PlacedStep[] = [];
    for (const place of placesOf(step, params)) {
      const links = linksOf(step, { key: place.key, planned, params });
      placed.push({ ordinal: steps.length, key: place.key });
      steps.push({
        assets: [...step.outputs.values()].map((asset) => asset.key),
        ...(step.check === null ? {} : { check: step.check.key }),
        partition: place.partition,
        after: links.after,
        afterEnd: links.afterEnd,
        reason: step.check === null ? place.reason : `checks ${step.check.asset.key} (${place.reason})`,
      });
      if (steps.length > MAX_STEPS_PER_RUN) {
        throw new EngineError("invalid_request", `this run would have over ${MAX_STEPS_PER_RUN} steps; select less`);
      }
    }
    planned.set(step, placed);
  }
  const policy = params.policy === undefined ? undefined : keptRunPolicy(params.policy);
  return policy === undefined ? { steps } : { steps, policy };
}

/** Whether runs of these targets have one plan, whatever key of `set` they are for. */
export function haveOnePlan(targets: Targets, set: PartitionSet | null): boolean {
  return [...stepsOf(targets)].every(
    ({ partitions, dependencies }) =>
      partitions?.name === set?.name && dependencies.every((dependency) => dependency.mapping === null),
  );
}

interface PlacedStep {
  readonly ordinal: number;
  readonly key: string | null;
}

interface Place {
  readonly key: string | null;
  readonly partition: PlannedStep["partition"];
  readonly reason: string;
}

function placesOf(step: StepDefinition, params: PlanRunParams): readonly Place[] {
  const { anchor, reason } = params;
  const set = step.partitions;
  if (set === null) return [{ key: null, partition: null, reason }];
  if (anchor === null) {
    throw new EngineError(
      "invalid_request",
      `"${stepName(step)}" is partitioned by "${set.name}"; say which partitions`,
      { details: { asset: stepName(step), partitionSet: set.name } },
    );
  }
  if (anchor.set.name === set.name) return [{ key: anchor.key, partition: { of: "run" }, reason }];
  const from = describeKey(anchor.set, anchor.key);
  return relatedKeys(anchor, set, params).map((key) => ({
    key,
    partition: { of: "step", key, set: set.name },
    reason: `${from} → ${describeKey(set, key)}`,
  }));
}

/** Active keys of `to` that relate to a key of another set. */
export function relatedKeys(
  from: Anchor,
  to: PartitionSet,
  { catalog, index }: Pick<PlanRunParams, "catalog" | "index">,
): readonly string[] {
  const relation = relatePartitions(from.set, to, catalog.partitionSets.values());
  const parts = partsOfKey(from.set, from.key);
  switch (relation.type) {
    case "same":
      return [from.key];
    case "project": {
      const values = to.dimensions.map((dimension, at) => [dimension.name, parts[relation.dimensions[at] ?? 0] ?? ""]);
      return [keyOfParts(to, Object.fromEntries(values) as Record<string, string>)];
    }
    case "match":
      return index.matching(to, new Map(relation.pairs.map(([own, other]) => [other, parts[own] ?? ""])));
    case "through": {
      const pairs = relatedKeys(from, relation.via, { catalog, index });
      const keys = pairs.flatMap((key) => relatedKeys({ set: relation.via, key }, to, { catalog, index }));
      return [...new Set(keys)].filter((key) => index.isActive(to, key)).sort();
    }
  }
}

interface LinkParams {
  readonly key: string | null;
  readonly planned: ReadonlyMap<StepDefinition, readonly PlacedStep[]>;
  readonly params: PlanRunParams;
}

function linksOf(step: StepDefinition, link: LinkParams): { after: number[]; afterEnd: number[] } {
  const after = new Set<number>();
  const afterEnd = new Set<number>();
  for (const dependency of step.dependencies) {
    const above = upstreamSteps(dependency, link);
    if (above.length === 0) continue;
    const keys = upstreamKeys(step, { dependency, key: link.key, ...link.params });
    for (const one of above) {
      if (keys !== "all" && (one.key === null || !keys.has(one.key))) continue;
      (dependency.after === "success" ? after : afterEnd).add(one.ordinal);
    }
  }
  return { after: [...after].sort((a, b) => a - b), afterEnd: [...afterEnd].sort((a, b) => a - b) };
}

/** The planned steps of what a dependency names: those that make it, and those whose checks must let it pass. */
function upstreamSteps(dependency: Dependency, { planned, params }: LinkParams): readonly PlacedStep[] {
  const { asset } = dependency;
  const checks = isGated(dependency) ? (params.catalog.checksOf.get(asset.key) ?? []) : [];
  const steps = [asset.step, ...checks.filter((check) => check.blocking).map((check) => check.step)];
  return steps.flatMap((step) => planned.get(step) ?? []);
}

export interface UpstreamParams extends Pick<PlanRunParams, "catalog" | "index"> {
  readonly dependency: Dependency;
  /** Of the downstream step. */
  readonly key: string | null;
}

/** The keys of the upstream asset that a step at `key` reads; `all` where nothing narrows them. */
export function upstreamKeys(step: StepDefinition, params: UpstreamParams): ReadonlySet<string> | "all" {
  const { dependency, key } = params;
  const upstream = dependency.asset.partitions;
  if (upstream === null || step.partitions === null || key === null) return "all";
  if (dependency.mapping !== null) return new Set(dependency.mapping(partitionOf(step.partitions, key)));
  return new Set(relatedKeys({ set: step.partitions, key }, upstream, params));
}

function describeKey(set: PartitionSet, key: string): string {
  const parts = partsOfKey(set, key);
  return set.dimensions.map((dimension, at) => `${dimension.name} ${parts[at]}`).join(", ");
}
