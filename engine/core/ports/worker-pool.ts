import type { MessagePort } from "node:worker_threads";

/**
 * CPU-heavy functions off the engine's thread. A task is an exported async function of a module, called with one
 * structured-cloneable argument; it must not rely on anything but that argument.
 */
export interface WorkerPool {
  /**
   * Runs `module`'s export `task` with `input`.
   * Over `timeoutMs` (or when `signal` aborts) the worker is ended with whatever it was doing; throws
   * `worker_timeout`, `worker_crashed` (out of memory, `process.exit`), or what the task threw.
   */
  run<O>(params: WorkerTaskParams): Promise<O>;
  /** How many tasks can run at the same time. */
  readonly size: number;
  close(): Promise<void>;
}

export interface WorkerTaskParams {
  /** A `file:` URL; give `siblingModule(import.meta.url, "name")`, which finds `.ts` in a clone and `.js` in a package. */
  readonly module: string;
  readonly task: string;
  readonly input: unknown;
  /** What of `input` is moved instead of copied: array buffers, message ports. */
  readonly transfer?: readonly (ArrayBuffer | MessagePort)[] | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when a worker takes the task up, which may have waited for one. It must not throw. */
  readonly onStarted?: (() => void) | undefined;
}
