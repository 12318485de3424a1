import { type StepDefinition, stepName } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError } from "../core/errors.ts";
import type { Failure, LogLine } from "../core/events.ts";
import { failureOf, isRetryable } from "../core/failure.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { readReturn, type StepReturn } from "../core/outcome.ts";
import { partitionOf } from "../core/partitions.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { WorkerPool } from "../core/ports/worker-pool.ts";
import type { RunContext } from "../core/run-context.ts";
import type { Store } from "../store/store.ts";
import type { InputVersion } from "../store/tables/materializations.ts";
import type { ExecutedStep, Execution, LiveAttempt } from "./execution.ts";
import { type LoadedInputs, loadInputs } from "./inputs.ts";
import { keepOutput, type KeptOutput, keptObject } from "./kept-outputs.ts";
import type { ResourcePool } from "./resource-pool.ts";
import { type BufferedLog, bufferedLog } from "./step-log.ts";
import { runInWorker } from "./worker-step-host.ts";

/** What came of an attempt. `log` is what the code said and is not written yet. */
export type AttemptOutcome =
  | {
      readonly type: "made";
      readonly outputs: readonly KeptOutput[];
      readonly inputs: readonly InputVersion[];
      readonly log: readonly LogLine[];
    }
  | { readonly type: "skipped"; readonly reason: string; readonly log: readonly LogLine[] }
  | {
      readonly type: "failed";
      readonly failure: Failure;
      readonly retryable: boolean;
      readonly log: readonly LogLine[];
    }
  /** Its signal aborted: `reason.code` is `canceled` or `interrupted`. */
  | { readonly type: "aborted"; readonly reason: EngineError; readonly log: readonly LogLine[] };

export interface StepRunnerParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly workers: WorkerPool;
  readonly resources: ResourcePool;
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly abortGraceMs: number;
  readonly onLog: (execution: Execution, lines: readonly LogLine[]) => void;
  readonly onProgress: (execution: Execution, step: ExecutedStep) => void;
  /** Code that ignored its signal past the grace has settled at last. */
  readonly onLate: (execution: Execution, step: ExecutedStep, how: string) => void;
  readonly onAbandoned: (execution: Execution, step: ExecutedStep, message: string) => void;
}

export interface StepRunner {
  /** Runs the code of an attempt. Never rejects. */
  run(execution: Execution, step: ExecutedStep, live: LiveAttempt): Promise<AttemptOutcome>;
}

const MAX_PROGRESS_CHARACTERS = 16_000;

const ABANDONED = Symbol("abandoned");

export function stepRunner(params: StepRunnerParams): StepRunner {
  return {
    async run(execution, step, live) {
      const { clock, scheduler } = params;
      const log = bufferedLog({
        ordinal: step.ordinal,
        attempt: live.attempt,
        clock,
        scheduler,
        write: (lines) => params.onLog(execution, lines),
      });
      try {
        return await attempt({ ...params, execution, step, live, log });
      } catch (error) {
        if (live.abort.signal.aborted) return aborted(live.abort.signal.reason, { error, log });
        const failure = failureOf(error);
        return { type: "failed", failure, retryable: isRetryable(error), log: log.end() };
      }
    },
  };
}

interface AttemptParams extends StepRunnerParams {
  readonly execution: Execution;
  readonly step: ExecutedStep;
  readonly live: LiveAttempt;
  readonly log: BufferedLog;
}

async function attempt(params: AttemptParams): Promise<AttemptOutcome> {
  const { execution, step, live, log, store, catalog } = params;
  const definition = step.definition;
  if (definition === null)
    throw new EngineError("definition", `${step.planned.assets.join(", ")} is not in the code any more`);
  const inputs = await loadInputs(definition, { store, catalog, key: step.key });
  const disarm = armTimeout(params, definition);
  try {
    const returned = await untilAbandoned(params, startCode(params, { definition, inputs }));
    if (returned.type === "skip") return { type: "skipped", reason: returned.reason, log: log.end() };
    const outputs: KeptOutput[] = [];
    const keeping = {
      values: store.values,
      codeVersions: new Map([...definition.outputs.values()].map((asset) => [asset.key, asset.codeVersion])),
      inputs: inputs.versions,
      attempt: `${execution.run.uid}/${step.ordinal}/${live.attempt}`,
    };
    for (const output of returned.outputs) outputs.push(await keepOutput(output, keeping));
    return { type: "made", outputs, inputs: inputs.versions, log: log.end() };
  } finally {
    disarm();
  }
}

