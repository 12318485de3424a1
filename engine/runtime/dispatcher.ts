import { blockedBy, describeLimit, type LimitedRun } from "../core/limits.ts";
import { partitionOf } from "../core/partitions.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Scheduler } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import { NO_PARTITION } from "../store/tables/partitions.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { Transaction } from "../store/writer.ts";
import type { Executor } from "./executor.ts";
import type { LimitBook } from "./limit-book.ts";

/** Starts queued runs by priority and age as limits allow; a run that a limit blocks holds nobody else up. */
export interface Dispatcher {
  /** Asks for a round soon. Cheap; many asks make one round. */
  wake(): void;
  /** One bounded round: how many runs it started. */
  tick(): Promise<number>;
  /** Why a queued run did not start in the last round that looked at it; by internal id. */
  waitReason(runId: number): string | null;
  stop(): void;
}

export interface DispatcherParams {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly scheduler: Scheduler;
  readonly executor: Executor;
  readonly limits: LimitBook;
  readonly onInternalError: (error: unknown) => void;
}

/** Runs looked at in one transaction; what is left waits for the next round. */
const SCAN_RUNS = 256;
const START_RUNS = 64;
const MAX_WAIT_REASONS = 1000;

export function openDispatcher(params: DispatcherParams): Dispatcher {
  const { store, scheduler, executor, limits } = params;
  const waiting = new Map<number, string>();
  let planned = false;
  let stopped = false;

  const round = (tx: Transaction): number => {
    let begun = 0;
    const blockedTagSets: number[] = [];
    waiting.clear();
    for (;;) {
      const runs = tx.runs.queued({ withoutTagSets: blockedTagSets, limit: SCAN_RUNS });
      const before = blockedTagSets.length;
      for (const run of runs) {
        if (begun >= START_RUNS) return begun;
        const reason = reasonToWait(tx, { run, blockedTagSets });
        if (reason === "full") return begun;
        if (reason !== null) note(run.id, reason);
        else if (executor.begin(tx, run)) begun++;
      }
      if (blockedTagSets.length === before || begun > 0) return begun;
    }
  };

  const reasonToWait = (
    tx: Transaction,
    { run, blockedTagSets }: { run: RunRow; blockedTagSets: number[] },
  ): string | null => {
    const maximum = limits.maxRuns();
    if (executor.runCount >= maximum) {
      const holders = [...executor.live()].map((live) => live.runId);
      note(run.id, describeLimit("all runs", { limit: { kind: "runs", maximum }, holders }));
      return "full";
    }
    const blocked = blockedBy(limitedRun(tx, run), executor.live(), limits.all());
    if (blocked === null) return null;
    if (blocked.byTags && !blockedTagSets.includes(run.tag_set_id)) blockedTagSets.push(run.tag_set_id);
    return blocked.reason;
  };

  const note = (runId: number, reason: string): void => {
    if (waiting.size < MAX_WAIT_REASONS) waiting.set(runId, reason);
  };

  const limitedRun = (tx: Transaction, run: RunRow): LimitedRun => ({
    runId: run.uid,
    tags: tx.interned.tags(run.tag_set_id),
    parts: partsOf(tx, run),
  });

  const partsOf = (tx: Transaction, run: RunRow): Readonly<Record<string, string>> => {
    if (run.partition_id === NO_PARTITION || !limits.all().some((limit) => limit.kind === "tag_value")) return {};
    const row = tx.partitions.byId(run.partition_id);
    const name = tx.partitions.sets().find((set) => set.id === row?.set_id)?.name;
    const set = name === undefined ? undefined : params.catalog.partitionSets.get(name);
    return set === undefined || row === undefined ? {} : partitionOf(set, row.key).parts;
  };

  const tick = async (): Promise<number> => {
    if (stopped) return 0;
    let begun = 0;
    try {
      begun = await store.writer.write(round);
    } catch (error) {
      params.onInternalError(error);
      return 0;
    }
    executor.launchStarted();
    if (begun > 0) wake();
    return begun;
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
    waitReason: (runId) => waiting.get(runId) ?? null,
    stop() {
      stopped = true;
    },
  };
}
