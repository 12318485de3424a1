import { partitionOf } from "../../engine/core/partitions.ts";
import { MAX_INTERRUPTIONS } from "../../engine/runtime/recovery.ts";
import { ALL_RUNS, type LimitName, type LimitsModel, poolLimit } from "./limits-model.ts";
import type { ProgramDraft } from "./program.ts";
import { namesOf, type ShownRecord, type ShownRun, type ShownStep } from "./shown-record.ts";
import type { SimulatedCode } from "./step-code.ts";
import type { World } from "./world.ts";

export interface WaitingParams {
  readonly world: World;
  readonly record: ShownRecord;
  readonly draft: ProgramDraft;
  readonly limits: LimitsModel;
  readonly code: SimulatedCode;
}

/** What code that asks for another attempt gets where it has no policy. */
const REQUESTED_ATTEMPTS = 2;
const LIVE = "r.status IN ('starting', 'running', 'canceling')";

/** What limits look at in a run, derived from the record alone. */
interface Limited {
  readonly run: ShownRun;
  readonly facts: Readonly<Record<string, string>>;
}

/**
 * Finds whoever waits without a reason. To be asked when nothing is deferred: then all that can go on without time has
 * gone on.
 */
export class Waiting {
  readonly #params: WaitingParams;
  readonly #pools: ReadonlyMap<string, string>;

