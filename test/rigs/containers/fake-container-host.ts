import { abortReason } from "../../../engine/core/abort-reason.ts";
import { EngineError } from "../../../engine/core/errors.ts";
import type {
  ContainerFacts,
  ContainerLogLine,
  ContainerLogParams,
  ContainerRunner,
  ContainerSpec,
} from "../../../engine/core/ports/container-runner.ts";
import type { Scheduler } from "../../../engine/core/ports/time.ts";
import { type FakeContainer, fakeContainer, type FakeProgram, noContainer } from "./fake-container.ts";
import { tarOf } from "./tar.ts";

/**
 * A container host in memory, for tests and for the simulation, in the time of the scheduler that it is given. What a
 * container does stands in its first argument as JSON (`fakeSpec`) or is said by `programOf`. What happens to each call
 * is said by `fateOf`; with neither, all calls do what they say at once.
 */
export interface FakeContainerHost extends ContainerRunner {
  /** Those that exist, in order of creation. */
  readonly containers: readonly FakeContainer[];
  /** Every container that ever began, in order. */
  readonly begun: readonly ContainerSpec[];
  /** False: every call fails with `container_host_unavailable`, and so does what waits. Containers go on. */
  isReachable: boolean;
  /** Removes one, as somebody else would. */
  vanish(name: string): void;
}

export type ContainerCall = "create" | "start" | "inspect" | "find" | "wait" | "logs" | "readFiles" | "stop" | "remove";

/** `execute-and-timeout`: the call takes effect, and the caller sees an error; a log breaks after its next line. */
export interface CallFate {
  readonly fate: "ok" | "unreachable" | "execute-and-timeout";
  /** How long it takes; the effect comes at the end. Whoever aborts meanwhile does not prevent it. Default 0. */
  readonly delayMs?: number;
}

export interface FakeContainerHostParams {
  readonly scheduler: Scheduler;
  readonly programOf?: (spec: ContainerSpec) => FakeProgram;
  /** `subject`: a name for `create` and `inspect`, an id, or null for `find`. */
  readonly fateOf?: (call: ContainerCall, subject: string | null) => CallFate;
  /** Told of each container that begins. */
  readonly onStart?: (spec: ContainerSpec) => void;
}

const MISSING_IMAGE = "missing";

/** A spec whose container does this. The image `missing` cannot be run. */
export function fakeSpec(name: string, program: FakeProgram = {}, spec: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name,
    image: "fake",
    args: [JSON.stringify(program)],
    env: {},
    files: [],
    workingDirectory: null,
    network: null,
    labels: {},
    ...spec,
  };
}

export function fakeContainerHost(params: FakeContainerHostParams): FakeContainerHost {
  const all = new Map<string, FakeContainer>();
  const begun: ContainerSpec[] = [];
  const calls = fakeCalls(params);
  let created = 0;

  const byName = (name: string): FakeContainer | undefined => [...all.values()].find((one) => one.spec.name === name);
  const byId = (id: string): FakeContainer => all.get(id) ?? noContainer(id);
  const drop = (container: FakeContainer): void => {
    all.delete(container.id);
    container.remove();
  };

  const create = (spec: ContainerSpec): string => {
    if (spec.image === MISSING_IMAGE) throw new EngineError("invalid_request", `no such image: ${spec.image}`);
    if (byName(spec.name) !== undefined) {
      throw new EngineError("container_exists", `a container named ${spec.name} is there already`);
    }
    const program = params.programOf?.(spec) ?? (JSON.parse(spec.args[0] ?? "{}") as FakeProgram);
    const id = `fake${++created}`;
    const onStart = (one: ContainerSpec): void => {
      begun.push(one);
      params.onStart?.(one);
    };
    all.set(id, fakeContainer({ id, spec, program, scheduler: params.scheduler, onStart }));
    return id;
  };

  return {
    description: "a fake container host",
    get containers() {
      return [...all.values()];
    },
    begun,
    get isReachable() {
      return calls.isReachable;
    },
    set isReachable(isReachable) {
      calls.isReachable = isReachable;
    },
    vanish(name) {
      const container = byName(name);
      if (container !== undefined) drop(container);
    },
    create: (spec, signal) => calls.make("create", spec.name, { signal, act: () => create(spec) }),
    start: (id, signal) => calls.make("start", id, { signal, act: () => byId(id).start() }),
    inspect: (name, signal) => calls.make("inspect", name, { signal, act: () => factsOf(byName(name)) }),
    find: (labels, signal) =>
      calls.make("find", null, {
        signal,
        act: () => [...all.values()].filter((one) => carries(one, labels)).flatMap((one) => factsOf(one) ?? []),
      }),
    async wait(id, signal) {
      await calls.make("wait", id, { signal, act: () => byId(id) });
      const container = byId(id);
      while (container.exit === null) await calls.during(container.changed(), signal);
      if (container.isGone) noContainer(id);
      return container.exit;
    },
    logs: (id, logParams) => readLogs({ ...logParams, id, calls, byId }),
    async *readFiles(id, path, signal) {
      yield tarOf(await calls.make("readFiles", id, { signal, act: () => filesBelow(byId(id), path) }));
    },
    async stop(id, { graceMs, signal }) {
      await calls.make("stop", id, { signal, act: () => byId(id).stop(graceMs) });
      const container = all.get(id);
      while (container?.status === "running") await calls.during(container.changed(), signal);
    },
    remove: (id, signal) =>
      calls.make("remove", id, {
        signal,
        act: () => {
          const container = all.get(id);
          if (container !== undefined) drop(container);
        },
      }),
  };
}

