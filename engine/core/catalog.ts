import { DirectedGraph } from "graphology";
import { type Asset, CHECKED, type Dependency, type StepDefinition, stepName } from "./assets.ts";
import { type AssetCheck, isGated } from "./checks.ts";
import { type Schedule, type Sensor, type TimedSchedule, timeSchedule } from "./automation.ts";
import { EngineError } from "./errors.ts";
import type { Job } from "./jobs.ts";
import { type PartitionSet, relatePartitions } from "./partitions.ts";
import type { Resource } from "./resources.ts";

export type Definition = Asset | AssetCheck | Job | Sensor | Schedule | PartitionSet | Resource;

/** A definition and where it came from: a module's path, or a built-in location's name. */
export interface LocatedDefinition {
  readonly definition: Definition;
  readonly location: string;
}

/** All that an engine knows of its code: the definitions by name, and the graph of the assets. */
export interface Catalog {
  readonly assets: ReadonlyMap<string, Asset>;
  /** By their keys, `ingest/release:not_empty`. */
  readonly checks: ReadonlyMap<string, AssetCheck>;
  /** By the keys of their assets. */
  readonly checksOf: ReadonlyMap<string, readonly AssetCheck[]>;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly sensors: ReadonlyMap<string, Sensor>;
  readonly schedules: ReadonlyMap<string, TimedSchedule>;
  readonly partitionSets: ReadonlyMap<string, PartitionSet>;
  /** Where each definition came from, by kind and name: `asset:ingest/gleanerio_run`. */
  readonly locations: ReadonlyMap<string, string>;
  /** Asset keys, edges from upstream to downstream. */
  readonly graph: DirectedGraph;
  /** Every step once, upstream before downstream; ties in the order of definition. */
  readonly stepsInOrder: readonly StepDefinition[];
}

/**
 * Checks the definitions against one another and builds the graph. Throws `definition`, with every problem in one
 * message: two things of one name, a dependency that is not loaded, a cycle (named whole), partitions that cannot join.
 */