  constructor(params: WaitingParams) {
    this.#params = params;
    this.#pools = new Map(
      params.draft.steps.flatMap(({ assets, pool, checks }) => [
        ...(pool === null ? [] : assets.map((asset) => [asset, pool] as const)),
        ...checks.flatMap((check) => (check.pool === null ? [] : [[check.key, check.pool] as const])),
      ]),
    );
  }

  check(): void {
    if (this.#params.limits.isSettled) this.#checkQueue();
    for (const run of this.#params.record.runs(LIVE)) this.#checkSteps(run);
    this.#checkBackfills();
  }

  /** A run has begun: no limit may be exceeded by it. */
  checkBegun(runId: number): void {
    const live = this.#limited(LIVE);
    const { limits, world } = this.#params;
    const most = limits.most(ALL_RUNS);
    world.hold("S13", live.length <= most, () => `${live.length} runs run; at most ${most} may`);
    const begun = live.find(({ run }) => run.id === runId);
    if (begun === undefined) return;
    const others = live.filter((one) => one !== begun);
    const over = this.#blockingTag(begun, others);
    world.hold("S13", over === null, () => `run ${runId} has begun beside ${others.length} others, over ${over}`);
  }

  /** A step has started: its pool may not be overfull. */
  checkStarted(runId: number, ordinal: number): void {
    const { record, limits, world } = this.#params;
    const [run] = record.runs("r.id = ?", runId);
    if (run === undefined) return;
    const running = this.#runningSteps(run);
    const concurrency = record.plan(run.plan_id).policy?.concurrency ?? Infinity;
    world.hold("S13", running <= concurrency, () => `${running} steps of run ${runId} run; at most ${concurrency} may`);
    this.#checkAttempts(run, ordinal);
    this.#checkBefore(run, ordinal);
    const pool = this.#poolOf(run, ordinal);
    if (pool === null) return;
    const taken = this.#taken(pool);
    const most = limits.most(poolLimit(pool));
    world.hold("S13", taken <= most, () => `${taken} slots of ${pool} are taken; at most ${most} may`);
    const own = record.rows("SELECT 1 FROM slots WHERE pool = ? AND run_id = ? AND ordinal = ?", pool, runId, ordinal);
    const step = record.steps(runId).find((one) => one.ordinal === ordinal);
    const holds = own.length === 1 || step?.status !== "running";
    world.hold("S9", holds, () => `step ${ordinal} of run ${runId} runs without its slot of ${pool}`);
  }

  /** Blocking checks are among what a step needs, and fail where they did not pass. */
  #checkBefore(run: ShownRun, ordinal: number): void {
    const { record, world } = this.#params;
    const { steps } = record.plan(run.plan_id);
    const rows = new Map(record.steps(run.id).map((step) => [step.ordinal, step]));
    const { after = [], afterEnd = [] } = steps[ordinal] ?? {};
    for (const needed of after) {
      const { status = "pending", attempt = 0 } = rows.get(needed) ?? {};
      // A check that has nothing to judge, and says so, stands in nobody's way.
      const isPassed = steps[needed]?.check !== undefined && status === "skipped" && attempt > 0;
      const isGood = status === "succeeded" || isPassed;
      world.hold("S18", isGood, () => `step ${ordinal} of run ${run.id} starts, but ${needed} before it is ${status}`);
    }
    for (const before of afterEnd) {
      const status = rows.get(before)?.status ?? "pending";
      const hasEnded = !["pending", "waiting", "running"].includes(status);
      world.hold(
        "S18",
        hasEnded,
        () => `step ${ordinal} of run ${run.id} starts, but ${before} before it is ${status}`,
      );
    }
  }

  /** Only interruptions do not count. */
  #checkAttempts(run: ShownRun, ordinal: number): void {
    const { record, world, draft } = this.#params;
    const step = record.steps(run.id).find((one) => one.ordinal === ordinal);
    const [asset = ""] = this.#namesOf(run, ordinal);
    const attempts = draft.steps.find(({ assets }) => assets.includes(asset))?.retry?.attempts ?? REQUESTED_ATTEMPTS;
    const counted = (step?.attempt ?? 0) - (step?.interruptions ?? 0);
    world.hold("S17", counted <= attempts, () => `step ${ordinal} of run ${run.id} is tried for the ${counted}th time`);
    const interruptions = step?.interruptions ?? 0;
    const isBounded = interruptions <= MAX_INTERRUPTIONS;
    world.hold("S17", isBounded, () => `step ${ordinal} of run ${run.id} runs after ${interruptions} interruptions`);
  }

  #checkQueue(): void {
    const { limits, world } = this.#params;
    const queued = this.#limited("r.status = 'queued'");
    if (queued.length === 0) return;
    const live = this.#limited(LIVE);
    if (live.length >= limits.most(ALL_RUNS)) return;
    for (const one of queued) {
      if (this.#blockingTag(one, live) === null)
        world.violate("S11", `run ${one.run.id} is queued, but no limit blocks it`);
    }
  }

  #limited(where: string): readonly Limited[] {
    return this.#params.record.runs(where).map((run) => ({ run, facts: this.#factsOf(run) }));
  }

  #factsOf(run: ShownRun): Readonly<Record<string, string>> {
    const set = this.#params.draft.sets.find((one) => one.name === run.set_name);
    const parts = set === undefined || run.partition === null ? {} : partitionOf(set, run.partition).parts;
    return { ...parts, ...(JSON.parse(run.tags) as Record<string, string>) };
  }

  #blockingTag(one: Limited, others: readonly Limited[]): string | null {
    for (const limit of this.#params.limits.tagLimits()) {
      const value = one.facts[limit.key];
      if (value === undefined || (limit.kind === "tag" && value !== limit.value)) continue;
      const holders = others.filter(({ facts }) => facts[limit.key] === value).length;
      if (holders >= this.#params.limits.most(limit)) return describeLimit(limit);
    }
    return null;
  }

  #poolOf(run: ShownRun, ordinal: number): string | null {
    return this.#pools.get(this.#namesOf(run, ordinal)[0] ?? "") ?? null;
  }

  #namesOf(run: ShownRun, ordinal: number): readonly string[] {
    return namesOf(this.#params.record.plan(run.plan_id).steps[ordinal]);
  }

  #taken(pool: string): number {
    return this.#params.record.rows("SELECT 1 FROM slots WHERE pool = ?", pool).length;
  }

  #checkSteps(run: ShownRun): void {
    const { record, world } = this.#params;
    const rows = new Map(record.steps(run.id).map((step) => [step.ordinal, step]));
    const hasEnded = (ordinal: number): boolean => {
      const status = rows.get(ordinal)?.status ?? "pending";
      return !["pending", "waiting", "running"].includes(status);
    };
    for (const [ordinal, planned] of record.plan(run.plan_id).steps.entries()) {
      const step = rows.get(ordinal);
      if (step?.status === "waiting") this.#checkWaiting(run, step);
      if (step !== undefined && step.status !== "pending") continue;
      const isReady = [...planned.after, ...planned.afterEnd].every(hasEnded);
      world.hold("S11", !isReady, () => `step ${ordinal} of run ${run.id} is pending, but all before it has ended`);
    }
  }

  /** A step waits for its next attempt, for a slot, or for whoever makes its partition. */
  #checkWaiting(run: ShownRun, step: ShownStep): void {
    const { limits, world, record } = this.#params;
    if (step.retry_at_ms !== null || this.#isFull(run)) return;
    const pool = this.#poolOf(run, step.ordinal);
    if (pool !== null && (!limits.isSettled || this.#taken(pool) >= limits.most(poolLimit(pool)))) return;
    const assets = this.#namesOf(run, step.ordinal);
    const makers = record.rows<{ key: string }>(
      "SELECT a.key FROM asset_partitions p JOIN assets a ON a.id = p.asset_id " +
        "WHERE p.partition_id = ? AND p.live_run_id IS NOT NULL AND p.live_run_id <> ?",
      step.partition_id,
      run.id,
    );
    if (makers.some(({ key }) => assets.includes(key))) return;
    if (
      [...this.#params.code.running].some((code) => assets.includes(code.asset) && this.#params.code.isAbandoned(code))
    )
      return;
    world.violate("S11", `step ${step.ordinal} of run ${run.id} waits for nothing: ${step.reason}`);
  }

  /** Whether a run has as many steps running as its job lets it. */
  #isFull(run: ShownRun): boolean {
    const { concurrency = null } = this.#params.record.plan(run.plan_id).policy ?? {};
    return concurrency !== null && this.#runningSteps(run) >= concurrency;
  }

  #runningSteps(run: ShownRun): number {
    return this.#params.record.steps(run.id).filter((step) => step.status === "running").length;
  }

  /** A backfill goes on as long as it has members to launch and nothing of it is under way. */
  #checkBackfills(): void {
    const idle = this.#params.record.rows<{ id: number; status: string }>(
      "SELECT id, status FROM backfills WHERE status IN ('queued', 'running', 'canceling') " +
        "AND launched - succeeded - failed - canceled = 0",
    );
    for (const { id, status } of idle)
      this.#params.world.violate("S11", `backfill ${id} is ${status}, but nothing of it is under way`);
  }
}

function describeLimit({ kind, key, value }: LimitName): string {
  return `${kind} ${key}${value === "" ? "" : `=${value}`}`;
}
