import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { type StepDefinition, stepName } from "../core/assets.ts";
import { failureOf } from "../core/failure.ts";
import type { JsonObject } from "../core/json.ts";
import type { StepReturn } from "../core/outcome.ts";
import type { Partition } from "../core/partitions.ts";
import type { WorkerPool } from "../core/ports/worker-pool.ts";
import type { RunFacts } from "../core/run-context.ts";
import { siblingModule } from "../core/sibling-module.ts";
import type { LiveAttempt } from "./execution.ts";
import type { LoadedInputs } from "./inputs.ts";
import type { BufferedLog } from "./step-log.ts";
import type { FromWorker, ToWorker, WorkerStepInput } from "./worker-step.ts";

export interface RunInWorkerParams {
  readonly definition: StepDefinition;
  readonly inputs: LoadedInputs;
  readonly partition: Partition | null;
  readonly facts: RunFacts;
  readonly live: LiveAttempt;
  readonly log: BufferedLog;
  readonly workers: WorkerPool;
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly report: (progress: JsonObject) => void;
}

/** Runs a step's code in the worker pool; its log, its reports and its reads of collections come back as messages. */
export async function runInWorker(params: RunInWorkerParams): Promise<StepReturn> {
  const { definition, live } = params;
  const { port1, port2 } = new MessageChannel();
  const receive = (message: FromWorker): void => {
    if (message.type === "log") params.log.add(message.level, message.message, message.fields);
    else if (message.type === "report") params.report(message.progress);
    else void answer(message).then((reply) => port1.postMessage(reply));
  };
  port1.on("message", receive);
  const answer = async (message: Extract<FromWorker, { type: "get" }>): Promise<ToWorker> => {
    try {
      const value = await params.inputs.collections.get(message.input)?.get(message.key);
      return { id: message.id, ok: true, value };
    } catch (error) {
      return { id: message.id, ok: false, failure: failureOf(error) };
    }
  };
  const input: WorkerStepInput = {
    module: definition.workerModule ?? "",
    asset: stepName(definition),
    partition: params.partition,
    ...plainInputs(params.inputs),
    collections: [...params.inputs.collections].map(([name, collection]) => ({ name, keys: collection.keys })),
    run: params.facts,
    attempt: live.attempt,
    settings: params.settings,
    port: port2,
  };
  try {
    return await params.workers.run<StepReturn>({
      module: siblingModule(import.meta.url, "worker-step"),
      task: "runStep",
      input,
      transfer: [port2],
      signal: live.abort.signal,
    });
  } finally {
    // The answer may overtake what was said before it.
    for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1)) {
      receive(next.message as FromWorker);
    }
    port1.close();
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
