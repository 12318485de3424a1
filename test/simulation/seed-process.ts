import { createHash } from "node:crypto";
import { watchConnections } from "./connections.ts";
import type { Violation } from "./world.ts";
import { simulate } from "./simulation.ts";
import { hearStrays } from "./strays.ts";
import { simulationFolder } from "./template.ts";

/** A process that runs the seeds that its parent sends, a chunk at a time. */
export interface SeedChunk {
  readonly from: number;
  readonly count: number;
}

export interface ChunkResult extends SeedChunk {
  readonly lives: number;
  readonly events: number;
  readonly attempts: number;
  readonly failures: readonly SeedFailure[];
  /** Of all that happened; the same for the same seeds. */
  readonly digest: string;
}

export interface SeedFailure extends Violation {
  readonly seed: number;
  readonly trace: readonly string[];
}

async function runChunk({ from, count }: SeedChunk, place: ReturnType<typeof simulationFolder>): Promise<ChunkResult> {
  const sums = { lives: 0, events: 0, attempts: 0 };
  const failures: SeedFailure[] = [];
  const hash = createHash("sha256");
  for (let seed = from; seed < from + count; seed++) {
    const { violation, trace, lives, events, attempts } = await simulate({ seed, ...place });
    sums.lives += lives;
    sums.events += events;
    sums.attempts += attempts;
    hash.update(trace.join("\n"));
    if (violation !== null) failures.push({ seed, trace, ...violation });
  }
  return { from, count, failures, digest: hash.digest("hex"), ...sums };
}

/** Resolves when the parent has no more seeds. */
async function serve(): Promise<void> {
  watchConnections();
  hearStrays();
  using place = simulationFolder();
  let work = Promise.resolve();
  process.on("message", (chunk: SeedChunk) => {
    work = work.then(async () => void process.send?.(await runChunk(chunk, place)));
  });
  await new Promise((resolve) => process.once("disconnect", resolve));
}

await serve();
