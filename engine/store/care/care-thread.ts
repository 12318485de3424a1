import { siblingModule } from "../../core/sibling-module.ts";
import { databaseThread } from "../database-thread.ts";
import type { PrunableQueries } from "./prunable.ts";
import type { CheckedCopy } from "./database-copy.ts";

export type CareTask =
  | { readonly type: "check"; readonly file: string }
  | { readonly type: "copy"; readonly file: string; readonly to: string }
  | { readonly type: "look"; readonly file: string; readonly name: keyof PrunableQueries; readonly params: unknown };

/**
 * What `quick_check` finds wrong with a database; empty where it is sound. It reads one moment of the file while others
 * write. Rejects with the signal's reason where it aborts first.
 */
export async function checkDatabase(file: string, signal?: AbortSignal): Promise<readonly string[]> {
  let rows: unknown;
  try {
    rows = await runCare({ type: "check", file }, signal);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return [error.message];
  }
  const findings = (rows as { readonly quick_check: string }[]).map((row) => row.quick_check);
  return findings.length === 1 && findings[0] === "ok" ? [] : findings;
}

/** Copies a database as it is at one moment, whoever writes meanwhile, and looks at the copy. */
export async function checkedCopy(file: string, to: string): Promise<CheckedCopy> {
  return (await runCare({ type: "copy", file, to })) as CheckedCopy;
}

/** What retention may let go of. */
export async function lookFor<N extends keyof PrunableQueries>(
  file: string,
  {
    name,
    params,
    signal,
  }: { readonly name: N; readonly params: Parameters<PrunableQueries[N]>[0]; readonly signal: AbortSignal },
): Promise<ReturnType<PrunableQueries[N]>> {
  return (await runCare({ type: "look", file, name, params }, signal)) as ReturnType<PrunableQueries[N]>;
}

/** What reads a whole database: it would block the engine's thread for long. */
export interface RecordCare {
  readonly check: (file: string, signal: AbortSignal) => Promise<readonly string[]>;
  readonly lookFor: typeof lookFor;
}

/** Each task in a thread of its own. */
export const careThreads: RecordCare = Object.freeze({ check: checkDatabase, lookFor });

/** What SQLite throws where it stumbles over damage before it can list it. */
function isDamage(error: unknown): error is Error {
  return error instanceof Error && /malformed|not a database|disk image/.test(error.message);
}

async function runCare(task: CareTask, signal?: AbortSignal): Promise<unknown> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const thread = databaseThread({
    module: new URL(siblingModule(import.meta.url, "care-worker")),
    workerData: task,
    onMessage: resolve,
    onError: reject,
    onExit: () => reject(new Error("the thread that reads the database ended")),
  });
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    await thread.end();
  }
}
