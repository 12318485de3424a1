import { type StepDefinition, stepName } from "../core/assets.ts";
import { checkContext, type Judged } from "../core/checks.ts";
import { EngineError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { readReturn, type StepReturn } from "../core/outcome.ts";
import { partitionOf } from "../core/partitions.ts";
import type { Clerk } from "../core/ports/clerk.ts";
import type { StepContainers } from "../core/step-containers.ts";
import type { WorkerPool } from "../core/ports/worker-pool.ts";
import type { LogLevel, RunContext, RunFacts } from "../core/run-context.ts";
import { type CodeOwner, type CodeScopes, scopedSignal } from "./code-scopes.ts";
import type { ExecutedStep, Execution, LiveAttempt } from "./execution.ts";
import type { LoadedInputs } from "./inputs.ts";
import { keptObject, MAX_PROGRESS_CHARACTERS } from "./kept-outputs.ts";
import type { ResourcePool } from "./resource-pool.ts";
import type { BufferedLog } from "./step-log.ts";
import { runInWorker } from "./worker-step-host.ts";

export interface AttemptCodeParams {
  readonly execution: Execution;
  readonly step: ExecutedStep;
  readonly live: LiveAttempt;
  readonly definition: StepDefinition;
  readonly inputs: LoadedInputs;
  /** Of a check. */
  readonly judged: Judged | null;
  readonly log: BufferedLog;
  readonly containers: StepContainers;
  readonly workers: WorkerPool;
  /** Called when a worker takes the code up that belongs into one. */
  readonly onWorkerStarted: () => void;
  readonly resources: ResourcePool;
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly scopes: CodeScopes;
  readonly clerk: Clerk;
  readonly onProgress: (execution: Execution, step: ExecutedStep, progress: JsonObject) => void;
  readonly onStray: (execution: Execution, step: ExecutedStep, message: string) => void;
}

/** Errors that the code of one attempt does not catch; more of them tell nothing new. */
const MAX_STRAYS = 20;

/** Runs an attempt's code where it belongs. The context that it gets is revoked when the attempt ends. */
export async function runCode(params: AttemptCodeParams): Promise<StepReturn> {
  const { execution, step, live, definition, inputs } = params;
  const set = definition.partitions;
  const partition = set === null || step.key === null ? null : partitionOf(set, step.key);
  const facts = factsOf(execution);
  const isLive = (): boolean => step.live === live && !live.isOver;
  const owner = strayOwner(params);
  const report = (progress: JsonObject): void => {
    if (!isLive()) throw revoked(definition);
    live.progress = keptObject(progress, { what: "the report", max: MAX_PROGRESS_CHARACTERS });
    params.onProgress(execution, step, live.progress);
  };
  if (definition.workerModule !== null) return runInWorker({ ...params, partition, facts, report, owner });
  const resources = await params.resources.values(definition.resources, execution.run.id);
  // Its run did not wait for what took so long to open.
  if (execution.isEnded) await params.resources.closeFor(execution.run.id);
  live.abort.signal.throwIfAborted();
  const signal = scopedSignal(live.abort.signal, { scopes: params.scopes, owner });
  const context: RunContext = {
    partition,
    inputs: inputs.values,
    resources,
    containers: params.containers,
    log: revocableLog(params, isLive),
    signal: signal.signal,
    attempt: live.attempt,
    run: facts,
    report,
  };
  const own = params.judged === null ? context : checkContext(context, params.judged);
  const tell = (message: string): void => params.onStray(execution, step, message);
  const leave = params.clerk.enter({ label: stepName(definition), tell });
  try {
    const returned = await params.scopes.run(owner, async () => definition.run(own));
    return readReturn(definition, returned);
  } finally {
    leave();
    signal[Symbol.dispose]();
  }
}

function factsOf({ run, tags }: Execution): RunFacts {
  return { id: run.uid, job: run.job, tags, config: run.config === null ? null : (JSON.parse(run.config) as Json) };
}

/** The first stray error ends the attempt as failed; what comes after its end is told on the run. */
function strayOwner({ execution, step, live, onStray }: AttemptCodeParams): CodeOwner {
  let strays = 0;
  return (message, error) => {
    if (step.live === live && !live.abort.signal.aborted) {
      live.stray = new EngineError("user_code", message, { cause: error, retryable: true });
      // The place that failed is where the error was made, not here.
      if (error instanceof Error && error.stack !== undefined) live.stray.stack = error.stack;
      live.abort.abort(live.stray);
    } else if (++strays <= MAX_STRAYS) onStray(execution, step, message);
  };
}

function revocableLog({ log, definition }: AttemptCodeParams, isLive: () => boolean): RunContext["log"] {
  const call =
    (level: LogLevel) =>
    (message: string, fields?: JsonObject): void => {
      if (!isLive()) throw revoked(definition);
      log.add(level, message, fields);
    };
  return { debug: call("debug"), info: call("info"), warning: call("warning"), error: call("error") };
}

/** What a call to the context of an attempt that has ended throws. */
export function revoked(definition: StepDefinition): EngineError {
  return new EngineError(
    "conflict",
    `this attempt of ${stepName(definition)} has ended; its context can no longer be used`,
  );
}
