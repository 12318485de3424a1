import { setTimeout as sleep } from "node:timers/promises";
import { type Dagster, type DagsterParams, repositoryOf, startDagster } from "./dagster.ts";

/** What Dagster took for the rows of Sheaf; seconds, ms and MB as the row has them. Null: not reached. */
export interface DagsterFigures {
  readonly coldStartMs: number;
  readonly triggerMs: number;
  readonly stepMs: number;
  readonly fanOutSeconds: number | null;
  readonly fanOutNote: string;
  readonly acceptedMs: number;
  readonly drainNote: string;
  readonly drainRunsPerSecond: number;
  readonly idleMb: number;
  readonly peakMb: number;
}

export interface MeasureParams {
  readonly bin: string;
  readonly tuning: DagsterParams["tuning"];
  /** How long a fan-out and a drain are watched before they are reckoned up. */
  readonly watchMs: number;
}

const COLD_STARTS = 3;
const TRIGGERS = 5;
const IDLE_MS = 20_000;
const POLL_MS = 100;
const RUN_LIMIT_MS = 600_000;
const FAN_RUNS = 1000;
/** A step of the default executor is a process of its own. */
const CHAIN_STEPS = { default: 5, tuned: 50 } as const;

export async function measureDagster(params: MeasureParams): Promise<DagsterFigures> {
  const chainSteps = CHAIN_STEPS[params.tuning];
  const common = { ...params, chainSteps };
  const starts: number[] = [];
  for (let index = 1; index < COLD_STARTS; index++) {
    await using dagster = await startDagster({ ...common, definitions: "definitions.py", isQueued: false });
    starts.push(dagster.startedInMs);
  }
  const single = await measureSingle(common, starts);
  const fan = await measureFanOut(common);
  const drain = await measureDrain(common);
  return {
    ...single,
    ...fan,
    ...drain,
    coldStartMs: median(starts),
    peakMb: Math.max(fan.fanPeakMb, drain.drainPeakMb),
  };
}

type Common = MeasureParams & { readonly chainSteps: number };

/** Without a queue where it is tuned: a single run starts soonest so. */
async function measureSingle(common: Common, starts: number[]) {
  await using dagster = await startDagster({ ...common, definitions: "definitions.py", isQueued: false });
  starts.push(dagster.startedInMs);
  const triggers: number[] = [];
  for (let index = 0; index < TRIGGERS; index++) triggers.push(await measureTrigger(dagster));
  const run = await ended(dagster, await launch(dagster, "chain"));
  await sleep(IDLE_MS);
  const stepMs = ((run.endTime - run.startTime) * 1000) / common.chainSteps;
  return { triggerMs: median(triggers), stepMs, idleMb: dagster.memoryMb() };
}

async function measureTrigger(dagster: Dagster): Promise<number> {
  const sentAt = Date.now();
  const run = await launch(dagster, "trigger");
  for (;;) {
    const began = await dagster.mark(run);
    if (began !== null) {
      await ended(dagster, run);
      return began - sentAt;
    }
    if (Date.now() - sentAt > RUN_LIMIT_MS) throw new Error(`run ${run} did not begin`);
    await sleep(POLL_MS);
  }
}

/** 1,000 runs of eight steps by one backfill: watched for a while, and reckoned up from what ended meanwhile. */
async function measureFanOut(common: Common) {
  await using dagster = await startDagster({ ...common, definitions: "definitions.py", isQueued: true });
  const assets = ["fan_first", ...Array.from({ length: 6 }, (_, index) => `fan_middle${index}`), "fan_last"];
  const startedAt = performance.now();
  const { id } = await backfill(dagster, assets);
  const watched = await watch(dagster, { id, until: FAN_RUNS, watchMs: common.watchMs, startedAt });
  const { runs, seconds, peakMb } = watched;
  const isDone = runs >= FAN_RUNS;
  const fanOutNote = isDone ? "measured" : `${runs} of ${FAN_RUNS} runs in ${Math.round(seconds)} s, reckoned up`;
  return { fanOutSeconds: runs === 0 ? null : (seconds / runs) * FAN_RUNS, fanOutNote, fanPeakMb: peakMb };
}

async function measureDrain(common: Common) {
  await using dagster = await startDagster({ ...common, definitions: "drain.py", isQueued: true });
  const startedAt = performance.now();
  const { id, acceptedMs } = await backfill(dagster, ["drained"]);
  const { runs, seconds, peakMb } = await watch(dagster, { id, until: 100_000, watchMs: common.watchMs, startedAt });
  return {
    acceptedMs,
    drainRunsPerSecond: runs / seconds,
    drainNote: `${runs} runs in ${Math.round(seconds)} s`,
    drainPeakMb: peakMb,
  };
}

interface WatchParams {
  readonly id: string;
  readonly until: number;
  readonly watchMs: number;
  readonly startedAt: number;
}

async function watch(dagster: Dagster, { id, until, watchMs, startedAt }: WatchParams) {
  let peakMb = 0;
  for (;;) {
    await sleep(1000);
    peakMb = Math.max(peakMb, dagster.memoryMb());
    const query = `query Count($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { count } } }`;
    const filter = { tags: [{ key: "dagster/backfill", value: id }], statuses: ["SUCCESS"] };
    const { runsOrError } = await dagster.ask<{ runsOrError: { count: number } }>(query, { filter });
    const seconds = (performance.now() - startedAt) / 1000;
    if (runsOrError.count >= until || seconds * 1000 > watchMs) return { runs: runsOrError.count, seconds, peakMb };
  }
}

async function backfill(dagster: Dagster, assets: readonly string[]): Promise<{ id: string; acceptedMs: number }> {
  const query =
    "mutation Backfill($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) " +
    "{ __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }";
  const params = { assetSelection: assets.map((name) => ({ path: [name] })), allPartitions: true };
  const sentAt = performance.now();
  const { launchPartitionBackfill: answer } = await dagster.ask<{
    launchPartitionBackfill: { __typename: string; backfillId?: string; message?: string };
  }>(query, { params });
  if (answer.backfillId === undefined) throw new Error(`no backfill: ${answer.__typename} ${answer.message ?? ""}`);
  return { id: answer.backfillId, acceptedMs: performance.now() - sentAt };
}

async function launch(dagster: Dagster, job: string): Promise<string> {
  const query =
    "mutation Launch($params: ExecutionParams!) { launchRun(executionParams: $params) " +
    "{ __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }";
  const params = { selector: { ...(await repositoryOf(dagster)), jobName: job }, runConfigData: {}, mode: "default" };
  const { launchRun } = await dagster.ask<{
    launchRun: { __typename: string; run?: { runId: string }; message?: string };
  }>(query, { params });
  if (launchRun.run === undefined) throw new Error(`no run: ${launchRun.__typename} ${launchRun.message ?? ""}`);
  return launchRun.run.runId;
}

interface EndedRun {
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number;
}

async function ended(dagster: Dagster, runId: string): Promise<EndedRun> {
  const query = "query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status startTime endTime } } }";
  const deadline = performance.now() + RUN_LIMIT_MS;
  while (performance.now() < deadline) {
    const { runOrError } = await dagster.ask<{ runOrError: EndedRun }>(query, { id: runId });
    if (runOrError.status === "SUCCESS") return runOrError;
    if (["FAILURE", "CANCELED"].includes(runOrError.status)) throw new Error(`run ${runId}: ${runOrError.status}`);
    await sleep(POLL_MS);
  }
  throw new Error(`run ${runId} did not end`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
