import { DirectedGraph } from "graphology";
import { type Asset, type StepDefinition, stepName } from "./assets.ts";
import { type Schedule, type Sensor, type TimedSchedule, timeSchedule } from "./automation.ts";
import { EngineError } from "./errors.ts";
import type { Job } from "./jobs.ts";
import { type PartitionSet, relatePartitions } from "./partitions.ts";
import type { Resource } from "./resources.ts";

export type Definition = Asset | Job | Sensor | Schedule | PartitionSet | Resource;

/** A definition and where it came from: a module's path, or a built-in location's name. */
export interface LocatedDefinition {
  readonly definition: Definition;
  readonly location: string;
}

/** All that an engine knows of its code: the definitions by name, and the graph of the assets. */
export interface Catalog {
  readonly assets: ReadonlyMap<string, Asset>;
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
    job: new Map<string, Job>(),
    sensor: new Map<string, Sensor>(),
    schedule: new Map<string, Schedule>(),
    partitions: new Map<string, PartitionSet>(),
  };
  const collect = ({ definition, location }: LocatedDefinition): void => {
    if (definition.type === "resource") return;
    const name = definition.type === "asset" ? definition.key : definition.name;
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
  const graph = linkAssets(assets, problems);
  const cycle = findCycle(graph);
  if (cycle !== null) problems.push(`these assets depend on each other in a circle: ${cycle.join(" → ")}`);
  for (const job of byType.job.values()) checkAssetsLoaded(`job "${job.name}"`, job.assets, { assets, problems });
  for (const sensor of byType.sensor.values()) {
    if (sensor.trigger.type !== "materialization") continue;
    checkAssetsLoaded(`sensor "${sensor.name}"`, sensor.trigger.assets, { assets, problems });
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
    jobs: byType.job,
    sensors: byType.sensor,
    schedules,
    partitionSets: byType.partitions,
    locations,
    graph,
    stepsInOrder: orderSteps(assets, graph),
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

function linkAssets(assets: ReadonlyMap<string, Asset>, problems: string[]): DirectedGraph {
  const graph = new DirectedGraph();
  const sets = new Set([...assets.values()].flatMap((asset) => asset.partitions ?? []));
  for (const key of assets.keys()) graph.addNode(key);
  for (const asset of assets.values()) {
    for (const dependency of asset.step.dependencies) {
      const upstream = dependency.asset;
      if (assets.get(upstream.key) !== upstream) {
        const found = assets.has(upstream.key) ? "another asset of that key is loaded" : "no loaded module exports it";
        problems.push(`asset "${asset.key}" depends on "${upstream.key}", but ${found}`);
        continue;
      }
      graph.mergeDirectedEdge(upstream.key, asset.key);
      if (asset.partitions === null || upstream.partitions === null || dependency.mapping !== null) continue;
      try {
        relatePartitions(asset.partitions, upstream.partitions, sets);
      } catch (error) {
        problems.push(`asset "${asset.key}": ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return graph;
}

interface LoadedCheck {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly problems: string[];
}

function checkAssetsLoaded(who: string, wanted: readonly Asset[], { assets, problems }: LoadedCheck): void {
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

/** Kahn's algorithm over steps, so that the assets of a multi-asset stand together. */
function orderSteps(assets: ReadonlyMap<string, Asset>, graph: DirectedGraph): readonly StepDefinition[] {
  const steps = new Set([...assets.values()].map((asset) => asset.step));
  const waitingFor = new Map<StepDefinition, Set<StepDefinition>>();
  for (const step of steps) {
    waitingFor.set(
      step,
      new Set(step.dependencies.map((dependency) => dependency.asset.step).filter((up) => steps.has(up))),
    );
  }
  const order: StepDefinition[] = [];
  let ready = [...steps].filter((step) => waitingFor.get(step)?.size === 0);
  while (ready.length > 0) {
    const next: StepDefinition[] = [];
    for (const step of ready) {
      order.push(step);
      for (const asset of step.outputs.values()) {
        for (const key of graph.hasNode(asset.key) ? graph.outNeighbors(asset.key) : []) {
          const downstream = assets.get(key)?.step;
          const waits = downstream && waitingFor.get(downstream);
          if (downstream && waits?.delete(step) === true && waits.size === 0) next.push(downstream);
        }
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