export function buildCatalog(
  located: readonly LocatedDefinition[],
  settings: Readonly<Record<string, string | undefined>> = {},
): Catalog {
  const problems: string[] = [];
  const locations = new Map<string, string>();
  const byType = {
    asset: new Map<string, Asset>(),
    check: new Map<string, AssetCheck>(),
    job: new Map<string, Job>(),
    sensor: new Map<string, Sensor>(),
    schedule: new Map<string, Schedule>(),
    partitions: new Map<string, PartitionSet>(),
  };
  const collect = ({ definition, location }: LocatedDefinition): void => {
    if (definition.type === "resource") return;
    const name = "key" in definition ? definition.key : definition.name;
    const known = byType[definition.type] as Map<string, Definition>;
    if (known.get(name) === definition) return;
    const id = `${definition.type}:${name}`;
    if (known.has(name)) {
      problems.push(
        `${nounOf(definition.type)} "${name}" is defined twice: in ${locations.get(id)} and in ${location}`,
      );
      return;
    }
    known.set(name, definition);
    locations.set(id, location);
  };
  for (const one of located) collect(one);
  for (const one of located)
    for (const set of setsNamedBy(one.definition)) collect({ definition: set, location: one.location });

  const assets = byType.asset;
  const sets = new Set([...assets.values()].flatMap((asset) => asset.partitions ?? []));
  const loaded: Loaded = { assets, sets, problems };
  const graph = linkAssets(loaded);
  const cycle = findCycle(graph);
  if (cycle !== null) problems.push(`these assets depend on each other in a circle: ${cycle.join(" → ")}`);
  linkChecks(byType.check, loaded);
  for (const job of byType.job.values()) {
    checkAssetsLoaded(`job "${job.name}"`, job.assets, loaded);
    for (const check of job.checks ?? []) {
      if (byType.check.get(check.key) !== check)
        problems.push(`job "${job.name}" names the check "${check.key}", which no module exports`);
    }
  }
  for (const sensor of byType.sensor.values()) {
    if (sensor.trigger.type !== "materialization") continue;
    checkAssetsLoaded(`sensor "${sensor.name}"`, sensor.trigger.assets, loaded);
  }
  for (const name of byType.schedule.keys()) {
    if (byType.sensor.has(name)) problems.push(`a sensor and a schedule are both named "${name}"`);
  }
  const schedules = new Map<string, TimedSchedule>();
  for (const schedule of byType.schedule.values()) {
    try {
      schedules.set(schedule.name, timeSchedule(schedule, settings));
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length > 0) throw new EngineError("definition", problems.join("; "), { details: { problems } });
  return {
    assets,
    checks: byType.check,
    checksOf: Map.groupBy(byType.check.values(), (check) => check.asset.key),
    jobs: byType.job,
    sensors: byType.sensor,
    schedules,
    partitionSets: byType.partitions,
    locations,
    graph,
    stepsInOrder: orderSteps(assets, byType.check),
  };
}

function nounOf(type: Exclude<Definition["type"], "resource">): string {
  return type === "partitions" ? "partition set" : type;
}

function setsNamedBy(definition: Definition): readonly PartitionSet[] {
  if (definition.type === "sensor") return definition.trigger.type === "partitions" ? definition.trigger.sets : [];
  if (definition.type !== "asset" && definition.type !== "job") return [];
  return definition.partitions === null ? [] : [definition.partitions];
}

interface Loaded {
  readonly assets: ReadonlyMap<string, Asset>;
  /** The sets that assets are partitioned by. */
  readonly sets: ReadonlySet<PartitionSet>;
  readonly problems: string[];
}

function linkAssets(loaded: Loaded): DirectedGraph {
  const { assets } = loaded;
  const graph = new DirectedGraph();
  for (const key of assets.keys()) graph.addNode(key);
  for (const asset of assets.values()) {
    for (const dependency of asset.step.dependencies) {
      const owner = { name: `asset "${asset.key}"`, step: asset.step };
      if (checkDependency(owner, dependency, loaded)) {
        graph.mergeDirectedEdge(dependency.asset.key, asset.key);
      }
    }
  }
  return graph;
}

function linkChecks(checks: ReadonlyMap<string, AssetCheck>, loaded: Loaded): void {
  for (const check of checks.values()) {
    checkAssetsLoaded(`check "${check.key}"`, [check.asset], loaded);
    for (const dependency of check.step.dependencies) {
      const owner = { name: `check "${check.key}"`, step: check.step };
      if (dependency.name !== CHECKED) checkDependency(owner, dependency, loaded);
    }
  }
}

interface DependencyOwner {
  readonly name: string;
  readonly step: StepDefinition;
}

/** Whether the dependency is loaded; where it is, that the partitions join is a matter of its own. */
function checkDependency(owner: DependencyOwner, { asset, mapping }: Dependency, loaded: Loaded): boolean {
  const { assets, sets, problems } = loaded;
  if (assets.get(asset.key) !== asset) {
    const found = assets.has(asset.key) ? "another asset of that key is loaded" : "no loaded module exports it";
    problems.push(`${owner.name} depends on "${asset.key}", but ${found}`);
    return false;
  }
  const { partitions } = owner.step;
  if (partitions === null || asset.partitions === null || mapping !== null) return true;
  try {
    relatePartitions(partitions, asset.partitions, sets);
  } catch (error) {
    problems.push(`${owner.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return true;
}

function checkAssetsLoaded(who: string, wanted: readonly Asset[], { assets, problems }: Loaded): void {
  for (const asset of wanted) {
    if (assets.get(asset.key) !== asset)
      problems.push(`${who} names the asset "${asset.key}", which no module exports`);
  }
}

/** A cycle as the keys on it, the first one again at the end; null where there is none. */
function findCycle(graph: DirectedGraph): readonly string[] | null {
  const state = new Map<string, "open" | "done">();
  for (const start of graph.nodes()) {
    if (state.has(start)) continue;
    const path: { key: string; next: string[] }[] = [{ key: start, next: graph.outNeighbors(start) }];
    state.set(start, "open");
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.next.pop();
      if (next === undefined) {
        state.set(top.key, "done");
        path.pop();
      } else if (state.get(next) === "open") {
        const keys = path.map((entry) => entry.key);
        return [...keys.slice(keys.indexOf(next)), next];
      } else if (!state.has(next)) {
        state.set(next, "open");
        path.push({ key: next, next: graph.outNeighbors(next) });
      }
    }
  }
  return null;
}

/**
 * Kahn's algorithm over steps, so that the assets of a multi-asset stand together. A check comes after its asset, and a
 * blocking one before what depends on that.
 */
function orderSteps(
  assets: ReadonlyMap<string, Asset>,
  checks: ReadonlyMap<string, AssetCheck>,
): readonly StepDefinition[] {
  const steps = new Set([...assets.values(), ...checks.values()].map((one) => one.step));
  const blocking = Map.groupBy(
    [...checks.values()].filter((check) => check.blocking),
    (check) => check.asset,
  );
  const waitingFor = new Map<StepDefinition, Set<StepDefinition>>();
  const below = new Map<StepDefinition, StepDefinition[]>();
  for (const step of steps) {
    const above = step.dependencies.flatMap((dependency) => [
      dependency.asset.step,
      ...(isGated(dependency) ? (blocking.get(dependency.asset) ?? []).map((check) => check.step) : []),
    ]);
    const waits = new Set(above.filter((up) => steps.has(up)));
    waitingFor.set(step, waits);
    for (const up of waits) below.set(up, [...(below.get(up) ?? []), step]);
  }
  const order: StepDefinition[] = [];
  let ready = [...steps].filter((step) => waitingFor.get(step)?.size === 0);
  while (ready.length > 0) {
    const next: StepDefinition[] = [];
    for (const step of ready) {
      order.push(step);
      for (const downstream of below.get(step) ?? []) {
        const waits = waitingFor.get(downstream);
        if (waits?.delete(step) === true && waits.size === 0) next.push(downstream);
      }
    }
    ready = next;
  }
  if (order.length < steps.size) {
    const stuck = [...steps].filter((step) => !order.includes(step)).map(stepName);
    throw new EngineError("definition", `the steps of ${stuck.join(", ")} wait for each other in a circle`);
  }
  return order;
}
