import { Worker } from "node:worker_threads";

/** A thread with a database's connection of its own. */
export interface DatabaseThread {
  readonly worker: Worker;
  /** Ends the thread as soon as that is safe, and resolves when it is gone. */
  end(): Promise<void>;
}

export interface DatabaseThreadParams {
  readonly module: URL;
  readonly workerData: unknown;
  readonly onMessage: (message: unknown) => void;
  readonly onError: (error: unknown) => void;
  readonly onExit: () => void;
}

/** What such a thread posts once it has opened its database. */
export const OPENED = "opened";

/**
 * A thread that is ended while it loads better-sqlite3 takes the whole process along: Node-API cannot tell the module of
 * the end, and gives up (https://github.com/WiseLibs/better-sqlite3/issues/1507). So its end waits until it is `OPENED`.
 */
export function databaseThread({ module, workerData, ...on }: DatabaseThreadParams): DatabaseThread {
  const worker = new Worker(module, { workerData });
  const opened = Promise.withResolvers<void>();
  worker.on("message", (message: unknown) => {
    if (message === OPENED) opened.resolve();
    else on.onMessage(message);
  });
  worker.on("error", (error) => {
    opened.resolve();
    on.onError(error);
  });
  worker.on("exit", () => {
    opened.resolve();
    on.onExit();
  });
  return {
    worker,
    async end() {
      worker.ref();
      await opened.promise;
      await worker.terminate();
    },
  };
}
