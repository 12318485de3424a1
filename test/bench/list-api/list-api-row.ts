import { join } from "node:path";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { quantile, resultOf } from "../engine/figures.ts";
import { measureFloors } from "./floors.ts";
import { madeRecord } from "./made-record.ts";
import { measureLists, printFigures } from "./measure.ts";

const MAX_P99_MS = 50;

/**
 * Every list and page query of the API over HTTP, on a record of 1,000,000 events, 100,000 runs and 100,000 partitions.
 * Its value is the 99th percentile of the query that has the worst; each query's figures go to stderr.
 */
export const listApi: BenchRow = {
  row: "list-api",
  passes: ({ value }) => (value ?? Infinity) < MAX_P99_MS,
  measure: measureListApi,
};

async function measureListApi(): Promise<BenchResult> {
  await using folder = await temporaryFolder();
  await madeRecord(folder.path);
  const figures = await measureLists(folder.path);
  printFigures(figures);
  const floors = measureFloors(join(folder.path, "sheaf.db"));
  const p99 = (ms: readonly number[]): number => quantile(ms, 0.99) ?? 0;
  const [worst] = figures.questions.toSorted((a, b) => p99(b.ms) - p99(a.ms));
  const worstFloor = worst?.floor ?? null;
  return resultOf({
    row: "list-api",
    unit: "ms",
    target: `p99 of each of ${figures.questions.length} queries < ${MAX_P99_MS} ms`,
    value: p99(worst?.ms ?? []),
    floor: worstFloor === null ? null : (floors.get(worstFloor) ?? null),
    samples: figures.questions.flatMap(({ ms }) => ms),
    peakRssMb: figures.peakRssMb,
  });
}
