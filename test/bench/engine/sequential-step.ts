import type { BenchResult, BenchRow } from "../bench-row.ts";
import { benchServer } from "./bench-server.ts";
import { CHAIN_STEPS } from "./definitions.ts";
import { quantile, resultOf } from "./figures.ts";
import { checkFloor } from "./record-counts.ts";

const RUNS = 10;
const WARM_UP = 2;
const POLL_MS = 20;
const MAX_STEP_MS = 1;
const MAX_RATIO = 2.5;

interface RunAnswer {
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** A chain of steps that do nothing, each committed before the next one starts. A sample is a run's time by its steps. */
export const sequentialStep: BenchRow = {
  row: "sequential-step",
  passes: ({ value, ratio }) => (value ?? Infinity) < MAX_STEP_MS && (ratio ?? Infinity) <= MAX_RATIO,
  measure: measureChains,
};

async function measureChains(): Promise<BenchResult> {
  await using server = await benchServer();
  const runChain = async (): Promise<number> => {
    const { run } = await server.call<{ run: string }>("/api/jobs/chain/runs", { method: "POST", body: {} });
    for (;;) {
      const { status, startedAt, endedAt } = await server.call<RunAnswer>(`/api/runs/${run}`);
      if (endedAt !== null) {
        if (status !== "succeeded") throw new Error(`the chain ${status}`);
        return (Date.parse(endedAt) - Date.parse(startedAt)) / CHAIN_STEPS;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  for (let index = 0; index < WARM_UP; index++) await runChain();
  server.reset();
  const samples: number[] = [];
  for (let index = 0; index < RUNS; index++) samples.push(await runChain());
  const report = await server.report();
  const { database } = server;
  const runs = RUNS + WARM_UP;
  const inputs = Array.from({ length: CHAIN_STEPS }, (_, ordinal) => Math.min(1, ordinal));
  const floor = await server.floor({ runs, inputs, commits: runs * CHAIN_STEPS, shape: "chain" });
  checkFloor(database, floor);
  return resultOf({
    row: "sequential-step",
    unit: "ms/step",
    target: `< ${MAX_STEP_MS} ms a step, ratio <= ${MAX_RATIO}`,
    floor: quantile(
      floor.commitMs.toSorted((a, b) => a - b),
      0.5,
    ),
    samples,
    peakRssMb: report.peakRssMb,
    lagP99Ms: report.lagP99Ms,
  });
}
