import { type StepDefinition, stepName } from "../core/assets.ts";
import { EngineError } from "../core/errors.ts";
import type { Scheduler } from "../core/ports/time.ts";
import type { Resource, ResourceMap } from "../core/resources.ts";
import type { CodeScopes } from "./code-scopes.ts";

/** The values of resources: those that the deployment binds, and those that open themselves, once for their scope. */
export interface ResourcePool {
  /**
   * The values by the names of `resources`, for code of `user`: a run, or whatever else ends by itself. Throws `config`
   * where one is neither bound nor can open itself, `definition` where resources stand on each other in a circle or one
   * of the process on one of a run, and what `open` threw; then the next call tries again.
   */
  values(resources: ResourceMap, user: ResourceUser): Promise<Readonly<Record<string, unknown>>>;
  /** Closes what was opened for this user alone. */
  closeFor(user: ResourceUser): Promise<void>;
  /** Closes what is open, the newest first. What is still opening is closed as soon as it is open; nobody waits for it. */
  close(): Promise<void>;
}

/** The internal id of a run; or an object of whoever else uses resources for a while. */
export type ResourceUser = number | object;

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

/** What is open in the process, or for one user. */
interface OpenScope {
  readonly opened: Map<string, Opened>;
  readonly abort: AbortController;
}

/** Who asks for a resource: its user, and the resources that are being opened and stand on it. */
interface Asking {
  readonly user: ResourceUser;
  readonly above: readonly Resource[];
}

export function openResourcePool(params: ResourcePoolParams): ResourcePool {
  const { bound, settings, scopes, onInternalError } = params;
  const ofProcess = openScope();
  const ofUsers = new Map<ResourceUser, OpenScope>();
  const closing = new Set<Promise<void>>();

  const scopeOf = (resource: Resource, { user, above }: Asking): OpenScope => {
    if (resource.scope === "process") return ofProcess;
    const lasting = above.find((one) => one.scope === "process");
    if (lasting !== undefined) {
      const message = `the resource "${lasting.key}" lives as long as the process; it cannot stand on "${resource.key}", which lives as long as a run`;
      throw new EngineError("definition", message);
    }
    ofProcess.abort.signal.throwIfAborted();
    const scope = ofUsers.get(user) ?? openScope();
    ofUsers.set(user, scope);
    return scope;
  };

  const valueOf = async (resource: Resource, asking: Asking): Promise<unknown> => {
    const { key } = resource;
    if (bound.has(key)) return bound.get(key);
    const { above } = asking;
    if (above.includes(resource)) {
      const circle = [...above.slice(above.indexOf(resource)), resource].map((one) => one.key).join(" → ");
      throw new EngineError("definition", `these resources stand on each other in a circle: ${circle}`);
    }
    const scope = scopeOf(resource, asking);
    return (scope.opened.get(key) ?? openIn(scope, { resource, asking })).value;
  };

  const openIn = (scope: OpenScope, { resource, asking }: { resource: Resource; asking: Asking }): Opened => {
    const { key, open } = resource;
    if (open === null) {
      throw new EngineError("config", `the resource "${key}" is not bound to anything and cannot open itself`);
    }
    const { signal } = scope.abort;
    signal.throwIfAborted();
    const above = [...asking.above, resource];
    const use = async <T>(other: Resource<T>): Promise<T> =>
      (await valueOf(other as Resource, { ...asking, above })) as T;
    const owner = (message: string): void =>
      onInternalError(new EngineError("user_code", `the resource ${key}: ${message}`));
    const value = scopes.run(owner, async () => open({ settings, signal, use }));
    const entry: Opened = { resource, value, isOpen: false };
    scope.opened.set(key, entry);
    value.then(
      () => (entry.isOpen = true),
      () => scope.opened.delete(key),
    );
    return entry;
  };

  const closeScope = async ({ opened, abort }: OpenScope, why: string): Promise<void> => {
    abort.abort(new EngineError("canceled", why));
    for (const one of [...opened.values()].reverse()) {
      if (one.isOpen) await closeOne(one, params);
      else one.value.then(() => closeOne(one, params)).catch(() => {});
    }
  };

  const closeFor = (user: ResourceUser): Promise<void> => {
    const scope = ofUsers.get(user);
    if (scope === undefined) return Promise.resolve();
    ofUsers.delete(user);
    const closed = closeScope(scope, "its run has ended").finally(() => closing.delete(closed));
    closing.add(closed);
    return closed;
  };

  return {
    closeFor,
    async values(resources, user) {
      const values: Record<string, unknown> = {};
      for (const [name, resource] of Object.entries(resources)) {
        values[name] = await valueOf(resource, { user, above: [] });
      }
      return values;
    },
    async close() {
      ofProcess.abort.abort(new EngineError("canceled", "the engine stops"));
      for (const user of ofUsers.keys()) void closeFor(user);
      await Promise.all(closing);
      await closeScope(ofProcess, "the engine stops");
    },
  };
}

function openScope(): OpenScope {
  return { opened: new Map(), abort: new AbortController() };
}

async function closeOne(
  { resource, value }: Opened,
  { scheduler, onInternalError }: ResourcePoolParams,
): Promise<void> {
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
