import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ChunkResult, SeedFailure } from "./seed-process.ts";

export interface RunSeedsParams {
  readonly from: number;
  readonly count: number;
  readonly processes: number;
  /** No more seeds are begun once so many have failed. */
  readonly maxFailures: number;
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
const CHILD = fileURLToPath(new URL("./seed-process.ts", import.meta.url));

/** Runs a range of seeds in several processes. Every seed below a reported failure has been run. */
export async function runSeeds(params: RunSeedsParams): Promise<SeedsReport> {
  const startedAt = performance.now();
  const sums = { seeds: 0, lives: 0, events: 0, attempts: 0 };
  const failures: SeedFailure[] = [];
  const digests = new Map<number, string>();
  let next = params.from;
  const end = params.from + params.count;
  const work = async (child: ChildProcess): Promise<void> => {
    while (next < end && failures.length < params.maxFailures) {
      const chunk = { from: next, count: Math.min(CHUNK_SEEDS, end - next) };
      next += chunk.count;
      child.send(chunk);
      const result = await answerOf(child);
      sums.seeds += result.count;
      sums.lives += result.lives;
      sums.events += result.events;
      sums.attempts += result.attempts;
      failures.push(...result.failures);
      digests.set(chunk.from, result.digest);
      params.onProgress?.(sums.seeds);
    }
    child.disconnect();
  };
  const children = Array.from({ length: params.processes }, () =>
    fork(CHILD, [], { execArgv: ["--disable-warning=ExperimentalWarning"] }),
  );
  try {
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) if (child.exitCode === null && child.connected) child.kill();
  }
  return {
    ...sums,
    digests,
    failures: failures.sort((a, b) => a.seed - b.seed),
    tookMs: performance.now() - startedAt,
  };
}

async function answerOf(child: ChildProcess): Promise<ChunkResult> {
  const abort = new AbortController();
  try {
    const answer = once(child, "message", { signal: abort.signal }).then(([result]) => result as ChunkResult);
    const end = once(child, "exit", { signal: abort.signal }).then(([code]): never => {
      throw new Error(`a process that ran seeds ended by itself (${String(code)})`);
    });
    return await Promise.race([answer, end]);
  } finally {
    abort.abort();
  }
}
