import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ChunkResult, SeedChunk, SeedFailure, SeedMessage } from "./seed-process.ts";

export interface RunSeedsParams {
  readonly from: number;
  readonly count: number;
  readonly processes: number;
  /** No more seeds are begun once so many have failed. */
  readonly maxFailures: number;
  /** Writes down what happens in them. */
  readonly isTold?: boolean;
  readonly onProgress?: (done: number) => void;
}

export interface SeedsReport {
  readonly seeds: number;
  readonly lives: number;
  readonly events: number;
  readonly attempts: number;
  readonly failures: readonly SeedFailure[];
  readonly tookMs: number;
  /** Of each chunk of seeds, by its first: the same in every run. */
  readonly digests: ReadonlyMap<number, string>;
}

const CHUNK_SEEDS = 10;
/** A simulation that takes longer hangs; most take a tenth of a second. */
const SEED_LIMIT_MS = 120_000;
const CHILD = fileURLToPath(new URL("./seed-process.ts", import.meta.url));

/** Runs a range of seeds in several processes. Every seed below a reported failure has been run. */
export async function runSeeds(params: RunSeedsParams): Promise<SeedsReport> {
  const startedAt = performance.now();
  const sums = { seeds: 0, lives: 0, events: 0, attempts: 0 };
  const failures: SeedFailure[] = [];
  const digests = new Map<number, string>();
  let next = params.from;
  const end = params.from + params.count;
  const work = async (): Promise<void> => {
    using children = childrenOfOne();
    while (next < end && failures.length < params.maxFailures) {
      const chunk = { from: next, count: Math.min(CHUNK_SEEDS, end - next), isTold: params.isTold ?? false };
      next += chunk.count;
      const result = await runChunk(children.child(), chunk);
      sums.seeds += result.count;
      sums.lives += result.lives;
      sums.events += result.events;
      sums.attempts += result.attempts;
      failures.push(...result.failures);
      digests.set(chunk.from, result.digest);
      params.onProgress?.(sums.seeds);
    }
  };
  await Promise.all(Array.from({ length: params.processes }, work));
  return {
    ...sums,
    digests,
    failures: failures.sort((a, b) => a.seed - b.seed),
    tookMs: performance.now() - startedAt,
  };
}

/** What killed engines leave waits for ever, and their memory with it: a process makes room for another in time. */
const CHUNKS_OF_CHILD = 100;

/** One process after the other: one that was killed, or has done its share, is followed by another. */
function childrenOfOne(): Disposable & { child(): ChildProcess } {
  let current: ChildProcess | null = null;
  let chunks = 0;
  return {
    child() {
      if (current?.connected !== true || current.killed || chunks === CHUNKS_OF_CHILD) {
        if (current?.connected === true) current.disconnect();
        current = fork(CHILD, [], { execArgv: ["--disable-warning=ExperimentalWarning"] });
        chunks = 0;
      }
      chunks++;
      return current;
    },
    [Symbol.dispose]() {
      if (current?.connected === true) current.disconnect();
    },
  };
}

async function runChunk(child: ChildProcess, chunk: SeedChunk): Promise<ChunkResult> {
  child.send(chunk);
  for (let seed = chunk.from; ;) {
    const message = await nextMessage(child);
    if (message === null) {
      child.kill("SIGKILL");
      const why = `it hangs: nothing was heard of it for ${SEED_LIMIT_MS / 1000} s`;
      const failure: SeedFailure = { seed, invariant: "S16", message: why, trace: [] };
      return { ...chunk, lives: 0, events: 0, attempts: 0, failures: [failure], digest: "" };
    }
    if ("result" in message) return message.result;
    seed = message.begins;
  }
}

/** Null: none came in time. */
async function nextMessage(child: ChildProcess): Promise<SeedMessage | null> {
  const abort = new AbortController();
  const late = setTimeout(() => abort.abort(), SEED_LIMIT_MS);
  try {
    const answer = once(child, "message", { signal: abort.signal }).then(([message]) => message as SeedMessage);
    const end = once(child, "exit", { signal: abort.signal }).then(([code]): never => {
      throw new Error(`a process that ran seeds ended by itself (${String(code)})`);
    });
    return await Promise.race([answer, end]);
  } catch (error) {
    if (abort.signal.aborted) return null;
    throw error;
  } finally {
    clearTimeout(late);
    abort.abort();
  }
}
