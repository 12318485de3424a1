import type { BenchRow } from "../bench-row.ts";
import { type BenchServer, benchServer } from "./bench-server.ts";
import { FAN_ASSETS } from "./definitions.ts";
import { quantile, resultOf } from "./figures.ts";
import type { FloorResult } from "./floor-process.ts";
import type { ProbeReport } from "./probe.ts";
import { checkFloor } from "./record-counts.ts";

const POLL_MS = 100;
/** Keys in one request. */
const KEYS = 10_000;

const FAN_RUNS = 1000;
const MAX_FAN_SECONDS = 2;

/** 1,000 runs of eight steps, by one request. */
export const fanOut: BenchRow = {
  row: "fan-out-1000x8",
  passes: ({ value }) => (value ?? Infinity) < MAX_FAN_SECONDS,
  async measure() {
    const { seconds, floor, report } = await measureBackfill({
      request: { job: "fan", partitions: "all" },
      set: "fan-keys",
      runs: FAN_RUNS,
      inputs: [0, ...Array.from({ length: FAN_ASSETS - 2 }, () => 1), FAN_ASSETS - 2],
    });
    return resultOf({
      row: "fan-out-1000x8",
      unit: "s",
      target: `< ${MAX_FAN_SECONDS} s`,
      value: seconds,
      floor: floor.seconds,
      cpuRatio: report.cpuSeconds / floor.cpuSeconds,
      samples: [],
      n: FAN_RUNS * FAN_ASSETS,
      peakRssMb: report.peakRssMb,
      lagP99Ms: report.lagP99Ms,
    });
  },
};

const DRAIN_RUNS = 100_000;
const MIN_RUNS_PER_SECOND = 5000;
const MAX_RATIO = 3;
const MAX_RSS_MB = 300;
const MAX_LAG_P99_MS = 20;
const MAX_PAGE_MS = 50;

/** 100,000 runs of one step, by one request. The samples are runs per second of the single tenths of the way. */
export const drain: BenchRow = {
  row: "drain-100k",
  passes: (result) =>
    (result.value ?? 0) > MIN_RUNS_PER_SECOND &&
    (result.ratio ?? Infinity) <= MAX_RATIO &&
    (result.peakRssMb ?? Infinity) < MAX_RSS_MB &&
    (result.lagP99Ms ?? Infinity) < MAX_LAG_P99_MS &&
    (result.pageP99Ms ?? Infinity) < MAX_PAGE_MS,
  async measure() {
    const { seconds, floor, report, pageMs } = await measureBackfill({
      request: { assets: ["drained"], partitions: "all" },
      set: "drain-keys",
      runs: DRAIN_RUNS,
      inputs: [0],
    });
    const pages = pageMs.toSorted((a, b) => a - b);
    return {
      ...resultOf({
        row: "drain-100k",
        unit: "runs/s",
        target:
          `> ${MIN_RUNS_PER_SECOND} runs/s, ratio <= ${MAX_RATIO}, RSS < ${MAX_RSS_MB} MB, event loop p99 < ` +
          `${MAX_LAG_P99_MS} ms, a runs page p99 < ${MAX_PAGE_MS} ms meanwhile`,
        value: DRAIN_RUNS / seconds,
        floor: DRAIN_RUNS / floor.seconds,
        ratio: seconds / floor.seconds,
        cpuRatio: report.cpuSeconds / floor.cpuSeconds,
        samples: [],
        n: DRAIN_RUNS,
        peakRssMb: report.peakRssMb,
        lagP99Ms: report.lagP99Ms,
      }),
      pageP99Ms: Math.round((quantile(pages, 0.99) ?? 0) * 10) / 10,
    };
  },
};

interface BackfillTask {
  readonly request: unknown;
  readonly set: string;
  readonly runs: number;
  readonly inputs: readonly number[];
}

interface BackfillFigures {
  /** From before the request to the end that the record tells. */
  readonly seconds: number;
  readonly floor: FloorResult;
  readonly report: ProbeReport;
  /** How long a page of runs took meanwhile. */
  readonly pageMs: readonly number[];
}

async function measureBackfill({ request, set, runs, inputs }: BackfillTask): Promise<BackfillFigures> {
  await using server = await benchServer();
  for (let from = 0; from < runs; from += KEYS) {
    const keys = Array.from({ length: Math.min(KEYS, runs - from) }, (_, index) => keyOf(from + index));
    await server.call(`/api/partitions/${set}`, { method: "POST", body: { keys } });
  }
  server.reset();
  const commitsBefore = await server.commits();
  const sentAt = Date.now();
  const { backfill } = await server.call<{ backfill: string }>("/api/materialize", { method: "POST", body: request });
  const { endedAt, pageMs } = await untilEnded(server, backfill);
  const report = await server.report();
  const commits = (await server.commits()) - commitsBefore;
  const { database } = server;
  const floor = await server.floor({ runs, inputs, commits, shape: "backfill" });
  checkFloor(database, floor);
  return { seconds: (Date.parse(endedAt) - sentAt) / 1000, floor, report, pageMs };
}

function keyOf(index: number): string {
  return `key-${String(index).padStart(6, "0")}`;
}

interface BackfillAnswer {
  readonly status: string;
  readonly total: number;
  readonly succeeded: number;
  readonly endedAt: string | null;
}

async function untilEnded(server: BenchServer, id: string): Promise<{ endedAt: string; pageMs: readonly number[] }> {
  const pageMs: number[] = [];
  for (;;) {
    const before = performance.now();
    await server.call("/api/runs?limit=50");
    pageMs.push(performance.now() - before);
    const { status, endedAt, total, succeeded } = await server.call<BackfillAnswer>(`/api/backfills/${id}`);
    if (endedAt !== null) {
      if (status !== "succeeded" || succeeded !== total) throw new Error(`${succeeded} of ${total} runs succeeded`);
      return { endedAt, pageMs };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
