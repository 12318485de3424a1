import type { PruneReport } from "../../../engine/operate.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { resultOf } from "../engine/figures.ts";
import { listServer } from "./list-server.ts";
import { madeRecord } from "./made-record.ts";

const MAX_PAUSE_MS = 20;
/** Of each job a thousand runs stay of each status. */
const RETENTION = "runs.succeeded=1000, runs.failed=1000, runs.canceled=1000, ticks.skipped=1000, logs=1d, events=1d";
/** What the engine's thread stands still for with nothing to do. */
const REST_MS = 10_000;

/**
 * The record of the lists, most of which is removed at once while the engine goes on: the longest time for which the
 * engine's thread did nothing else. Its floor is the same at rest.
 */
export const prune100k: BenchRow = {
  row: "prune-100k",
  passes: ({ value }) => (value ?? Infinity) < MAX_PAUSE_MS,
  measure: measurePrune,
};

async function measurePrune(): Promise<BenchResult> {
  await using folder = await temporaryFolder();
  await madeRecord(folder.path);
  await using server = await listServer(folder.path, { settings: { SHEAF_RETENTION: RETENTION } });
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  await server.phase();
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const rest = await server.phase();
  const startedAt = performance.now();
  const { runs, events } = await prune(server);
  const seconds = (performance.now() - startedAt) / 1000;
  const figures = await server.phase();
  return resultOf({
    row: "prune-100k",
    unit: "ms",
    target: `no pause over ${MAX_PAUSE_MS} ms`,
    value: figures.lagMaxMs,
    floor: rest.lagMaxMs,
    samples: [],
    n: runs,
    peakRssMb: figures.peakRssMb,
    lagP99Ms: figures.lagP99Ms,
    details: { "runs removed": runs, "events removed": events, seconds },
  });
}

async function prune({ url, token }: { readonly url: string; readonly token: string }): Promise<PruneReport> {
  const answer = await fetch(new URL("/api/prune", url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: "{}",
  });
  if (!answer.ok) throw new Error(`pruning answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as PruneReport;
}
