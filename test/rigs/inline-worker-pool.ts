import type { WorkerPool, WorkerTaskParams } from "../../engine/core/ports/worker-pool.ts";

/**
 * A pool without workers: tasks run on the test's own thread, inputs and outputs cloned as they would be. Time limits
 * are not kept.
 */
export function inlineWorkerPool(size = 2): WorkerPool {
  return {
    size,
    run: async <O>(params: WorkerTaskParams): Promise<O> => {
      params.signal?.throwIfAborted();
      params.onStarted?.();
      const module = (await import(params.module)) as Readonly<Record<string, (input: unknown) => Promise<unknown>>>;
      const task = module[params.task];
      if (task === undefined) throw new Error(`${params.module} exports no ${params.task}`);
      return structuredClone(await task(structuredClone(params.input))) as O;
    },
    close: () => Promise.resolve(),
  };
}
