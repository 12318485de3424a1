import type { Catalog } from "../core/catalog.ts";
import type { Failure } from "../core/events.ts";
import { failureOf } from "../core/failure.ts";
import type { Json } from "../core/json.ts";
import type { PartitionSet } from "../core/partitions.ts";
import { haveOnePlan, planRun, type RunPlan } from "../core/plan.ts";
import type { FaultPoints } from "../core/ports/fault-points.ts";
import type { Scheduler } from "../core/ports/time.ts";
import { type Targets, targetsOfKeys } from "../core/targets.ts";
import { isTerminalBackfill } from "../core/states.ts";
import type { Store } from "../store/store.ts";
import type { BackfillRow, Members } from "../store/tables/backfills.ts";
import type { Transaction } from "../store/writer.ts";
import type { Executor } from "./executor.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";
import { anchorOf, type RunMaker, type RunOrigin, stepReason } from "./run-maker.ts";

/**
 * Launches the runs of backfills in a bounded window, wave after wave, cancels those of a canceled one, and ends a
 * backfill with its last run.
 */
export interface BackfillLoop {
  /** Asks for a round soon. Cheap; many asks make one round. */
  wake(): void;
  stop(): void;
}

export interface BackfillLoopParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly scheduler: Scheduler;
  readonly faults: FaultPoints;
  readonly maker: RunMaker;
  readonly executor: Executor;
  readonly onInternalError: (error: unknown) => void;
}

/** Runs of one backfill that are queued or running at the same time. */
export const BACKFILL_WINDOW_RUNS = 1000;
/** Runs made or canceled in one transaction, so that a flush stays short. */
const LAUNCH_RUNS = 100;

