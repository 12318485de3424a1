import { type StepDefinition, stepName } from "../core/assets.ts";
import { EngineError } from "../core/errors.ts";
import type { Scheduler } from "../core/ports/time.ts";
import type { Resource, ResourceMap } from "../core/resources.ts";
import type { CodeScopes } from "./code-scopes.ts";

/** The values of resources: those that the deployment binds, and those that open themselves once. */
export interface ResourcePool {
  /**
   * The values by the names of `resources`. Throws `config` where one is neither bound nor can open itself, `definition`
   * where resources stand on each other in a circle, and what `open` threw; then the next call tries again.
   */
  values(resources: ResourceMap): Promise<Readonly<Record<string, unknown>>>;
  /** Closes what is open, the newest first. What is still opening is closed as soon as it is open; nobody waits for it. */
  close(): Promise<void>;
}

export interface ResourcePoolParams {
  readonly bound: ReadonlyMap<string, unknown>;
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly scheduler: Scheduler;
  readonly scopes: CodeScopes;
  /** A resource did not close, or its code did not catch an error. */
  readonly onInternalError: (error: unknown) => void;
}

const CLOSE_LIMIT_MS = 10_000;

interface Opened {
  readonly resource: Resource;
  readonly value: Promise<unknown>;
  isOpen: boolean;
}

export function openResourcePool(params: ResourcePoolParams): ResourcePool {
  const { bound, settings, scheduler, scopes, onInternalError } = params;
  const opened = new Map<string, Opened>();
  const abort = new AbortController();

  /** `above`: the keys of the resources that are being opened and stand on this one. */
  const valueOf = async (resource: Resource, above: readonly string[]): Promise<unknown> => {
    const { key, open } = resource;
    if (bound.has(key)) return bound.get(key);
    if (above.includes(key)) {
      const circle = [...above.slice(above.indexOf(key)), key].join(" → ");
      throw new EngineError("definition", `these resources stand on each other in a circle: ${circle}`);
    }
    const known = opened.get(key);
    if (known !== undefined) return known.value;
    if (open === null) {
      throw new EngineError("config", `the resource "${key}" is not bound to anything and cannot open itself`);
    }
    abort.signal.throwIfAborted();
    const use = async <T>(other: Resource<T>): Promise<T> => (await valueOf(other as Resource, [...above, key])) as T;
    const owner = (message: string): void =>
      onInternalError(new EngineError("user_code", `the resource ${key}: ${message}`));
    const value = scopes.run(owner, async () => open({ settings, signal: abort.signal, use }));
    const entry: Opened = { resource, value, isOpen: false };
    opened.set(key, entry);
    value.then(
      () => (entry.isOpen = true),
      () => opened.delete(key),
    );
    return value;
  };

  const closeOne = async ({ resource, value }: Opened): Promise<void> => {
    const late = Promise.withResolvers<never>();
    const disarm = scheduler.after(CLOSE_LIMIT_MS, () =>
      late.reject(new EngineError("timeout", `the resource ${resource.key} did not close within ${CLOSE_LIMIT_MS} ms`)),
    );
    try {
      await Promise.race([value.then((one) => resource.close?.(one)), late.promise]);
    } catch (error) {
      onInternalError(error);
    } finally {
      disarm();
    }
  };

  return {
    async values(resources) {
      const values: Record<string, unknown> = {};
      for (const [name, resource] of Object.entries(resources)) values[name] = await valueOf(resource, []);
      return values;
    },
    async close() {
      abort.abort(new EngineError("canceled", "the engine stops"));
      for (const one of [...opened.values()].reverse()) {
        if (one.isOpen) await closeOne(one);
        else one.value.then(() => closeOne(one)).catch(() => {});
      }
    },
  };
}

/** A step in a worker opens its resources there; what only the engine's thread can bind is refused early. */
export function checkWorkerResources(step: StepDefinition, bound: ReadonlyMap<string, unknown>): void {
  if (step.workerModule === null) return;
  for (const resource of Object.values(step.resources)) {
    if (resource.open !== null && !bound.has(resource.key)) continue;
    throw new EngineError(
      "definition",
      `${step.check === null ? "asset" : "check"} "${stepName(step)}" runs in a worker but uses the resource "${resource.key}", which lives on the engine's ` +
        `thread; let the resource open itself, or run the code on the engine's thread`,
    );
  }
}
