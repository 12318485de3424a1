import type { CheckFacts, StepDefinition } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import { EngineError, isEngineError } from "../core/errors.ts";
import type { LogLine } from "../core/events.ts";
import type { NotMade, StepReturn } from "../core/outcome.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import { type FailedAttempt, failedAttempt, type RetryPolicy } from "../core/retry.ts";
import type { ReadVerdict } from "../core/verdict.ts";
import type { Store } from "../store/store.ts";
import type { InputVersion } from "../store/tables/materializations.ts";
import { AbandonedError, untilAbandoned } from "./abandonment.ts";
import { type AttemptCodeParams, revoked, runCode } from "./attempt-code.ts";
import type { DiskDoor } from "./engine-parts.ts";
import { keepEvaluation, type KeptEvaluation } from "./evaluations.ts";
import type { ExecutedStep, Execution, LiveAttempt } from "./execution.ts";
import { type LoadedInputs, loadInputs } from "./inputs.ts";
import { loadJudged, type LoadedJudged } from "./judged.ts";
import { keepOutput, type KeptOutput } from "./kept-outputs.ts";
import type { AttemptContainers } from "./external-work/attempt-containers.ts";
import type { ExternalWork } from "./external-work/external-work.ts";
import { type BufferedLog, bufferedLog } from "./step-log.ts";

/** What came of an attempt. `log` is what the code said and is not written yet. */
export type AttemptOutcome = AttemptResult & {
  readonly log: readonly LogLine[];
  /** Whether it had containers, which are to be removed once its end is on record. */
  readonly hadContainers: boolean;
};

type AttemptResult =
  | {
      readonly type: "made";
      readonly outputs: readonly KeptOutput[];
      readonly notMade: readonly NotMade[];
      readonly inputs: readonly InputVersion[];
    }
  | { readonly type: "checked"; readonly check: CheckFacts; readonly evaluation: KeptEvaluation }
  | { readonly type: "skipped"; readonly reason: string }
  | ({ readonly type: "failed" } & FailedAttempt)
  /** Its signal aborted: `reason.code` is `canceled` or `interrupted`. */
  | { readonly type: "aborted"; readonly reason: EngineError };

type SharedCodeParams = "clerk" | "workers" | "resources" | "settings" | "scopes" | "onProgress";

/** What is heard of the code of attempts beside what comes of it. */
export interface AttemptHooks extends Pick<AttemptCodeParams, "onStray"> {
  /** Code that ignored its signal past the grace is abandoned, and later has settled at last. */
  readonly onAbandoned: (execution: Execution, step: ExecutedStep, message: string) => void;
  readonly onLate: (execution: Execution, step: ExecutedStep, how: string) => void;
}

export interface StepRunnerParams extends AttemptHooks, Pick<AttemptCodeParams, SharedCodeParams> {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly abortGraceMs: number;
  readonly faults: FaultPoints;
  readonly externalWork: ExternalWork;
  readonly onLog: (execution: Execution, lines: readonly LogLine[]) => void;
  readonly disk: DiskDoor;
}

/** A wait for a worker that is worth a line in the log. */
const TOLD_WAIT_MS = 1000;

export interface StepRunner {
  /** Runs the code of an attempt. Never rejects. */
  run(execution: Execution, step: ExecutedStep, live: LiveAttempt): Promise<AttemptOutcome>;
  /** Closes what the run's steps used together. */
  runEnded(execution: Execution): void;
}

export function stepRunner(params: StepRunnerParams): StepRunner {
  return {
    runEnded: ({ run }) => void params.resources.closeFor(run.id),
    async run(execution, step, live) {
      const { clock, scheduler } = params;
      const log = bufferedLog({
        ordinal: step.ordinal,
        attempt: live.attempt,
        clock,
        scheduler,
        write: (lines) => params.onLog(execution, lines),
      });
      const { signal } = live.abort;
      const containers = params.externalWork.ofAttempt({ execution, step, live, log });
      let result: AttemptResult;
      try {
        result = await attempt({ ...params, execution, step, live, log, containers });
      } catch (error) {
        const policy = step.definition?.retry ?? null;
        result = signal.aborted
          ? abortedResult(signal.reason, { policy, isAbandoned: error instanceof AbandonedError })
          : { type: "failed", ...failedAttempt(error, policy) };
      }
      live.isOver = true;
      try {
        await containers.close(howClosed(result, signal));
      } catch (error) {
        result = containersLeft(error);
      }
      return { ...result, log: log.end(), hadContainers: containers.wereUsed };
    },
  };
}

interface AttemptParams extends StepRunnerParams {
  readonly execution: Execution;
  readonly step: ExecutedStep;
  readonly live: LiveAttempt;
  readonly log: BufferedLog;
  readonly containers: AttemptContainers;
}

function howClosed(result: AttemptResult, signal: AbortSignal): "interrupted" | "aborted" | "ended" {
  if (result.type === "aborted" && result.reason.code === "interrupted") return "interrupted";
  return signal.aborted ? "aborted" : "ended";
}

/** Its containers are not gone yet: the attempt has not ended, whatever its code did; the next engine sees to it. */
function containersLeft(error: unknown): AttemptResult {
  if (isEngineError(error, "interrupted")) return { type: "aborted", reason: error };
  return { type: "failed", ...failedAttempt(error, null) };
}

