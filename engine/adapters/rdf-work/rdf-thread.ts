import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { EngineError, errorCodes, isEngineError, type ErrorCode } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/time.ts";
import { siblingModule } from "../../core/sibling-module.ts";
import type { WorkError, WorkOperation, WorkOperations, WorkReply, WorkRequest } from "./protocol.ts";

/** A worker thread that does RDF, one call at a time. It is a thread of its own, not of the engine's pool: it keeps a store in memory, and is killed. */
export interface RdfThread {
  /** Rejects with `query_limit` and ends the thread where a limit is passed; with `worker_crashed` where it ends by itself. */
  call<Operation extends WorkOperation>(
    operation: Operation,
    params: WorkOperations[Operation]["params"],
    limits?: CallLimits,
  ): Promise<WorkOperations[Operation]["result"]>;
  /** What its stores and heap take; `null` where it is gone. */
  memoryBytes(): Promise<number | null>;
  /** Kills the thread, whatever it does. */
  end(): Promise<void>;
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
  readonly isEnded: boolean;
}

export interface CallLimits {
  /** How long the evaluation may take. */
  readonly timeoutMs?: number | undefined;
  /** How much memory the call may add to the thread's. */
  readonly memoryBytes?: number | undefined;
  /** Kills the thread when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** An update has been evaluated: the limits end, and the thread's store is no longer what it was. */
  readonly onEvaluated?: (() => void) | undefined;
}

/**
 * Most of JavaScript's heap that a thread may use. Oxigraph keeps its data outside of it; what is in it are lines on
 * their way, and for a store in memory whole answers. V8 lets a heap grow towards its limit before it collects, so a
 * low one keeps the process small.
 */
const MAX_HEAP_MB: Readonly<Record<ThreadRole, number>> = { preparer: 160, resident: 512 };
const MAX_YOUNG_HEAP_MB = 4;

export type ThreadRole = "preparer" | "resident";

/** How often the memory of a thread at work is looked at. WebAssembly was seen to grow by up to 0.3 GB a second. */
const WATCH_EVERY_MS = 200;

interface Pending {
  readonly id: number;
  readonly operation: WorkOperation;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onEvaluated: () => void;
}

export function startRdfThread(clock: Clock, role: ThreadRole): RdfThread {
  const worker = new Worker(new URL(siblingModule(import.meta.url, "rdf-worker")), {
    name: `rdf ${role}`,
    execArgv: [],
    env: compileCache(),
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB[role], maxYoungGenerationSizeMb: MAX_YOUNG_HEAP_MB },
  });
  let pending: Pending | null = null;
  let lastId = 0;
  let isEnded = false;
  let crash: Error | null = null;

  const settle = (act: (call: Pending) => void): void => {
    const call = pending;
    pending = null;
    if (call !== null) act(call);
  };
  const end = async (): Promise<void> => {
    isEnded = true;
    await worker.terminate();
  };

  worker.on("message", (reply: WorkReply) => {
    if (reply.id !== pending?.id) return;
    if (reply.state === "evaluated") pending.onEvaluated();
    else if (reply.state === "done") settle(({ resolve }) => resolve(reply.result));
    else {
      const error = revive(reply.error, pending.operation);
      if (reply.error.broken) void end();
      settle(({ reject }) => reject(error));
    }
  });
  worker.on("error", (error: Error) => {
    crash = error;
    isEnded = true;
  });
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      isEnded = true;
      settle(({ reject }) => reject(crashError(crash)));
      resolve();
    });
  });

  return Object.freeze({
    ended,
    end,
    memoryBytes: () => memoryOf(worker),
    get isEnded() {
      return isEnded;
    },
    async call<Operation extends WorkOperation>(
      operation: Operation,
      params: WorkOperations[Operation]["params"],
      limits: CallLimits = {},
    ) {
      limits.signal?.throwIfAborted();
      if (isEnded) throw crashError(crash);
      if (pending !== null) throw new EngineError("internal", "a worker that does RDF was asked two things at once");
      const id = ++lastId;
      const stop = new AbortController();
      const kill = (error: Error): void => {
        settle(({ reject }) => reject(error));
        void end();
      };
      const onAbort = (): void => kill(limits.signal?.reason as Error);
      limits.signal?.addEventListener("abort", onAbort, { once: true });
      const answer = new Promise<unknown>((resolve, reject) => {
        const onEvaluated = (): void => {
          stop.abort();
          limits.onEvaluated?.();
        };
        pending = { id, operation, resolve, reject, onEvaluated };
      });
      worker.postMessage({ id, operation, params } satisfies WorkRequest);
      if (limits.timeoutMs !== undefined) void killLate({ clock, ms: limits.timeoutMs, kill, signal: stop.signal });
      if (limits.memoryBytes !== undefined) {
        void killLarge({ clock, worker, moreBytes: limits.memoryBytes, kill, signal: stop.signal });
      }
      try {
        return (await answer) as WorkOperations[Operation]["result"];
      } finally {
        stop.abort();
        limits.signal?.removeEventListener("abort", onAbort);
      }
    },
  });
}

