import type { BenchResult, BenchRow } from "../bench-row.ts";
import { benchServer } from "./bench-server.ts";
import { TRIGGER_LANES } from "./definitions.ts";
import { quantile, resultOf } from "./figures.ts";
import { machineNowMs } from "./probe.ts";
import { checkFloor } from "./record-counts.ts";

const TRIGGERS = 1000;
/** Not counted: the code is compiled while they run. */
const WARM_UP = 100;
const WATCHERS = 10;
const MAX_P50_MS = 5;
const MAX_P99_MS = 25;

/** 1,000 triggers over HTTP, one after the other, to the first line of the step's code, while ten websockets watch. */
export const triggerLatency: BenchRow = {
  row: "trigger-latency",
  passes: ({ median, p99 }) => (median ?? Infinity) < MAX_P50_MS && (p99 ?? Infinity) < MAX_P99_MS,
  measure: measureTriggers,
};

async function measureTriggers(): Promise<BenchResult> {
  await using server = await benchServer();
  const lanes = Array.from({ length: TRIGGER_LANES }, (_, index) => `lane-${index}`);
  await server.call("/api/partitions/lanes", { method: "POST", body: { keys: lanes } });
  for (let index = 0; index < WATCHERS; index++) await server.watch(["runs", "assets"]);
  const trigger = async (index: number): Promise<string> => {
    const body = { partition: lanes[index % lanes.length] };
    return (await server.call<{ run: string }>("/api/jobs/trigger/runs", { method: "POST", body })).run;
  };
  for (let index = 0; index < WARM_UP; index++) await trigger(index);
  server.reset();
  const sentAt = new Map<string, number>();
  for (let index = 0; index < TRIGGERS; index++) {
    const before = machineNowMs();
    sentAt.set(await trigger(index), before);
  }
  // The last one's code may not have begun when its answer was here.
  await server.call("/api/health");
  const report = await server.report();
  const samples = report.starts.flatMap(([run, at]) => {
    const sent = sentAt.get(run);
    return sent === undefined ? [] : [at - sent];
  });
  if (samples.length !== TRIGGERS) throw new Error(`${samples.length} of ${TRIGGERS} steps have begun`);
  const { database } = server;
  const runs = TRIGGERS + WARM_UP;
  const floor = await server.floor({ runs, inputs: [0], commits: 3 * runs, shape: "trigger" });
  checkFloor(database, { ...floor, counts: { ...floor.counts, asset_partitions: TRIGGER_LANES } });
  return resultOf({
    row: "trigger-latency",
    unit: "ms",
    target: `p50 < ${MAX_P50_MS} ms, p99 < ${MAX_P99_MS} ms with ${WATCHERS} watchers`,
    floor: quantile(
      floor.commitMs.toSorted((a, b) => a - b),
      0.5,
    ),
    samples,
    peakRssMb: report.peakRssMb,
    lagP99Ms: report.lagP99Ms,
  });
}
