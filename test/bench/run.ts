import type { BenchResult, BenchRow } from "./bench-row.ts";
import { drain, fanOut } from "./engine/backfill-rows.ts";
import { sequentialStep } from "./engine/sequential-step.ts";
import { triggerLatency } from "./engine/trigger-latency.ts";
import { coldStart, idleMemory } from "./engine/whole-process.ts";
import { harvest20000 } from "./harvest/harvest-row.ts";
import { listApi } from "./list-api/list-api-row.ts";
import { harvestServer20000 } from "./harvest/server-row.ts";

/**
 * `npm run bench -- [--json] [ROW…]`: measures the rows, one after the other, each in processes of its own. Ends with 1
 * where a row misses its target.
 */
const rows: readonly BenchRow[] = [
  coldStart,
  triggerLatency,
  sequentialStep,
  fanOut,
  drain,
  idleMemory,
  listApi,
  harvest20000,
  harvestServer20000,
];

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith("--"));
const unknown = wanted.filter((name) => !rows.some(({ row }) => row === name));
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(", ")}; there are ${rows.map(({ row }) => row).join(", ")}`);
  process.exit(2);
}
const results: BenchResult[] = [];
for (const row of rows) {
  if (wanted.length > 0 && !wanted.includes(row.row)) continue;
  const result = await row.measure();
  results.push(result);
  const verdict = row.passes(result) ? "reaches" : "MISSES";
  console.error(`${result.row}: ${result.value} ${result.unit}, ${verdict} its target (${result.target})`);
  if (!row.passes(result)) process.exitCode = 1;
}
if (args.includes("--json")) console.log(JSON.stringify(results, null, 2));
else console.table(Object.fromEntries(results.map(({ row, ...figures }) => [row, figures])));