function armTimeout(params: AttemptParams, definition: StepDefinition): () => void {
  const { timeoutMs } = definition;
  if (timeoutMs === null) return () => {};
  return params.scheduler.after(timeoutMs, () => {
    params.live.abort.abort(
      new EngineError("timeout", `the attempt ran over its time limit of ${timeoutMs} ms`, { retryable: true }),
    );
  });
}

interface CodeParams {
  readonly definition: StepDefinition;
  readonly inputs: LoadedInputs;
}

/** Starts the code where it belongs. The context that it gets is revoked when the attempt ends. */
async function startCode(params: AttemptParams, { definition, inputs }: CodeParams): Promise<StepReturn> {
  const { execution, step, live, log } = params;
  const set = definition.partitions;
  const partition = set === null || step.key === null ? null : partitionOf(set, step.key);
  const facts = {
    id: execution.run.uid,
    job: execution.run.job,
    tags: execution.tags,
    config: execution.run.config === null ? null : (JSON.parse(execution.run.config) as Json),
  };
  const report = (progress: JsonObject): void => {
    if (step.live !== live) throw revoked(definition);
    step.progress = keptObject(progress, { what: "the report", max: MAX_PROGRESS_CHARACTERS });
    params.onProgress(execution, step);
  };
  if (definition.workerModule !== null) {
    return runInWorker({ ...params, definition, inputs, partition, facts, report });
  }
  const context: RunContext = {
    partition,
    inputs: inputs.values,
    resources: await params.resources.values(definition.resources),
    log: revocableLog(log, () => step.live === live, definition),
    signal: live.abort.signal,
    attempt: live.attempt,
    run: facts,
    report,
  };
  live.abort.signal.throwIfAborted();
  return readReturn(definition.outputs, await definition.run(context));
}

function revocableLog(log: BufferedLog, isLive: () => boolean, definition: StepDefinition): RunContext["log"] {
  const call =
    (level: "debug" | "info" | "warning" | "error") =>
    (message: string, fields?: JsonObject): void => {
      if (!isLive()) throw revoked(definition);
      log.add(level, message, fields);
    };
  return { debug: call("debug"), info: call("info"), warning: call("warning"), error: call("error") };
}

function revoked(definition: StepDefinition): EngineError {
  return new EngineError(
    "conflict",
    `this attempt of ${stepName(definition)} has ended; its context can no longer be used`,
  );
}

/** Waits for the code, but once its signal has aborted only for the grace (design §3.8). */
async function untilAbandoned(params: AttemptParams, code: Promise<StepReturn>): Promise<StepReturn> {
  const { live, scheduler, abortGraceMs, execution, step } = params;
  let disarm = (): void => {};
  const onAbort = (): void => {
    disarm = scheduler.after(abortGraceMs, () => giveUp(ABANDONED));
  };
  let giveUp: (value: typeof ABANDONED) => void = () => {};
  const abandoned = new Promise<typeof ABANDONED>((resolve) => {
    giveUp = resolve;
  });
  if (live.abort.signal.aborted) onAbort();
  else live.abort.signal.addEventListener("abort", onAbort, { once: true });
  try {
    const first = await Promise.race([code, abandoned]);
    if (first !== ABANDONED) return first;
  } finally {
    disarm();
    live.abort.signal.removeEventListener("abort", onAbort);
  }
  const message = `the code ignored its signal for ${abortGraceMs} ms and is abandoned; it may still run`;
  params.onAbandoned(execution, step, message);
  code.then(
    () => params.onLate(execution, step, "returned"),
    (error: unknown) => params.onLate(execution, step, `threw: ${failureOf(error).message}`),
  );
  throw new EngineError("canceled", message);
}

function aborted(reason: unknown, params: { error: unknown; log: BufferedLog }): AttemptOutcome {
  const log = params.log.end();
  const why = reason instanceof EngineError ? reason : new EngineError("canceled", "aborted", { cause: reason });
  if (why.code !== "timeout") return { type: "aborted", reason: why, log };
  return { type: "failed", failure: failureOf(why), retryable: true, log };
}
