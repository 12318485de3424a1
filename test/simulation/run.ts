import { parseArgs } from "node:util";
import { runSeeds, type SeedsReport } from "./run-seeds.ts";
import type { SeedFailure } from "./seed-process.ts";

/** `npm run simulate -- [--seeds N] [--from K] [--processes P] [--failures F]`, or `-- --seed N` to replay one. */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    processes: { type: "string", default: "2" },
    failures: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});

const SHOWN_TRACE_LINES = 120;
const PROGRESS_SEEDS = 1000;

function show(failure: SeedFailure, lines: number): void {
  const trace = lines === 0 ? [] : failure.trace.slice(-lines);
  if (lines > 0 && trace.length < failure.trace.length)
    console.log(`… ${failure.trace.length - trace.length} lines before`);
  console.log(trace.join("\n"));
  console.log(`\nseed ${failure.seed} breaks ${failure.invariant} (see ARCHITECTURE.md): ${failure.message}`);
  console.log(`replay: npm run simulate -- --seed ${failure.seed}\n`);
}

function showSums({ seeds, failures, lives, events, attempts, tookMs }: SeedsReport): void {
  const rate = (seeds / (tookMs / 1000)).toFixed(1);
  console.log(
    `${seeds} seeds, ${failures.length} with a violation; ${lives} engines opened, ${events} events, ${attempts} attempts; ` +
      `${(tookMs / 1000).toFixed(1)} s, ${rate} seeds/s`,
  );
}

let shown = 0;
const report = await runSeeds({
  from: Number(values.seed ?? values.from),
  count: values.seed === undefined ? Number(values.seeds) : 1,
  processes: values.seed === undefined ? Number(values.processes) : 1,
  maxFailures: Number(values.failures),
  isTold: values.seed !== undefined,
  onProgress(done) {
    if (values.json || Math.floor(done / PROGRESS_SEEDS) === shown) return;
    shown = Math.floor(done / PROGRESS_SEEDS);
    console.log(`${done} seeds`);
  },
});
if (values.json) console.log(JSON.stringify(report));
else {
  for (const failure of report.failures) show(failure, values.seed === undefined ? SHOWN_TRACE_LINES : 0);
  showSums(report);
}
process.exitCode = report.failures.length > 0 ? 1 : 0;
