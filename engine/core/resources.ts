import { EngineError } from "./errors.ts";
import { checkName } from "./names.ts";

/**
 * Something that code needs from outside: a store, a client, settings. A deployment binds it to a value; where it
 * does not, `open` makes it, once a process, and `close` ends it.
 */
export interface Resource<T = unknown> {
  readonly type: "resource";
  readonly key: string;
  readonly description: string;
  readonly open: ((context: ResourceContext) => T | Promise<T>) | null;
  readonly close: ((value: T) => void | Promise<void>) | null;
}

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
    open: options.open ?? null,
    close: options.close ?? null,
  });
}

// oxlint-disable-next-line typescript/no-explicit-any -- a resource is contravariant in `close`; only `any` matches all
export type ResourceMap = { readonly [name: string]: Resource<any> };
export type ResourceValues<R extends ResourceMap> = {
  readonly [N in keyof R]: R[N] extends Resource<infer T> ? T : never;
};