export function openBackfillLoop(params: BackfillLoopParams): BackfillLoop {
  const { store, catalog, scheduler, maker, executor } = params;
  /** Canceled backfills none of whose runs is left to cancel; they wait for the last of them to end. */
  const quiet = new Set<number>();
  let planned = false;
  let stopped = false;

  /** One bounded piece of work: how many runs it launched or canceled. */
  const advance = (tx: Transaction, backfill: BackfillRow): number => {
    if (backfill.status === "paused" || isTerminalBackfill(backfill.status)) return 0;
    if (backfill.status === "queued" && tx.backfills.start(backfill.id, tx.nowMs)) {
      tx.emit({ type: "backfill.changed", data: { backfillId: backfill.id, status: "running" } });
    }
    const ended = backfill.succeeded + backfill.failed + backfill.canceled;
    const outstanding = backfill.launched - ended;
    if (backfill.status === "canceling") {
      if (outstanding === 0) end(tx, backfill, { status: "canceled" });
      return cancelRuns(tx, backfill);
    }
    if (ended >= backfill.total) {
      end(tx, backfill, endOf(backfill));
      return 0;
    }
    const limit = Math.min(LAUNCH_RUNS, BACKFILL_WINDOW_RUNS - outstanding);
    const members = limit <= 0 ? null : tx.backfills.members(backfill.id, { ordinal: backfill.launched, limit });
    if (members === null || waitsForWave(tx, { backfill, members, outstanding })) return 0;
    return launch(tx, backfill, members);
  };

  const cancelRuns = (tx: Transaction, backfill: BackfillRow): number => {
    if (quiet.has(backfill.id)) return 0;
    const ids = tx.runs.idsOfBackfill(backfill.id, { statuses: ["queued", "starting", "running"], limit: LAUNCH_RUNS });
    for (const id of ids) {
      const run = tx.runs.byId(id);
      if (run !== undefined) executor.cancel(tx, run, backfill.reason);
    }
    if (ids.length === 0) quiet.add(backfill.id);
    return ids.length;
  };

  /** A wave starts when the one before has ended. */
  const waitsForWave = (
    tx: Transaction,
    at: { backfill: BackfillRow; members: Members; outstanding: number },
  ): boolean => {
    if (at.outstanding === 0 || at.backfill.launched === 0) return false;
    const before = tx.backfills.members(at.backfill.id, { ordinal: at.backfill.launched - 1, limit: 1 });
    return before !== null && before.wave !== at.members.wave;
  };

  const launch = (tx: Transaction, backfill: BackfillRow, members: Members): number => {
    const set = members.setId === 0 ? null : (setById(tx, members.setId) ?? null);
    const { targets, gone } = targetsOfKeys(catalog, members.assets);
    if (gone.length > 0 || (members.setId !== 0 && set === null)) {
      const message = `${gone.join(", ") || "its partition set"} is not in the code any more; start a new backfill`;
      end(tx, backfill, { status: "failed", error: { code: "definition", message } });
      return 0;
    }
    params.faults.reach("backfill.before-launch");
    const origin = originOf(tx, backfill);
    const { partitionIds } = members;
    tx.backfills.addLaunched(backfill.id, partitionIds.length);
    // Members that share a plan are launched together, others one by one.
    const groups = haveOnePlan(targets, set) ? [partitionIds] : partitionIds.map((id) => [id]);
    for (const group of groups) {
      const [partitionId = NO_PARTITION] = group;
      const plan = memberPlan(tx, { ...targets, set, origin, partitionId });
      // No partition of the assets relates to these members.
      if (plan.steps.length === 0) for (const _ of group) tx.backfills.countEnded(backfill.id, "succeeded");
      else maker.insertRuns(tx, { plan, origin, backfillId: backfill.id, parent: null }, group);
    }
    params.faults.reach("backfill.launched");
    return members.partitionIds.length;
  };

  const memberPlan = (tx: Transaction, member: MemberParams): RunPlan => {
    const { assets, checks, set, origin, partitionId } = member;
    const reason = stepReason(origin);
    const policy = catalog.jobs.get(origin.job ?? "");
    const anchor = anchorOf(tx, set, partitionId);
    return planRun({ catalog, assets, checks, anchor, index: tx.partitions.index, reason, policy });
  };

  const setById = (tx: Transaction, id: number): PartitionSet | undefined => {
    const name = tx.partitions.setById(id)?.name;
    return name === undefined ? undefined : catalog.partitionSets.get(name);
  };

  const end = (tx: Transaction, { id, uid }: BackfillRow, { status, error = null }: BackfillEnd): void => {
    if (!tx.backfills.end({ id, status, nowMs: tx.nowMs, error })) return;
    tx.automations.endRunKey(uid, status);
    tx.emit({ type: "backfill.changed", data: { backfillId: id, status } });
  };

  const tick = async (): Promise<void> => {
    let done = 0;
    for (const { id } of store.tables.backfills.live()) {
      if (stopped) return;
      done += await advanceOne(id);
    }
    if (done > 0) wake();
  };

  /** A backfill that cannot go on fails by itself and holds up no other. */
  const advanceOne = async (id: number): Promise<number> => {
    const change = (task: (tx: Transaction, backfill: BackfillRow) => number): Promise<number> =>
      store.writer.write((tx) => {
        const backfill = tx.backfills.byId(id);
        return backfill === undefined || stopped ? 0 : task(tx, backfill);
      });
    const tell = (error: unknown): void => {
      if (store.writer.isOpen) params.onInternalError(error);
    };
    try {
      return await change(advance).catch(async (error: unknown) => {
        tell(error);
        return change((tx, backfill) => {
          tx.backfills.start(id, tx.nowMs);
          end(tx, backfill, { status: "failed", error: failureOf(error) });
          return 0;
        });
      });
    } catch (error) {
      tell(error);
      return 0;
    }
  };

  const wake = (): void => {
    if (planned || stopped) return;
    planned = true;
    scheduler.defer(() => {
      planned = false;
      if (!stopped) void tick();
    });
  };

  return {
    wake,
    stop() {
      stopped = true;
    },
  };
}

interface BackfillEnd {
  readonly status: "succeeded" | "failed" | "canceled";
  readonly error?: Failure | null;
}

/** Of one whose runs have all ended. */
function endOf({ failed, canceled, total }: BackfillRow): BackfillEnd {
  const bad = failed + canceled;
  if (bad === 0) return { status: "succeeded" };
  return { status: "failed", error: { code: "user_code", message: `${bad} of ${total} runs did not succeed` } };
}

interface MemberParams extends Targets {
  readonly set: PartitionSet | null;
  readonly origin: RunOrigin;
  readonly partitionId: number;
}

function originOf(tx: Transaction, backfill: BackfillRow): RunOrigin {
  const request = JSON.parse(backfill.request) as { readonly config?: Json };
  return {
    kind: "backfill",
    name: backfill.uid,
    job: backfill.job,
    tags: tx.interned.tags(backfill.tag_set_id),
    priority: backfill.priority,
    config: request.config ?? null,
    reason: backfill.reason,
    runKey: null,
  };
}
