import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { measuredServer } from "./measured-server.ts";
import { pageSource } from "./page-source.ts";

const PAGES = 20_000;
const MAX_RSS_MB = 400;
const MAX_LAG_P99_MS = 50;

/** Each ends when its assets are materialized; the reports about the bucket begin beside the release. */
const phases = [
  { name: "summon", assets: ["ingest/gleanerio_run"] },
  { name: "release", assets: ["ingest/release_nabu_run"] },
  {
    name: "summary and reports",
    assets: [
      "ingest/release_summarize",
      "ingest/load_report_s3",
      "ingest/identifier_stats",
      "ingest/bucket_urls",
      "ingest/graph_stats_report",
    ],
  },
];

/**
 * The same source through a whole server with a page open: from its configuration to its reports. There is no floor;
 * memory and the event loop's delay are what it is about.
 */
export const harvestServer20000: BenchRow = {
  row: "harvest-server-20000",
  passes: ({ peakRssMb, lagP99Ms }) => (peakRssMb ?? Infinity) < MAX_RSS_MB && (lagP99Ms ?? Infinity) < MAX_LAG_P99_MS,
  measure: () => measureServer(PAGES),
};

export async function measureServer(pages: number): Promise<BenchResult> {
  await using folder = await temporaryFolder();
  await using source = await pageSource(pages);
  await using server = await measuredServer(folder.path, source.origin);
  const startedAt = performance.now();
  let phaseAt = startedAt;
  let peakRssMb = 0;
  let lagP99Ms = 0;
  for (const { name, assets } of phases) {
    const figures = await server.until(assets);
    const seconds = (performance.now() - phaseAt) / 1000;
    phaseAt = performance.now();
    console.error(`  ${name}: ${seconds.toFixed(1)} s, RSS ${figures.peakRssMb} MB, lag p99 ${figures.lagP99Ms} ms`);
    peakRssMb = Math.max(peakRssMb, figures.peakRssMb);
    lagP99Ms = Math.max(lagP99Ms, figures.lagP99Ms);
  }
  return {
    row: "harvest-server-20000",
    value: Math.round((pages / (performance.now() - startedAt)) * 1000),
    unit: "pages/s",
    floor: null,
    ratio: null,
    target: `RSS < ${MAX_RSS_MB} MB, event loop p99 < ${MAX_LAG_P99_MS} ms, in each phase`,
    n: pages,
    min: null,
    median: null,
    p95: null,
    p99: null,
    max: null,
    peakRssMb,
    lagP99Ms,
  };
}
