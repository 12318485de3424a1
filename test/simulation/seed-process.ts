import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { watchConnections } from "./connections.ts";
import type { Violation } from "./world.ts";
import { simulate } from "./simulation.ts";
import { hearStrays } from "./strays.ts";
import { simulationFolder } from "./template.ts";

/** A process that runs the seeds that its parent sends, a chunk at a time. */
export interface SeedChunk {
  readonly from: number;
  readonly count: number;
  /** Writes down what happens while it does. */
  readonly isTold: boolean;
}

/** What it says: which seed it begins with, or what came of a chunk. */
export type SeedMessage = { readonly begins: number } | { readonly result: ChunkResult };

export interface ChunkResult {
  readonly from: number;
  readonly count: number;
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

function say(message: SeedMessage): void {
  process.send?.(message);
}

async function runChunk(
  { from, count, isTold }: SeedChunk,
  place: ReturnType<typeof simulationFolder>,
): Promise<ChunkResult> {
  const sums = { lives: 0, events: 0, attempts: 0 };
  const failures: SeedFailure[] = [];
  const hash = createHash("sha256");
  for (let seed = from; seed < from + count; seed++) {
    say({ begins: seed });
    const onTell = isTold ? (line: string) => void writeSync(1, `${line}\n`) : undefined;
    const { violation, trace, lives, events, attempts } = await simulate({ seed, onTell, ...place });
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
    work = work.then(async () => say({ result: await runChunk(chunk, place) }));
  });
  await new Promise((resolve) => process.once("disconnect", resolve));
}

await serve();