async function attempt(params: AttemptParams): Promise<AttemptResult> {
  const { execution, step, live, store, catalog, scheduler, faults } = params;
  const { definition } = step;
  const { signal } = live.abort;
  if (definition === null) throw new EngineError("definition", step.misfit);
  const checkLive = (): void => {
    if (step.live !== live || live.isOver) throw revoked(definition);
  };
  const inputs = await loadInputs(definition, { store, catalog, key: step.key, scheduler, checkLive });
  const { check } = definition;
  const judged = check === null ? null : await loadJudged(check, params);
  signal.throwIfAborted();
  const limit = timeLimit(params, definition);
  try {
    faults.reach("attempt.before-code");
    const code = runCode({ ...params, definition, inputs, judged, onWorkerStarted: () => limit.workerStarted() });
    const returned = await untilAbandoned(code, {
      signal,
      scheduler,
      graceMs: params.abortGraceMs,
      onAbandoned: (message) => params.onAbandoned(execution, step, message),
      onLate: (how) => params.onLate(execution, step, how),
    });
    faults.reach("attempt.after-code");
    // What code returns that was told to stop may be half of what it would have been.
    signal.throwIfAborted();
    if (returned.type === "skip") return { type: "skipped", reason: returned.reason };
    if (returned.type === "checked") return checkedResult(returned.verdict, { check, judged });
    const outputs = await keepAll(params, { definition, inputs, returned });
    return { type: "made", outputs, notMade: returned.notMade, inputs: inputs.versions };
  } finally {
    limit.end();
  }
}

function checkedResult(
  verdict: ReadVerdict,
  { check, judged }: { readonly check: CheckFacts | null; readonly judged: LoadedJudged | null },
): AttemptResult {
  if (check === null || judged === null) throw new EngineError("internal", "a verdict came from what is no check");
  return { type: "checked", check, evaluation: keepEvaluation(verdict, { check, judged }) };
}

interface TimeLimit {
  workerStarted(): void;
  end(): void;
}

/**
 * An attempt whose container outlived an engine has had part of its time; clocks that were set back give no more than all of
 * it. Where its containers have ended meanwhile it has all of it: that nobody collected what came of them is not its doing.
 * Of code in a worker the time begins when a worker takes it up: that it waited for one is not its doing either.
 */
function timeLimit(params: AttemptParams, definition: StepDefinition): TimeLimit {
  const { live, clock, scheduler, log, containers } = params;
  const { timeoutMs, workerModule } = definition;
  const waitsSinceMs = clock.monotonic();
  let isOver = false;
  let disarm = (): void => {};
  const arm = (startedAtMs: number): void => {
    if (timeoutMs === null || isOver) return;
    const error = new EngineError("timeout", `the attempt ran over its time limit of ${timeoutMs} ms`, {
      retryable: true,
    });
    const leftMs = Math.min(timeoutMs, Math.max(0, timeoutMs - (clock.now() - startedAtMs)));
    disarm = scheduler.after(leftMs, () => live.abort.abort(error));
  };
  /** Only once the host has answered: until then nobody knows whether anything is over its time. */
  const armResumed = async (): Promise<void> => {
    const sinceMs = await containers.runningSinceMs().catch(() => live.startedAtMs);
    arm(sinceMs ?? clock.now());
  };
  if (workerModule === null && !containers.isResumed) arm(live.startedAtMs);
  else if (workerModule === null && timeoutMs !== null) void armResumed();
  return {
    workerStarted() {
      const waitedMs = clock.monotonic() - waitsSinceMs;
      if (waitedMs >= TOLD_WAIT_MS) log.add("info", `waited ${(waitedMs / 1000).toFixed(1)} s for a free worker`);
      arm(clock.now());
    },
    end() {
      isOver = true;
      disarm();
    },
  };
}

interface MadeParams {
  readonly definition: StepDefinition;
  readonly inputs: LoadedInputs;
  readonly returned: Extract<StepReturn, { type: "made" }>;
}

/** How often a value is tried to be kept: a disk that takes all else may still be too small for this one. */
const KEEP_TRIES = 3;

async function keepAll(
  { store, execution, step, live, disk }: AttemptParams,
  { definition, inputs, returned }: MadeParams,
): Promise<readonly KeptOutput[]> {
  const keeping = {
    values: store.values,
    codeVersions: new Map([...definition.outputs.values()].map((asset) => [asset.key, asset.codeVersion])),
    inputs: inputs.versions,
    attempt: `${execution.run.uid}/${step.ordinal}/${live.attempt}`,
  };
  const kept: KeptOutput[] = [];
  try {
    for (const output of returned.outputs) {
      kept.push(await onceTheDiskIsWell(() => keepOutput(output, keeping), { disk, signal: live.abort.signal }));
    }
    return kept;
  } catch (error) {
    for (const { value } of kept) store.values.release(value);
    throw error;
  }
}

interface DiskTries {
  readonly disk: DiskDoor;
  readonly signal: AbortSignal;
}

async function onceTheDiskIsWell<T>(keep: () => Promise<T>, { disk, signal }: DiskTries): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await keep();
    } catch (error) {
      if (!isEngineError(error, "disk_failed") || tried === KEEP_TRIES) throw error;
      await disk.wellAfter(error, signal);
    }
  }
}

interface AbortedParams {
  readonly policy: RetryPolicy | null;
  readonly isAbandoned: boolean;
}

/** A cancel and the engine's end abort an attempt; a time limit and an error that nobody caught make it fail. */
function abortedResult(reason: unknown, { policy, isAbandoned }: AbortedParams): AttemptResult {
  const why = reason instanceof EngineError ? reason : new EngineError("canceled", "aborted", { cause: reason });
  if (why.code === "interrupted") return { type: "aborted", reason: why };
  const abandoned = isAbandoned ? "; its code ignored its signal and is abandoned, it may still run" : "";
  if (why.code === "canceled") {
    return { type: "aborted", reason: new EngineError("canceled", `${why.message}${abandoned}`, { cause: why }) };
  }
  const { failure, wish } = failedAttempt(why, policy);
  return { type: "failed", failure: { ...failure, message: `${failure.message}${abandoned}` }, wish };
}
