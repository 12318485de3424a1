import type { Clock } from "../../core/ports/time.ts";
import { concurrencyLimit } from "../concurrency-limit.ts";
import type { WorkOperations } from "./protocol.ts";
import { startRdfThread, type RdfThread } from "./rdf-thread.ts";

/** The thread that parses and compares loads: one at a time, started with the first and ended when none comes. */
export interface Preparer {
  /** Kills the thread where the signal aborts. */
  run<Operation extends "prepare" | "difference">(
    operation: Operation,
    params: WorkOperations[Operation]["params"],
    signal: AbortSignal | undefined,
  ): Promise<WorkOperations[Operation]["result"]>;
  close(): Promise<void>;
}

/** Loads of one run follow each other within seconds; a thread at rest costs 12 MB. */
const IDLE_MS = 10_000;

export function preparer(clock: Clock): Preparer {
  const turn = concurrencyLimit(1);
  let thread: RdfThread | null = null;
  let rest = new AbortController();

  const endWhenIdle = async (idle: RdfThread, signal: AbortSignal): Promise<void> => {
    try {
      await clock.sleep(IDLE_MS, signal);
    } catch {
      return;
    }
    if (thread === idle) thread = null;
    await idle.end();
  };

  return Object.freeze({
    run: (operation, params, signal) =>
      turn.run(async () => {
        rest.abort();
        if (thread === null || thread.isEnded) thread = startRdfThread(clock, "preparer");
        const mine = thread;
        try {
          return await mine.call(operation, params, { signal });
        } finally {
          rest = new AbortController();
          void endWhenIdle(mine, rest.signal);
        }
      }, signal),
    async close() {
      rest.abort();
      await thread?.end();
      thread = null;
    },
  } satisfies Preparer);
}