/**
 * Where the process keeps compiled code, its threads shall too: stripping the types of these files by themselves costs
 * each 45 MB and 0.15 s (measured, Node 24.21). A thread learns of the folder by the environment only
 * (https://nodejs.org/api/module.html#module-compile-cache), which is otherwise empty.
 */
function compileCache(): Record<string, string> {
  const folder = getCompileCacheDir();
  // Node answers with its version's folder below the one that it was given.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

interface Watch {
  readonly clock: Clock;
  readonly kill: (error: Error) => void;
  readonly signal: AbortSignal;
}

async function killLate({ clock, ms, kill, signal }: Watch & { readonly ms: number }): Promise<void> {
  if (!(await slept(clock, ms, signal))) return;
  kill(
    new EngineError("query_limit", `it ran for more than ${ms} ms and was ended`, {
      details: { limit: "timeoutMs", timeoutMs: ms },
    }),
  );
}

/** Only the thread itself could say how much it uses, and it is busy: the engine's thread reads V8's own figures of it. */
async function killLarge(watch: Watch & { readonly worker: Worker; readonly moreBytes: number }): Promise<void> {
  const { clock, worker, moreBytes, kill, signal } = watch;
  let startBytes: number | null = null;
  while (await slept(clock, WATCH_EVERY_MS, signal)) {
    const bytes = await memoryOf(worker);
    if (bytes === null || signal.aborted) return;
    startBytes ??= bytes;
    if (bytes - startBytes <= moreBytes) continue;
    kill(
      new EngineError("query_limit", `it took more than ${moreBytes} bytes of memory and was ended`, {
        details: { limit: "memoryBytes", memoryBytes: moreBytes },
      }),
    );
    return;
  }
}

async function memoryOf(worker: Worker): Promise<number | null> {
  try {
    const { external_memory: external, used_heap_size: heap } = (await worker.getHeapStatistics()) as HeapFigures;
    return external + heap;
  } catch {
    // The thread has ended meanwhile, which its exit tells.
    return null;
  }
}

interface HeapFigures {
  readonly external_memory: number;
  readonly used_heap_size: number;
}

/** Whether the time passed, and the signal did not abort. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return !signal.aborted;
}

function revive(error: WorkError, operation: WorkOperation): Error {
  if (error.broken) {
    const isSparql = operation === "query" || operation === "update";
    return new EngineError(
      isSparql ? "query_limit" : "worker_crashed",
      `the RDF worker ran out of memory or stack: ${error.message}`,
      { details: { limit: "memory", operation } },
    );
  }
  const code = error.code !== null && error.code in errorCodes ? (error.code as ErrorCode) : "worker_crashed";
  return new EngineError(code, error.message, { details: error.details ?? undefined });
}

function crashError(cause: Error | null): Error {
  if (isEngineError(cause)) return cause;
  const why = cause === null ? "it was ended" : cause.message;
  return new EngineError("worker_crashed", `the RDF worker is gone: ${why}`, { retryable: true, cause });
}
