import type { BenchResult, BenchRow } from "../bench-row.ts";
import { measureProcess } from "./bench-process.ts";
import { pageSource } from "./page-source.ts";

const PAGES = 20_000;
const MAX_RSS_MB = 400;
const MAX_LAG_P99_MS = 50;
const MAX_RATIO = 2;

/**
 * A source of 20,000 pages on loopback, summoned and released; the floor is a bare loop in the same process layout that
 * keeps as much as durably.
 */
export const harvest20000: BenchRow = {
  row: "harvest-20000",
  passes: ({ ratio, peakRssMb, lagP99Ms }) =>
    (ratio ?? Infinity) <= MAX_RATIO && (peakRssMb ?? Infinity) < MAX_RSS_MB && (lagP99Ms ?? Infinity) < MAX_LAG_P99_MS,
  measure: () => measureHarvest(PAGES),
};

export async function measureHarvest(pages: number): Promise<BenchResult> {
  await using source = await pageSource(pages);
  const { origin } = source;
  const bare = await measureProcess(new URL("floor.ts", import.meta.url), [origin]);
  const own = await measureProcess(new URL("subject.ts", import.meta.url), [origin]);
  if (own.pages !== pages || bare.pages !== pages) throw new Error(`not all pages: ${own.pages}, bare ${bare.pages}`);
  const value = own.pages / own.seconds;
  const floor = bare.pages / bare.seconds;
  return {
    row: "harvest-20000",
    value: Math.round(value),
    unit: "pages/s",
    floor: Math.round(floor),
    ratio: Math.round((floor / value) * 100) / 100,
    target: `ratio to a loop with the same durable writes <= ${MAX_RATIO}, RSS < ${MAX_RSS_MB} MB, event loop p99 < ${MAX_LAG_P99_MS} ms`,
    n: own.pages,
    min: null,
    median: null,
    p95: null,
    p99: null,
    max: null,
    peakRssMb: own.peakRssMb,
    lagP99Ms: own.lagP99Ms,
  };
}
