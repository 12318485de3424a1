import { buildCatalog } from "../../../engine/core/catalog.ts";
import type { Clock, Scheduler } from "../../../engine/core/ports/time.ts";
import { declareDefinitions } from "../../../engine/runtime/declare.ts";
import { openStore, type Store } from "../../../engine/store/store.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun, materialize } from "../../rigs/made-runs.ts";
import { seededIds } from "../../rigs/manual-clock.ts";
import { type SeededRandom, seededRandom } from "../../rigs/seeded-random.ts";
import * as definitions from "./definitions.ts";
import { FAILURE, makeRun, type MadeAssets, type RunKind } from "./make-runs.ts";

/**
 * `node make-record.ts FOLDER [SHARE]`: the record of a deployment that ran for months. SHARE makes a smaller one, or, as
 * `console`, the one that the console is measured with.
 */
export interface RecordSize {
  readonly runs: number;
  readonly sources: number;
  readonly tenants: number;
  /** Of the product of both. */
  readonly pairs: number;
  readonly backfills: number;
  readonly ticks: number;
  readonly auditEntries: number;
  readonly queuedRuns: number;
  readonly stepsOfLargestRun: number;
  /** How many of the pairs were loaded by one run before all others; a twentieth of them failed. */
  readonly loadedPairs: number;
}

/** 100,000 runs and partitions; together with the ticks' they have over a million events. */
export const fullSize: RecordSize = {
  runs: 100_000,
  sources: 2000,
  tenants: 50,
  pairs: 100_000,
  backfills: 2000,
  ticks: 60_000,
  auditEntries: 100_000,
  queuedRuns: 500,
  stepsOfLargestRun: 10_000,
  loadedPairs: 0,
};

/** For the console: a matrix of 2,000 × 200, nearly full, beside the runs; little of the rest. */
export const consoleSize: RecordSize = {
  ...fullSize,
  tenants: 200,
  pairs: 400_000,
  backfills: 100,
  ticks: 1000,
  auditEntries: 1000,
  queuedRuns: 0,
  stepsOfLargestRun: 1000,
  loadedPairs: 360_000,
};

export function sizeOf(share: number): RecordSize {
  const part = (count: number): number => Math.max(1, Math.round(count * share));
  return {
    ...fullSize,
    runs: part(fullSize.runs),
    sources: part(fullSize.sources),
    pairs: part(fullSize.pairs),
    backfills: part(fullSize.backfills),
    ticks: part(fullSize.ticks),
    auditEntries: part(fullSize.auditEntries),
  };
}

export interface MadeCounts {
  readonly events: number;
  readonly runs: number;
  readonly partitions: number;
}

const STARTED_AT_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 3_600_000;
const DAYS = 120;
const BATCH_ROWS = 1000;
const SEED = 20_260_101;
const TENANT_NAMES = ["eco", "oih", "geocodes", "iow", "nsdf"];
const HELD_RUNS = 10;

/** A clock that the maker sets; the writer's budget never ends, so that a flush writes all that waits. */
interface MakersClock extends Clock {
  nowMs: number;
}

export async function makeRecord(directory: string, size: RecordSize): Promise<MadeCounts> {
  const clock: MakersClock = {
    nowMs: STARTED_AT_MS,
    now: () => clock.nowMs,
    monotonic: () => 0,
    sleep: () => Promise.reject(new Error("nothing sleeps here")),
  };
  const scheduler: Scheduler = { defer: (task) => void setImmediate(task), after: () => () => {} };
  const ids = seededIds(SEED, clock);
  const fail = (error: unknown): void => {
    throw error;
  };
  const store = await openStore({
    directory,
    host: "bench",
    pid: process.pid,
    clock,
    scheduler,
    ids,
    onFatal: fail,
    onListenerError: fail,
  });
  const maker: Maker = { store, clock, size, random: seededRandom(SEED), uuid: () => ids.uuid() };
  try {
    const made = await declare(maker);
    await makeLoaded(maker, made);
    const backfills = await makeBackfills(maker, made);
    await makeHistory(maker, { made, backfills });
    await makeAudit(maker);
    await makeLargestRun(maker, made);
    await makeWaitingRuns(maker, made);
    return {
      events: store.tables.events.newestSeq(),
      runs: size.runs + 1 + HELD_RUNS + size.queuedRuns,
      partitions: store.tables.partitions.set(definitions.pairs.name)?.active ?? 0,
    };
  } finally {
    await store.close();
  }
}

interface Maker {
  readonly store: Store;
  readonly clock: MakersClock;
  readonly size: RecordSize;
  readonly random: SeededRandom;
  readonly uuid: () => string;
}

