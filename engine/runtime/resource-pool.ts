import type { StepDefinition } from "../core/assets.ts";
import { EngineError } from "../core/errors.ts";
import type { Resource, ResourceMap } from "../core/resources.ts";

/** The values of resources: those that the deployment binds, and those that open themselves once. */
export interface ResourcePool {
  /** The values by the names of `resources`. Throws `config` where one is neither bound nor can open itself. */
  values(resources: ResourceMap): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

export interface ResourcePoolParams {
  readonly bound: ReadonlyMap<string, unknown>;
  readonly settings: Readonly<Record<string, string | undefined>>;
}

export function openResourcePool({ bound, settings }: ResourcePoolParams): ResourcePool {
  const opened = new Map<string, { resource: Resource; value: Promise<unknown> }>();
  const abort = new AbortController();

  const use = async <T>(resource: Resource<T>): Promise<T> => (await valueOf(resource as Resource)) as T;

  const valueOf = (resource: Resource): unknown => {
    if (bound.has(resource.key)) return bound.get(resource.key);
    const known = opened.get(resource.key);
    if (known !== undefined) return known.value;
    const { open } = resource;
    if (open === null) {
      throw new EngineError("config", `the resource "${resource.key}" is not bound to anything and cannot open itself`);
    }
    const value = (async () => open({ settings, signal: abort.signal, use }))();
    opened.set(resource.key, { resource, value });
    value.catch(() => opened.delete(resource.key));
    return value;
  };

  return {
    async values(resources) {
      const values: Record<string, unknown> = {};
      for (const [name, resource] of Object.entries(resources)) values[name] = await valueOf(resource);
      return values;
    },
    async close() {
      abort.abort(new EngineError("canceled", "the engine stops"));
      const all = [...opened.values()].reverse();
      opened.clear();
      for (const { resource, value } of all) {
        const settled = await value.then(
          (one) => ({ one }),
          () => null,
        );
        if (settled !== null) await resource.close?.(settled.one);
      }
    },
  };
}

/** A step in a worker opens its resources there; what only the engine's thread can bind is refused early. */
export function checkWorkerResources(step: StepDefinition, bound: ReadonlyMap<string, unknown>): void {
  if (step.workerModule === null) return;
  for (const resource of Object.values(step.resources)) {
    if (resource.open !== null && !bound.has(resource.key)) continue;
    const [asset] = step.outputs.values();
    throw new EngineError(
      "definition",
      `asset "${asset?.key}" runs in a worker but uses the resource "${resource.key}", which lives on the engine's ` +
        `thread; let the resource open itself, or run the asset on the engine's thread`,
    );
  }
}
