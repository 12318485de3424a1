import type { MessagePort } from "node:worker_threads";
import type { Asset, PartitionedInput } from "../core/assets.ts";
import { EngineError, type ErrorCode } from "../core/errors.ts";
import type { Failure } from "../core/events.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { readReturn, type StepReturn } from "../core/outcome.ts";
import type { Partition } from "../core/partitions.ts";
import type { Resource } from "../core/resources.ts";
import type { LogLevel, RunContext, RunFacts } from "../core/run-context.ts";

/** What a worker needs to run a step's code; all of it plain data. */
export interface WorkerStepInput {
  readonly module: string;
  readonly asset: string;
  readonly partition: Partition | null;
  readonly values: Readonly<Record<string, unknown>>;
  readonly missing: readonly { readonly name: string; readonly failure: Failure }[];
  readonly collections: readonly { readonly name: string; readonly keys: readonly string[] }[];
  readonly run: RunFacts;
  readonly attempt: number;
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly port: MessagePort;
}

export type FromWorker =
  | { readonly type: "log"; readonly level: LogLevel; readonly message: string; readonly fields?: JsonObject }
  | { readonly type: "report"; readonly progress: JsonObject }
  | { readonly type: "get"; readonly id: number; readonly input: string; readonly key: string };

export type ToWorker =
  | { readonly id: number; readonly ok: true; readonly value: Json | undefined }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };

/** The task of the worker pool: imports the module, finds the asset, runs its code. Cancel ends the worker. */
export async function runStep(input: WorkerStepInput): Promise<StepReturn> {
  const exported = (await import(input.module)) as Readonly<Record<string, unknown>>;
  const asset = findAsset(exported, input.asset);
  if (asset === null) {
    throw new EngineError(
      "definition",
      `${input.module} does not export the asset "${input.asset}" that is to run in a worker`,
    );
  }
  const resources = await openResources(asset, input.settings);
  const send = (message: FromWorker): void => input.port.postMessage(message);
  const log =
    (level: LogLevel) =>
    (message: string, fields?: JsonObject): void =>
      send({ type: "log", level, message, ...(fields === undefined ? {} : { fields }) });
  const context: RunContext = {
    partition: input.partition,
    inputs: inputsOf(input, send),
    resources: resources.values,
    log: { debug: log("debug"), info: log("info"), warning: log("warning"), error: log("error") },
    signal: new AbortController().signal,
    attempt: input.attempt,
    run: input.run,
    report: (progress) => send({ type: "report", progress }),
  };
  try {
    return readReturn(asset.step.outputs, await asset.step.run(context));
  } finally {
    await resources.close();
    input.port.unref();
  }
}

function findAsset(exported: Readonly<Record<string, unknown>>, key: string): Asset | null {
  for (const value of Object.values(exported)) {
    for (const candidate of isAsset(value) ? [value] : nestedAssets(value)) if (candidate.key === key) return candidate;
  }
  return null;
}

/** A multi-asset's export is an object of assets. */
function nestedAssets(value: unknown): readonly Asset[] {
  return typeof value === "object" && value !== null ? Object.values(value).filter(isAsset) : [];
}

function isAsset(value: unknown): value is Asset {
  return typeof value === "object" && value !== null && "type" in value && value.type === "asset" && "step" in value;
}

async function openResources(asset: Asset, settings: WorkerStepInput["settings"]) {
  const signal = new AbortController().signal;
  const values: Record<string, unknown> = {};
  const closers: (() => void | Promise<void>)[] = [];
  const opened = new Map<string, Promise<unknown>>();
  const use = <T>(resource: Resource<T>): Promise<T> => {
    const known = opened.get(resource.key) ?? openOne(resource);
    opened.set(resource.key, known);
    return known as Promise<T>;
  };
  const openOne = async <T>(resource: Resource<T>): Promise<unknown> => {
    const value = await resource.open?.({ settings, signal, use });
    if (value !== undefined) closers.push(() => resource.close?.(value));
    return value;
  };
  for (const [name, resource] of Object.entries(asset.step.resources)) values[name] = await use(resource);
  return {
    values,
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}

function inputsOf(input: WorkerStepInput, send: (message: FromWorker) => void): Readonly<Record<string, unknown>> {
  const inputs: Record<string, unknown> = { ...input.values };
  for (const { name, failure } of input.missing) {
    Object.defineProperty(inputs, name, {
      get() {
        throw new EngineError("missing_input", failure.message);
      },
    });
  }
  const waiting = new Map<number, (answer: ToWorker) => void>();
  input.port.on("message", (answer: ToWorker) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let nextId = 1;
  const ask = async (name: string, key: string): Promise<Json> => {
    const id = nextId++;
    const answer = await new Promise<ToWorker>((resolve) => {
      waiting.set(id, resolve);
      send({ type: "get", id, input: name, key });
    });
    if (answer.ok) return answer.value ?? null;
    throw new EngineError(answer.failure.code as ErrorCode, answer.failure.message);
  };
  for (const { name, keys } of input.collections) inputs[name] = collection(keys, (key) => ask(name, key));
  return inputs;
}

function collection(keys: readonly string[], get: (key: string) => Promise<Json>): PartitionedInput<Json> {
  return {
    keys,
    get,
    async *[Symbol.asyncIterator]() {
      for (const key of keys) {
        try {
          yield { key, value: await get(key) };
        } catch (error) {
          if (!(error instanceof EngineError) || error.code !== "missing_input") throw error;
        }
      }
    },
  };
}
