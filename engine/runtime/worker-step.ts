import type { MessagePort } from "node:worker_threads";
import { systemScheduler } from "../adapters/system-clock.ts";
import type { Asset, PartitionedInput, StepDefinition } from "../core/assets.ts";
import { type AssetCheck, checkContext, type MadeFacts } from "../core/checks.ts";
import { EngineError, type ErrorCode } from "../core/errors.ts";
import type { Failure } from "../core/events.ts";
import { failureOf } from "../core/failure.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { readReturn, type StepReturn } from "../core/outcome.ts";
import type { Partition } from "../core/partitions.ts";
import { isCheckKey } from "../core/targets.ts";
import type { LogLevel, RunContext, RunFacts } from "../core/run-context.ts";
import { type CodeScopes, codeScopes } from "./code-scopes.ts";
import { openResourcePool } from "./resource-pool.ts";
import { openSending, type Send, type Sending } from "./worker-step-sending.ts";

/** What a worker needs to run a step's code; all of it plain data. */
export interface WorkerStepInput {
  readonly module: string;
  /** The key of the asset, or of the check. */
  readonly code: string;
  readonly judged: { readonly value: Json; readonly made: MadeFacts; readonly previous: MadeFacts | null } | null;
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
  | { readonly type: "stray"; readonly message: string; readonly stack: string | null }
  | { readonly type: "get"; readonly id: number; readonly input: string; readonly key: string };

export type ToWorker =
  | { readonly id: number; readonly ok: true; readonly value: Json | undefined }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };

/** The task of the worker pool: imports the module, finds the asset or the check, runs its code. Cancel ends the worker. */
export async function runStep(input: WorkerStepInput): Promise<StepReturn> {
  const exported = (await import(input.module)) as Readonly<Record<string, unknown>>;
  const step = findStep(exported, input.code);
  if (step === null) {
    const what = isCheckKey(input.code) ? "check" : "asset";
    throw new EngineError(
      "definition",
      `${input.module} does not export the ${what} "${input.code}" that is to run in a worker`,
    );
  }
  const send = (message: FromWorker): void => input.port.postMessage(message);
  const scopes = guardedScopes();
  const resources = openResourcePool({
    bound: new Map(),
    settings: input.settings,
    scheduler: systemScheduler(),
    scopes,
    onInternalError: (error) => send({ type: "log", level: "warning", message: failureOf(error).message }),
  });
  const sending = openSending(send);
  try {
    const values = await resources.values(step.resources, input);
    const context = contextOf(input, { send, sending, resources: values });
    const { judged } = input;
    const own = judged === null ? context : checkContext(context, { ...judged, value: () => judged.value });
    const returned = readReturn(step, await scopes.run(sending.owner, async () => step.run(own)));
    // A rejection that nobody awaited is told at the end of this turn, and has to be heard before the answer.
    await new Promise<void>((resolve) => systemScheduler().defer(resolve));
    return returned;
  } finally {
    sending.flush();
    await resources.close();
    // The host closes it when it has heard everything.
    input.port.unref();
  }
}

interface ContextParams {
  readonly send: Send;
  readonly sending: Sending;
  readonly resources: RunContext["resources"];
}

function contextOf(input: WorkerStepInput, { send, sending, resources }: ContextParams): RunContext {
  return {
    partition: input.partition,
    inputs: inputsOf(input, send),
    resources,
    containers: { run: refuseContainers, start: refuseContainers },
    log: sending.log,
    signal: new AbortController().signal,
    attempt: input.attempt,
    run: input.run,
    report: sending.report,
  };
}

async function refuseContainers(): Promise<never> {
  throw new EngineError(
    "definition",
    "code in a worker cannot run containers: a worker ends with the engine and would leave them; run it on the engine's thread",
  );
}

/** One for the worker's thread, as its process events are. */
let scopesOfThread: CodeScopes | null = null;

/**
 * An error that a step's code leaves to nobody would end the worker, and with it whatever step it runs by then; it is
 * told instead, for as long as its own step runs. A worker's other tasks are as they were.
 */
function guardedScopes(): CodeScopes {
  if (scopesOfThread !== null) return scopesOfThread;
  const scopes = codeScopes();
  const heed = (error: unknown): void => {
    if (!scopes.tellStray(error)) throw error;
  };
  process.on("unhandledRejection", heed);
  process.on("uncaughtException", heed);
  scopesOfThread = scopes;
  return scopes;
}

function findStep(exported: Readonly<Record<string, unknown>>, key: string): StepDefinition | null {
  const found = Object.values(exported)
    .flatMap((value) => (hasStep(value) ? [value] : nestedAssets(value)))
    .find((one) => one.key === key);
  return found?.step ?? null;
}

/** A multi-asset's export is an object of assets. */
function nestedAssets(value: unknown): readonly (Asset | AssetCheck)[] {
  return typeof value === "object" && value !== null ? Object.values(value).filter(hasStep) : [];
}

function hasStep(value: unknown): value is Asset | AssetCheck {
  if (typeof value !== "object" || value === null || !("type" in value) || !("step" in value)) return false;
  return value.type === "asset" || value.type === "check";
}

function inputsOf(input: WorkerStepInput, send: Send): Readonly<Record<string, unknown>> {
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
