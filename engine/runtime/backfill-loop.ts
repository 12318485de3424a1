import type { Asset } from "../core/assets.ts";
import type { Catalog } from "../core/catalog.ts";
import { isEngineError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import type { Json } from "../core/json.ts";
import type { PartitionSet } from "../core/partitions.ts";
import { planRun, type RunPlan } from "../core/plan.ts";
import type { Scheduler } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { BackfillRow, Members } from "../store/tables/backfills.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";
import type { Transaction } from "../store/writer.ts";
import { anchorOf, type RunMaker, type RunOrigin, stepReason } from "./run-maker.ts";

/** Launches the runs of backfills in a bounded window, wave after wave, and ends a backfill with its last run. */
export interface BackfillLoop {
  wake(): void;
  /** One bounded round: how many runs it launched. */
  tick(): Promise<number>;
  stop(): void;
}

export interface BackfillLoopParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly scheduler: Scheduler;
  readonly maker: RunMaker;
  readonly onInternalError: (error: unknown) => void;
}

/** Runs of one backfill that are queued or running at the same time. */
export const BACKFILL_WINDOW_RUNS = 1000;
/** Runs made in one transaction, so that a flush stays short. */
const LAUNCH_RUNS = 100;

export function openBackfillLoop(params: BackfillLoopParams): BackfillLoop {
  const { store, catalog, scheduler, maker } = params;
  let planned = false;
  let stopped = false;

  const advance = (tx: Transaction, backfill: BackfillRow): number => {
    if (backfill.status === "paused") return 0;
    if (backfill.status === "queued" && tx.backfills.start(backfill.id, tx.nowMs)) {
      tx.emit({ type: "backfill.changed", data: { backfillId: backfill.id, status: "running" } });
    }
    const ended = backfill.succeeded + backfill.failed + backfill.canceled;
    const outstanding = backfill.launched - ended;
    if (backfill.status === "canceling") {
      if (outstanding === 0) end(tx, backfill, "canceled");
      return 0;
    }
    if (ended >= backfill.total) {
      end(tx, backfill, backfill.failed + backfill.canceled > 0 ? "failed" : "succeeded");
      return 0;
    }
    const limit = Math.min(LAUNCH_RUNS, BACKFILL_WINDOW_RUNS - outstanding);
    const members = limit <= 0 ? null : tx.backfills.members(backfill.id, { ordinal: backfill.launched, limit });
    if (members === null || waitsForWave(tx, { backfill, members, outstanding })) return 0;
    return launch(tx, backfill, members);
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
    const assets = members.assets.flatMap((key) => catalog.assets.get(key) ?? []);
    if (assets.length < members.assets.length || (members.setId !== 0 && set === null)) {
      const gone = members.assets.filter((key) => !catalog.assets.has(key));
      const message = `${gone.join(", ") || "its partition set"} is not in the code any more; start a new backfill`;
      tx.backfills.end({ id: backfill.id, status: "failed", nowMs: tx.nowMs, error: { code: "definition", message } });
      tx.emit({ type: "backfill.changed", data: { backfillId: backfill.id, status: "failed" } });
      return 0;
    }
    const origin = originOf(tx, backfill);
    const shared = sharedPlan(tx, { assets, set, origin });
    tx.backfills.addLaunched(backfill.id, members.partitionIds.length);
    for (const partitionId of members.partitionIds) {
      const plan = shared ?? memberPlan(tx, { assets, set, origin, partitionId });
      if (plan === null) tx.backfills.countEnded(backfill.id, "succeeded");
      else maker.insertRun(tx, { plan, partitionId, origin, backfillId: backfill.id, parent: null });
    }
    return members.partitionIds.length;
  };

  /** Where every asset has the wave's own set, all its runs have one plan. */
  const sharedPlan = (tx: Transaction, wave: WaveParams): RunPlan | null => {
    const first = wave.assets.every((asset) => asset.partitions?.name === wave.set?.name);
    if (!first) return null;
    const anchor = wave.set === null ? null : { set: wave.set, key: "-" };
    return planRun({
      catalog,
      assets: wave.assets,
      anchor,
      index: tx.partitions.index,
      reason: stepReason(wave.origin),
    });
  };

  /** Null: no partition of the assets relates to this member, so there is nothing to do. */
  const memberPlan = (tx: Transaction, wave: WaveParams & { partitionId: number }): RunPlan | null => {
    const key = wave.partitionId === NO_PARTITION ? undefined : tx.partitions.byId(wave.partitionId)?.key;
    try {
      return planRun({
        catalog,
        assets: wave.assets,
        anchor: anchorOf(wave, key),
        index: tx.partitions.index,
        reason: stepReason(wave.origin),
      });
    } catch (error) {
      if (isEngineError(error, "invalid_request")) return null;
      throw error;
    }
  };

  const setById = (tx: Transaction, id: number): PartitionSet | undefined => {
    const name = tx.partitions.sets().find((row) => row.id === id)?.name;
    return name === undefined ? undefined : catalog.partitionSets.get(name);
  };

  const end = (tx: Transaction, backfill: BackfillRow, status: "succeeded" | "failed" | "canceled"): void => {
    const bad = backfill.failed + backfill.canceled;
    const error =
      status === "failed" ? { code: "user_code", message: `${bad} of ${backfill.total} runs did not succeed` } : null;
    if (!tx.backfills.end({ id: backfill.id, status, nowMs: tx.nowMs, error })) return;
    tx.automations.endRunKey(backfill.uid, status);
    tx.emit({ type: "backfill.changed", data: { backfillId: backfill.id, status } });
  };

  const tick = async (): Promise<number> => {
    if (stopped) return 0;
    let launched = 0;
    for (const { id } of store.tables.backfills.live()) {
      try {
        launched += await store.writer.write((tx) => {
          const backfill = tx.backfills.byId(id);
          return backfill === undefined ? 0 : advance(tx, backfill);
        });
      } catch (error) {
        params.onInternalError(error);
        await failBackfill(id, error);
      }
    }
    if (launched > 0) wake();
    return launched;
  };

  const failBackfill = async (id: number, error: unknown): Promise<void> => {
    await store.writer
      .write((tx) => {
        tx.backfills.end({ id, status: "failed", nowMs: tx.nowMs, error: failureOf(error) });
        tx.emit({ type: "backfill.changed", data: { backfillId: id, status: "failed" } });
      })
      .catch(params.onInternalError);
  };

  const wake = (): void => {
    if (planned || stopped) return;
    planned = true;
    scheduler.defer(() => {
      planned = false;
      void tick();
    });
  };

  return {
    wake,
    tick,
    stop() {
      stopped = true;
    },
  };
}

interface WaveParams {
  readonly assets: readonly Asset[];
  readonly set: PartitionSet | null;
  readonly origin: RunOrigin;
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
