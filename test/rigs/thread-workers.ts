import { Worker } from "node:worker_threads";
import { EngineError } from "../../engine/core/errors.ts";
import type { WorkerPool, WorkerTaskParams } from "../../engine/core/ports/worker-pool.ts";

/**
 * A pool that makes a thread for every task and ends it when the task's time is over: what tests of hostile input need.
 * `runs` counts the tasks.
 */
export interface ThreadWorkers extends WorkerPool, AsyncDisposable {
  readonly runs: () => number;
}

const ENTRY = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module)
  .then((module) => module[workerData.task](workerData.input))
  .then((value) => parentPort.postMessage({ value }), (error) => parentPort.postMessage({ error: String(error) }));
`;

export function threadWorkers({ size = 2, maxHeapMb = 256 } = {}): ThreadWorkers {
  const live = new Set<Worker>();
  let runs = 0;
  return {
    size,
    runs: () => runs,
    run: async <O>(params: WorkerTaskParams): Promise<O> => {
      runs += 1;
      const { module, task, input } = params;
      const worker = new Worker(ENTRY, {
        eval: true,
        workerData: { module, task, input },
        resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      });
      live.add(worker);
      params.onStarted?.();
      try {
        return await answerOf<O>(worker, params);
      } finally {
        await worker.terminate();
        live.delete(worker);
      }
    },
    close: async () => {
      await Promise.all([...live].map((worker) => worker.terminate()));
    },
    async [Symbol.asyncDispose]() {
      await this.close();
    },
  };
}

function answerOf<O>(worker: Worker, { timeoutMs, signal }: WorkerTaskParams): Promise<O> {
  return new Promise<O>((resolve, reject) => {
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    worker.once("message", (answer: { readonly value: O } | { readonly error: string }) =>
      "error" in answer ? reject(new Error(answer.error)) : resolve(answer.value),
    );
    worker.once("error", (error) => reject(crashed(String(error))));
    worker.once("exit", (code) => {
      clearTimeout(timer);
      reject(crashed(`exit ${code}`));
    });
  });
}

function timedOut(ms: number): EngineError {
  return new EngineError("worker_timeout", `the task ran longer than ${ms} ms`);
}

function crashed(why: string): EngineError {
  return new EngineError("worker_crashed", `the worker ended: ${why}`);
}
