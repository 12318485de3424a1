import { EngineError } from "./errors.ts";
import { checkName } from "./names.ts";

/**
 * Something that code needs from outside: a store, a client, settings. A deployment binds it to a value; where it
 * does not, `open` makes it, once for its scope, and `close` ends it, whatever became of those who used it.
 */
export interface Resource<T = unknown> {
  readonly type: "resource";
  readonly key: string;
  readonly description: string;
  readonly scope: ResourceScope;
  readonly open: ((context: ResourceContext) => T | Promise<T>) | null;
  readonly close: ((value: T) => void | Promise<void>) | null;
}

/**
 * `process`: opened when it is first needed, closed when the engine stops. `run`: opened when a step of the run first
 * needs it, shared by the run's steps, closed when the run has ended; a sensor's or a schedule's evaluation counts as a
 * run. In a worker either lives as long as one attempt, since attempts there share nothing.
 */
export type ResourceScope = "process" | "run";

export interface ResourceContext {
  /** The project's effective settings by variable name. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** The value of another resource that this one stands on. */
  readonly use: <T>(resource: Resource<T>) => Promise<T>;
}

interface ResourceOptions<T> {
  readonly key: string;
  readonly description?: string;
  /** Default `process`. */
  readonly scope?: ResourceScope;
  readonly open?: (context: ResourceContext) => T | Promise<T>;
  readonly close?: (value: T) => void | Promise<void>;
}

export function defineResource<T>(options: ResourceOptions<T>): Resource<T> {
  checkName("resource", options.key);
  if (options.close !== undefined && options.open === undefined) {
    throw new EngineError("definition", `resource "${options.key}" has close but no open`);
  }
  return Object.freeze({
    type: "resource",
    key: options.key,
    description: options.description ?? "",
    scope: options.scope ?? "process",
    open: options.open ?? null,
    close: options.close ?? null,
  });
}

// oxlint-disable-next-line typescript/no-explicit-any -- a resource is contravariant in `close`; only `any` matches all
export type ResourceMap = { readonly [name: string]: Resource<any> };
export type ResourceValues<R extends ResourceMap> = {
  readonly [N in keyof R]: R[N] extends Resource<infer T> ? T : never;
};
