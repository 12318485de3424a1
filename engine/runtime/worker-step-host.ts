import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { stepName } from "../core/assets.ts";
import { failureOf } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import type { StepReturn } from "../core/outcome.ts";
import type { Partition } from "../core/partitions.ts";
import type { RunFacts } from "../core/run-context.ts";
import { siblingModule } from "../core/sibling-module.ts";
import type { AttemptCodeParams } from "./attempt-code.ts";
import type { CodeOwner } from "./code-scopes.ts";
import type { LoadedInputs } from "./inputs.ts";
import type { FromWorker, ToWorker, WorkerStepInput } from "./worker-step.ts";

export interface RunInWorkerParams extends Pick<
  AttemptCodeParams,
  "live" | "definition" | "inputs" | "judged" | "log" | "workers" | "settings" | "onWorkerStarted"
> {
  readonly partition: Partition | null;
  readonly facts: RunFacts;
  readonly report: (progress: JsonObject) => void;
  /** Is told of errors that the code did not catch. */
  readonly owner: CodeOwner;
}

/** Runs a step's code in the worker pool; its log, its reports and its reads of collections come back as messages. */
export async function runInWorker(params: RunInWorkerParams): Promise<StepReturn> {
  const { definition, inputs, judged, live } = params;
  const { port1: here, port2: there } = new MessageChannel();
  here.on("message", (message: FromWorker) => hear(message, { ...params, here }));
  const input: WorkerStepInput = {
    module: definition.workerModule ?? "",
    code: stepName(definition),
    judged: judged === null ? null : { value: judged.value(), made: judged.made, previous: judged.previous },
    partition: params.partition,
    ...plainInputs(inputs),
    collections: [...inputs.collections].map(([name, collection]) => ({ name, keys: collection.keys })),
    run: params.facts,
    attempt: live.attempt,
    settings: params.settings,
    port: there,
  };
  try {
    return await params.workers.run<StepReturn>({
      module: siblingModule(import.meta.url, "worker-step"),
      task: "runStep",
      input,
      transfer: [there],
      signal: live.abort.signal,
      onStarted: params.onWorkerStarted,
    });
  } finally {
    // What the code said before it ended stands in the port, though the answer came by another one.
    for (let last = receiveMessageOnPort(here); last !== undefined; last = receiveMessageOnPort(here)) {
      hear(last.message as FromWorker, { ...params, here });
    }
    here.close();
  }
}

/** Must not throw: nobody would catch it. */
function hear(message: FromWorker, params: RunInWorkerParams & { readonly here: MessagePort }): void {
  const { log, here, inputs } = params;
  switch (message.type) {
    case "log":
      log.add(message.level, message.message, message.fields);
      break;
    case "report":
      try {
        params.report(message.progress);
      } catch (error) {
        log.add("warning", `a report was refused: ${failureOf(error).message}`);
      }
      break;
    case "stray":
      params.owner(message.message, strayError(message));
      break;
    case "get":
      void answer(message, inputs).then((reply) => here.postMessage(reply));
      break;
  }
}

/** The error as it was in the worker, as far as it is known. */
function strayError({ message, stack }: Extract<FromWorker, { type: "stray" }>): Error {
  const error = new Error(message);
  if (stack !== null) error.stack = stack;
  return error;
}

async function answer(
  { id, input, key }: Extract<FromWorker, { type: "get" }>,
  inputs: LoadedInputs,
): Promise<ToWorker> {
  try {
    return { id, ok: true, value: await inputs.collections.get(input)?.get(key) };
  } catch (error) {
    return { id, ok: false, failure: failureOf(error) };
  }
}

/** Values as plain data; those that were never made are named with the error that reading them gives. */
function plainInputs(inputs: LoadedInputs): Pick<WorkerStepInput, "values" | "missing"> {
  const values: Record<string, unknown> = {};
  const missing: WorkerStepInput["missing"][number][] = [];
  for (const name of Object.getOwnPropertyNames(inputs.values)) {
    if (inputs.collections.has(name)) continue;
    try {
      values[name] = inputs.values[name];
    } catch (error) {
      missing.push({ name, failure: failureOf(error) });
    }
  }
  return { values, missing };
}