/** Writes `count` things, many in a transaction; `atMs` says when each happened. */
async function writeMany(
  { store, clock }: Maker,
  params: {
    readonly count: number;
    readonly atMs?: (index: number) => number;
    readonly make: (tx: Transaction, index: number) => void;
  },
): Promise<void> {
  for (let from = 0; from < params.count; from += BATCH_ROWS) {
    const written: Promise<void>[] = [];
    for (let index = from; index < Math.min(params.count, from + BATCH_ROWS); index++) {
      written.push(
        store.writer.write((tx) => {
          if (params.atMs !== undefined) clock.nowMs = params.atMs(index);
          params.make({ ...tx, nowMs: clock.nowMs }, index);
        }),
      );
    }
    store.writer.flush();
    await Promise.all(written);
  }
}

async function declare(maker: Maker): Promise<MadeAssets> {
  const { store, size, random } = maker;
  const catalog = buildCatalog(
    Object.values(definitions).map((definition) => ({ definition, location: "definitions.ts" })),
  );
  await writeMany(maker, { count: 1, make: (tx) => declareDefinitions(tx, catalog) });
  const tenants = Array.from({ length: size.tenants }, (_, at) => TENANT_NAMES[at] ?? `tenant-${at}`);
  const sources = Array.from({ length: size.sources }, (_, at) => `facility${random.below(90)}-${at}`);
  const add = async (set: Parameters<Transaction["partitions"]["add"]>[0]["set"], keys: readonly string[]) => {
    await writeMany(maker, {
      count: Math.ceil(keys.length / BATCH_ROWS),
      make: (tx, at) => {
        const part = keys.slice(at * BATCH_ROWS, (at + 1) * BATCH_ROWS);
        tx.partitions.add({ set, keys: part, nowMs: tx.nowMs, reason: "in the configuration" });
        const data = { set: set.name, added: part.length, retired: 0, keys: part.slice(0, 10), reason: "added" };
        tx.emit({ type: "partitions.changed", data });
      },
    });
  };
  await add(definitions.tenants, tenants);
  await add(definitions.sources, sources);
  const keys = tenants.flatMap((tenant) => sources.map((source) => `${source}|${tenant}`)).slice(0, size.pairs);
  await add(definitions.pairs, keys);
  // Some sources are gone.
  const gone = keys.filter((_, at) => at % 100 === 99);
  await writeMany(maker, {
    count: 1,
    make: (tx) =>
      void tx.partitions.retire({ set: definitions.pairs, keys: gone, nowMs: tx.nowMs, reason: "left the file" }),
  });
  const idsOf = (set: string): readonly number[] => store.tables.partitions.activeIds(set);
  return {
    sources: idsOf(definitions.sources.name),
    tenants: idsOf(definitions.tenants.name),
    pairs: idsOf(definitions.pairs.name),
    keyOf: (id) => store.tables.partitions.byId(id)?.key ?? "",
  };
}

/** What a run of long ago made of the pairs. */
async function makeLoaded(maker: Maker, made: MadeAssets): Promise<void> {
  const { size, uuid } = maker;
  const asset = "load/upload";
  const runUid = uuid();
  let runId = 0;
  await writeMany(maker, {
    count: Math.min(size.loadedPairs, made.pairs.length),
    make(tx, index) {
      if (index === 0) {
        runId = insertRun(tx, { uid: runUid, plan: chainPlan([asset]) });
        tx.runs.start(runId, tx.nowMs);
        tx.runs.end({ id: runId, status: "succeeded", nowMs: tx.nowMs, error: null });
      }
      const partitionId = made.pairs[index] ?? 0;
      const assetId = tx.materializations.assetId(asset);
      const of = { assetId, partitionId, runId, runUid, ordinal: 0, nowMs: tx.nowMs };
      if (index % 20 === 7) tx.materializations.setFailed({ ...of, seq: 1, failure: FAILURE });
      else materialize(tx, { asset, partitionId, runId, runUid, dataVersion: `v${index}`, value: "1" });
    },
  });
}

/** Ended ones; five of them took all pairs. */
async function makeBackfills(maker: Maker, made: MadeAssets): Promise<readonly number[]> {
  const { size, random, uuid } = maker;
  const backfills: number[] = [];
  await writeMany(maker, {
    count: size.backfills,
    make(tx, index) {
      const isLarge = index % Math.ceil(size.backfills / 5) === 0;
      const start = random.below(Math.max(1, made.pairs.length - 200));
      const partitionIds = isLarge ? made.pairs : made.pairs.slice(start, start + 200);
      const id = tx.backfills.insert({
        uid: uuid(),
        job: "load",
        request: { job: "load", partitions: isLarge ? "all" : "missing" },
        tagSetId: tx.interned.tagSetId({ ingest: "graph" }),
        priority: 0,
        originKind: "operator",
        originName: "admin",
        reason: "asked for by admin",
        nowMs: tx.nowMs,
        waves: [
          {
            assets: ["load/upload", "load/upload_summary"],
            setId: tx.partitions.setId("tenant_sources"),
            partitionIds,
          },
        ],
      });
      backfills.push(id);
      tx.backfills.start(id, tx.nowMs);
      tx.backfills.addLaunched(id, partitionIds.length);
      const status = index % 20 === 7 ? "failed" : index % 30 === 9 ? "canceled" : "succeeded";
      if (status === "canceled") tx.backfills.cancel(id, { reason: "canceled by admin", nowMs: tx.nowMs });
      tx.backfills.end({ id, status, nowMs: tx.nowMs, error: null });
      tx.emit({ type: "backfill.changed", data: { backfillId: id, status } });
    },
  });
  return backfills;
}

