import { EngineError } from "../../core/errors.ts";
import type { ContainerExit, ContainerLogLine, ContainerRunner } from "../../core/ports/container-runner.ts";
import {
  checkContainerRequest,
  type ContainerOwner,
  type ContainerRequest,
  DEFAULT_CONTAINER_KEY,
  DEFAULT_STOP_GRACE_MS,
  defaultContainerName,
  ownerLabels,
  type StepContainer,
  type StepContainers,
} from "../../core/step-containers.ts";
import type { ExternalWorkRow } from "../../store/tables/external-work.ts";
import type { ExecutedStep, Execution, LiveAttempt } from "../execution.ts";
import type { BufferedLog } from "../step-log.ts";
import { type AttachedContainer, type ContainerLife, type LifeParams, liveContainer } from "./container-life.ts";
import { callHost } from "./host-calls.ts";
import { isOfRow, type OnWait, type Removal, type RemovalParams } from "./removal.ts";

/** Containers of one step that may be there at the same time. */
const MAX_CONTAINERS = 100;

/** The containers of one attempt. */
export interface AttemptContainers extends StepContainers {
  /**
   * To be called when its code has settled, or was abandoned: nothing of it runs any more when this resolves, and after
   * `aborted` nothing of it is there. `interrupted`: all goes on, for the next engine. Throws `interrupted` where the
   * engine ends first.
   */
  close(how: "interrupted" | "aborted" | "ended"): Promise<void>;
  readonly wereUsed: boolean;
  /** Whether an earlier engine began the attempt, with containers. */
  readonly isResumed: boolean;
  /** When the oldest of them that still runs was asked for; null where none does. To be called before the code. */
  runningSinceMs(): Promise<number | null>;
}

export interface AttemptContainersParams extends RemovalParams {
  readonly execution: Execution;
  readonly step: ExecutedStep;
  readonly live: LiveAttempt;
  readonly log: BufferedLog;
  readonly removal: Removal;
}

export function attemptContainers(params: AttemptContainersParams): AttemptContainers {
  const { execution, step, live, host, record, removal } = params;
  const closed = new AbortController();
  const signal = AbortSignal.any([live.abort.signal, closed.signal]);
  const lives = new Map<string, ContainerLife>();
  const ref = { runId: execution.run.id, ordinal: step.ordinal, attempt: live.attempt };
  const left = record.tables.externalWork.ofAttempt(ref);

  const onWait: OnWait = (reason) => {
    if (reason !== null && live.waitsFor === null) params.log.add("warning", reason);
    live.waitsFor = reason;
  };

  /** What an earlier attempt left has to be gone before this one makes anything. */
  const fenceOlder = async (): Promise<void> => {
    const older = record.tables.externalWork.ofStep(ref.runId, ref.ordinal).filter((row) => row.attempt < live.attempt);
    await Promise.all(older.map((row) => removal.ofWork(row, onWait)));
  };

  const begin = async (request: ContainerRequest): Promise<{ life: ContainerLife; container: AttachedContainer }> => {
    checkContainerRequest(request);
    signal.throwIfAborted();
    const { key = DEFAULT_CONTAINER_KEY } = request;
    if (lives.has(key)) {
      throw new EngineError("conflict", `this attempt has a container "${key}" already; give each a key of its own`);
    }
    if (lives.size >= MAX_CONTAINERS) {
      throw new EngineError("too_large", `one attempt runs at most ${MAX_CONTAINERS} containers`);
    }
    const life = liveContainer(lifeParams(request, { ...params, key, signal, onWait, fenceOlder }));
    lives.set(key, life);
    return { life, container: await life.attached };
  };

  return {
    async start(request) {
      const { life, container } = await begin(request);
      return shown(container, { host, signal, exited: () => life.exited });
    },
    async run(request) {
      const { life, container } = await begin(request);
      const exit = await life.exited;
      if (!(request.okExitCodes ?? [0]).includes(exit.exitCode)) throw failed(container.name, exit);
      return { ...shown(container, { host, signal, exited: () => life.exited }), ...exit };
    },
    async close(how) {
      const reason = new EngineError(how === "interrupted" ? "interrupted" : "conflict", "the attempt has ended");
      closed.abort(reason);
      await Promise.allSettled([...lives.values()].map((life) => life.exited));
      if (how === "interrupted") return;
      const rows = record.tables.externalWork.ofAttempt(ref);
      const going = rows.filter((row) => how === "aborted" || row.state !== "exited");
      await Promise.all(going.map((row) => removal.ofWork(row, onWait)));
      live.waitsFor = null;
    },
    get wereUsed() {
      return left.length > 0 || lives.size > 0;
    },
    isResumed: left.length > 0,
    async runningSinceMs() {
      const running = await Promise.all(left.map((row) => isRunning(row, params, signal)));
      const since = left.filter((_, at) => running[at]).map((row) => row.intended_at_ms);
      return since.length === 0 ? null : Math.min(...since);
    },
  };
}

/** What a step waits for is told by the calls of its code. */
async function isRunning(row: ExternalWorkRow, params: AttemptContainersParams, signal: AbortSignal): Promise<boolean> {
  if (row.state === "exited") return false;
  const look = (until: AbortSignal) => params.host.inspect(row.name, until);
  const found = await callHost(look, { ...params, signal, onWait: () => {} });
  return found?.status === "running" && isOfRow(found, row, params);
}

interface RequestedLife extends AttemptContainersParams {
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onWait: OnWait;
  readonly fenceOlder: () => Promise<void>;
}

function lifeParams(request: ContainerRequest, params: RequestedLife): LifeParams {
  const { execution, step, live, record, project, key } = params;
  const owner: ContainerOwner = {
    project,
    lineage: record.lineage,
    run: execution.run.uid,
    step: step.ordinal,
    attempt: live.attempt,
    key,
  };
  const name = request.name ?? defaultContainerName(owner);
  const keep = request.keep ?? false;
  return {
    ...params,
    owner,
    work: { runId: execution.run.id, ordinal: step.ordinal, attempt: live.attempt, key },
    intent: { name, keep, stopGraceMs: request.stopGraceMs ?? DEFAULT_STOP_GRACE_MS },
    spec: {
      name,
      image: request.image,
      args: request.args ?? [],
      env: request.env ?? {},
      files: request.files ?? [],
      workingDirectory: request.workingDirectory ?? null,
      network: request.network ?? null,
      labels: ownerLabels(owner, { keep }),
    },
  };
}

interface ShownParams {
  readonly host: ContainerRunner;
  readonly signal: AbortSignal;
  readonly exited: () => Promise<ContainerExit>;
}

function shown({ id, name }: AttachedContainer, { host, signal, exited }: ShownParams): StepContainer {
  return {
    name,
    exited,
    readLogs: (): AsyncIterable<ContainerLogLine> => host.logs(id, { after: null, follow: true, signal }),
    readFiles: (path) => host.readFiles(id, path, signal),
  };
}

function failed(name: string, { exitCode, error }: ContainerExit): EngineError {
  const message = `container ${name} ended with exit code ${exitCode}${error === null ? "" : `: ${error}`}`;
  return new EngineError("container_failed", message, { retryable: true, details: { container: name, exitCode } });
}
