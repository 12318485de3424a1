import { cpSync } from "node:fs";
import path from "node:path";
import { buildCatalog, type Definition } from "../../engine/core/catalog.ts";
import type { Clerk } from "../../engine/core/ports/clerk.ts";
import type { Limit } from "../../engine/core/limits.ts";
import type { ContainerRunner } from "../../engine/core/ports/container-runner.ts";
import type { FaultPoints } from "../../engine/core/ports/fault-points.ts";
import type { RetentionPolicy } from "../../engine/core/retention.ts";
import type { WorkerPool } from "../../engine/core/ports/worker-pool.ts";
import { isTerminalRun } from "../../engine/core/states.ts";
import { openEngine } from "../../engine/runtime/engine.ts";
import type { Actor, Engine } from "../../engine/runtime/operations.ts";
import type { BackfillView, RunDetailView, StepView } from "../../engine/runtime/views.ts";
import type { Connection } from "../../engine/store/database.ts";
import { inlineWorkerPool } from "./inline-worker-pool.ts";
import { type ManualClock, manualClock, seededIds } from "./manual-clock.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const operator: Actor = { name: "tester", role: "operator" };

/** An engine on a folder of its own, in a time that only the test moves on. */
export interface EngineRig extends AsyncDisposable {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly dataDir: string;
  /** What the engine reported of itself; a test that expects a problem empties it. */
  readonly problems: unknown[];
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Moves the time on, letting everything happen at each timer that falls due. */
  advance(ms: number): Promise<void>;
  /** Settles until the run has ended. */
  ended(runId: string): Promise<RunDetailView>;
  endedBackfill(backfillId: string): Promise<BackfillView>;
  /** Triggers and waits for the end. */
  run(job: string, partition?: string): Promise<RunDetailView>;
  start(job: string, partition?: string): Promise<string>;
  step(runId: string, asset: string, partition?: string): StepView;
  /** What a kill right now would leave, taken up by another engine with (perhaps other) definitions. */
  crash(definitions?: readonly Definition[]): Promise<EngineRig>;
}

export interface EngineRigOptions {
  readonly definitions: readonly Definition[];
  readonly limits?: readonly Limit[];
  readonly resources?: ReadonlyMap<string, unknown>;
  readonly settings?: Readonly<Record<string, string | undefined>>;
  readonly workers?: WorkerPool;
  readonly clock?: ManualClock;
  readonly abortGraceMs?: number;
  readonly clerk?: Clerk;
  readonly faults?: FaultPoints;
  readonly retention?: RetentionPolicy;
  /** How the database's file is opened. */
  readonly connect?: (file: string) => Connection;
  readonly containers?: ContainerRunner;
  /** A folder that an earlier engine left. */
  readonly dataDir?: string;
}

const MAX_SETTLE_ROUNDS = 2000;
/** Turns of the event loop that the longest chain of commits and promises without time takes. */
const SETTLE_TURNS = 40;
/** Two engines of one test must not make the same ids. */
let opened = 0;

export async function engineRig(options: EngineRigOptions): Promise<EngineRig> {
  const folder = await temporaryFolder();
  const dataDir = path.join(folder.path, "data");
  if (options.dataDir !== undefined)
    cpSync(options.dataDir, dataDir, { recursive: true, filter: (file) => !file.includes("lock.db") });
  const clock = options.clock ?? manualClock();
  const problems: unknown[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < SETTLE_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const advance = async (ms: number): Promise<void> => {
    const endMs = clock.now() + ms;
    await settle();
    for (let next = clock.nextTimerAtMs(); next !== null && next <= endMs; next = clock.nextTimerAtMs()) {
      await clock.advance(Math.max(0, next - clock.now()));
      await settle();
    }
    await clock.advance(endMs - clock.now());
  };
  const engine = await openEngine({
    project: "test",
    dataDir,
    catalog: buildCatalog(
      options.definitions.map((definition) => ({ definition, location: "test" })),
      options.settings,
    ),
    resources: options.resources ?? new Map(),
    settings: options.settings ?? {},
    clock,
    scheduler: { defer: (task) => void setImmediate(task), after: (ms, task) => clock.after(ms, task) },
    ids: seededIds(`engine ${opened++}`, clock),
    workers: options.workers ?? inlineWorkerPool(),
    host: "test",
    pid: process.pid,
    limits: options.limits ?? [],
    onProblem: (problem) => problems.push(problem),
    ...(options.containers === undefined ? {} : { containers: options.containers }),
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.retention === undefined ? {} : { retention: options.retention }),
    ...(options.connect === undefined ? {} : { connect: options.connect }),
    ...(options.clerk === undefined ? {} : { clerk: options.clerk }),
    ...(options.abortGraceMs === undefined ? {} : { abortGraceMs: options.abortGraceMs }),
  });
  await engine.start();
  const start: EngineRig["start"] = async (job, partition) => {
    return (await engine.commands.triggerJob(job, { partition, actor: operator })).run;
  };
  const ended: EngineRig["ended"] = async (runId) => {
    for (let round = 0; round < MAX_SETTLE_ROUNDS; round++) {
      const run = engine.queries.run(runId);
      if (isTerminalRun(run.status)) return run;
      await settle();
    }
    throw new Error(`run ${runId} does not end: ${JSON.stringify(engine.queries.run(runId))}`);
  };
  const others: EngineRig[] = [];
  return {
    engine,
    clock,
    dataDir,
    problems,
    settle,
    advance,
    start,
    ended,
    async endedBackfill(backfillId) {
      for (let round = 0; round < MAX_SETTLE_ROUNDS; round++) {
        const backfill = engine.queries.backfill(backfillId);
        if (backfill.endedAt !== null) return backfill;
        await settle();
      }
      throw new Error(`backfill ${backfillId} does not end`);
    },
    run: async (job, partition) => ended(await start(job, partition)),
    step(runId, asset, partition) {
      const step = engine.queries
        .run(runId)
        .steps.find((one) => one.assets.includes(asset) && (partition === undefined || one.partition === partition));
      if (step === undefined) throw new Error(`run ${runId} has no step of ${asset}`);
      return step;
    },
    async crash(definitions) {
      const other = await engineRig({
        ...options,
        definitions: definitions ?? options.definitions,
        clock: manualClock(clock.now()),
        dataDir,
      });
      others.push(other);
      return other;
    },
    async [Symbol.asyncDispose]() {
      for (const other of others) await other[Symbol.asyncDispose]();
      const stopped = engine.stop({ deadlineMs: 0, reason: "the test ends" });
      let isStopped = false;
      stopped.finally(() => (isStopped = true)).catch(() => {});
      // Code that ignores its signal is given up after its grace.
      while (!isStopped) await advance(1000);
      await stopped;
      await folder[Symbol.asyncDispose]();
      if (problems.length > 0) throw new AggregateError(problems, "the engine reported problems");
    },
  };
}

/** A gate that the test opens: code under test waits at it. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}