const KINDS: readonly RunKind[] = [
  "load",
  "load",
  "load",
  "harvest",
  "load",
  "load",
  "load",
  "harvest",
  "load",
  "report",
];

/** Runs of all kinds with what they made, and a sensor's ticks between them. */
async function makeHistory(
  maker: Maker,
  { made, backfills }: { readonly made: MadeAssets; readonly backfills: readonly number[] },
): Promise<void> {
  const { size, random, uuid } = maker;
  const stepMs = (DAYS * DAY_MS) / size.runs;
  const ticksPerRun = size.ticks / size.runs;
  let ticks = 0;
  await writeMany(maker, {
    count: size.runs,
    atMs: (index) => Math.round(STARTED_AT_MS + index * stepMs),
    make(tx, index) {
      const kind = KINDS[index % KINDS.length] ?? "load";
      const isOfBackfill = kind === "load" && random.below(2) === 0;
      const backfillId = isOfBackfill ? (backfills[Math.floor((index / size.runs) * backfills.length)] ?? null) : null;
      makeRun(tx, { kind, index, made, random, uid: uuid(), backfillId });
      for (; ticks < (index + 1) * ticksPerRun; ticks++) makeTick(tx, { index: ticks, uid: uuid() });
    },
  });
}

function makeTick(tx: Transaction, { index, uid }: { readonly index: number; readonly uid: string }): void {
  const automation = ["config_changes", "config_changes", "new_releases", "weekly_harvest"][index % 4] ?? "";
  const tickId = tx.automations.startTick({ automation, scheduledAtMs: null, nowMs: tx.nowMs });
  tx.emit({ type: "tick.started", data: { automation, tickId } });
  const hasRuns = index % 10 === 0;
  const isFailed = index % 50 === 3;
  const status = isFailed ? "failed" : hasRuns ? "succeeded" : "skipped";
  const reason = hasRuns ? "the configuration changed" : "nothing changed";
  const requests = Array.from({ length: hasRuns ? 5 : 0 }, (_, at) => ({
    outcome: at === 4 ? ("blocked" as const) : ("run" as const),
    uid,
    runKey: `${index}/${at}`,
    reason: "the source's sitemap changed",
  }));
  tx.automations.endTick({
    id: tickId,
    automation,
    status,
    nowMs: tx.nowMs,
    reason,
    error: isFailed ? { code: "object_store", message: "the object store did not answer within 30 s" } : null,
    cursor: `etag-${index}`,
    eventsSeq: undefined,
    dueAfterMs: undefined,
    changes: null,
    log: [{ level: "info", message: "looked at 12 files", atMs: tx.nowMs }],
    requests,
  });
  tx.emit({ type: "tick.ended", data: { automation, tickId, status, reason } });
}

async function makeAudit(maker: Maker): Promise<void> {
  const actions = ["materialize", "cancel run", "set limit", "create token", "login"];
  await writeMany(maker, {
    count: maker.size.auditEntries,
    make: (tx, index) =>
      tx.access.audit(
        {
          actor: `person-${index % 12}`,
          role: "operator",
          action: actions[index % actions.length] ?? "",
          target: `/api/runs/${index}`,
          outcome: "ok",
          details: { priority: index % 3, partitions: "all" },
        },
        tx.nowMs,
      ),
  });
}

/** One run of as many steps as a run may have, with their events and a long log. */
async function makeLargestRun(maker: Maker, made: MadeAssets): Promise<void> {
  const { random, uuid, size } = maker;
  const steps = Math.min(size.stepsOfLargestRun, made.pairs.length);
  await writeMany(maker, {
    count: 1,
    make: (tx) => void makeRun(tx, { kind: "large", steps, index: 1, made, random, uid: uuid(), backfillId: null }),
  });
}

/** Some that go on as long as the server, and those that wait for their places. */
async function makeWaitingRuns(maker: Maker, made: MadeAssets): Promise<void> {
  const { random, uuid, size } = maker;
  await writeMany(maker, {
    count: HELD_RUNS + size.queuedRuns,
    make(tx, index) {
      const kind = index < HELD_RUNS ? "hold" : "waiting";
      makeRun(tx, { kind, index, made, random, uid: uuid(), backfillId: null });
    },
  });
  await writeMany(maker, {
    count: 1,
    make: (tx) => tx.limits.put({ kind: "runs", key: "", value: "", maximum: HELD_RUNS }),
  });
}

if (import.meta.main) {
  const [directory = "", share = "1"] = process.argv.slice(2);
  const startedAt = performance.now();
  const counts = await makeRecord(directory, share === "console" ? consoleSize : sizeOf(Number(share)));
  console.error(`${JSON.stringify(counts)} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
}