function factsOf(container: FakeContainer | undefined): ContainerFacts | null {
  if (container === undefined) return null;
  const { id, spec, status } = container;
  return { id, name: spec.name, labels: spec.labels, status };
}

function carries({ spec }: FakeContainer, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => spec.labels[key] === value);
}

function filesBelow({ spec, program }: FakeContainer, path: string): ReadonlyMap<string, string | Uint8Array> {
  const files = new Map<string, string | Uint8Array>(spec.files.map((file) => [file.path, file.content]));
  for (const [name, content] of Object.entries(program.files ?? {})) files.set(name, content);
  const below = new Map([...files].filter(([name]) => name === path || name.startsWith(`${path}/`)));
  if (below.size === 0) throw new EngineError("not_found", `there is no ${path} in ${spec.name}`);
  return below;
}

interface ReadLogsParams extends ContainerLogParams {
  readonly id: string;
  readonly calls: FakeCalls;
  readonly byId: (id: string) => FakeContainer;
}

async function* readLogs(params: ReadLogsParams): AsyncGenerator<ContainerLogLine> {
  const { id, calls, byId, follow, signal } = params;
  let isBroken = false;
  const container = await calls.make("logs", id, {
    signal,
    act: () => byId(id),
    onTimeout: () => (isBroken = true),
  });
  for (let next = Number(params.after ?? "0"); ;) {
    const line = container.lines[next];
    if (line !== undefined) {
      yield line;
      next++;
      if (isBroken) throw unavailable("logs");
    } else if (!follow || container.exit !== null || container.isGone) return;
    else await calls.during(container.changed(), signal);
  }
}

interface CallParams<T> {
  readonly signal: AbortSignal | undefined;
  readonly act: () => T;
  /** What a timeout after the effect means here; default: the call throws. */
  readonly onTimeout?: () => void;
}

/** How calls come through to the host, or do not. */
interface FakeCalls {
  isReachable: boolean;
  make<T>(call: ContainerCall, subject: string | null, params: CallParams<T>): Promise<T>;
  /** Waits while the host can be reached. */
  during(change: Promise<void>, signal: AbortSignal | undefined): Promise<void>;
}

function fakeCalls({ scheduler, fateOf }: FakeContainerHostParams): FakeCalls {
  let isReachable = true;
  let unreachable = Promise.withResolvers<void>();
  const later = <T>(ms: number, task: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      scheduler.after(ms, () => {
        try {
          resolve(task());
        } catch (error) {
          reject(error);
        }
      });
    });
  return {
    get isReachable() {
      return isReachable;
    },
    set isReachable(now) {
      isReachable = now;
      unreachable.resolve();
      unreachable = Promise.withResolvers<void>();
    },
    async make(call, subject, { signal, act, onTimeout }) {
      const { fate, delayMs = 0 } = fateOf?.(call, subject) ?? { fate: "ok" };
      if (!isReachable || fate === "unreachable") throw unavailable(call);
      signal?.throwIfAborted();
      const done = delayMs > 0 ? later(delayMs, act) : Promise.resolve().then(act);
      const result = await untilAborted(done, signal);
      if (fate === "execute-and-timeout") {
        if (onTimeout === undefined) throw unavailable(call);
        onTimeout();
      }
      return result;
    },
    async during(change, signal) {
      if (isReachable) await untilAborted(Promise.race([change, unreachable.promise]), signal);
      if (!isReachable) throw unavailable("wait");
    },
  };
}

function unavailable(call: ContainerCall): EngineError {
  return new EngineError("container_host_unavailable", `the fake container host does not answer (${call})`, {
    retryable: true,
  });
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  promise.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(abortReason(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
