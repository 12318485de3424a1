import { blockedBy, describeLimit } from "../core/limits.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Scheduler } from "../core/ports/time.ts";
import type { Store } from "../store/store.ts";
import type { RunRow } from "../store/tables/runs.ts";
import type { Transaction } from "../store/writer.ts";
import { runPartition } from "./execution.ts";
import type { Executor } from "./executor.ts";
import type { LimitBook } from "./limit-book.ts";

/** Starts queued runs by priority and waiting (core/queue-order.ts) as limits allow; a run that a limit blocks holds nobody else up. */
export interface Dispatcher {
  /** Asks for a round soon. Cheap; many asks make one round. */
  wake(): void;
  /** Why a queued run did not start in the last round; by internal id. */
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

/** Runs looked at in one transaction, in pages; those behind them wait until these get on. */
const MAX_SCANNED_RUNS = 2048;
const PAGE_RUNS = 256;
/** Runs started in one transaction, and steps of theirs after which it starts no more; the rest waits for the next round. */
const START_RUNS = 64;
const START_STEPS = 512;

export function openDispatcher(params: DispatcherParams): Dispatcher {
  const { store, catalog, scheduler, executor, limits } = params;
  /** What the last round found: of runs that it looked at, of runs with the same tags as those, and of all others. */
  const reasons = new Map<number, string>();
  const reasonsOfTagSets = new Map<number, string>();
  let generalReason: string | null = null;
  let planned = false;
  let stopped = false;

  /** How many runs it started. */
  const round = (tx: Transaction): number => {
    reasons.clear();
    reasonsOfTagSets.clear();
    generalReason = null;
    if (stopped) return 0;
    let begun = 0;
    let steps = 0;
    let after: RunRow | null = null;
    for (let scanned = 0; scanned < MAX_SCANNED_RUNS;) {
      const limit = Math.min(PAGE_RUNS, START_RUNS - begun, limits.maxRuns() - executor.runCount);
      if (limit <= 0) return begun;
      const withoutTagSets = [...reasonsOfTagSets.keys()];
      const page: readonly RunRow[] = tx.runs.queued({ after, withoutTagSets, limit });
      for (const run of page) {
        const reason = limitReason(tx, run);
        if (reason !== null) reasons.set(run.id, reason);
        else {
          const begunSteps = executor.begin(tx, run);
          if (begunSteps === null) continue;
          begun++;
          steps += begunSteps;
          if (steps >= START_STEPS) return begun;
        }
      }
      if (page.length < limit) return begun;
      after = page.at(-1) ?? null;
      scanned += page.length;
    }
    generalReason = `waits behind ${MAX_SCANNED_RUNS} runs that limits hold back`;
    return begun;
  };

  /** Said when it is asked for: under load a round that finds no place free must cost nothing. */
  const fullReason = (): string | null => {
    const maximum = limits.maxRuns();
    if (executor.runCount < maximum) return null;
    const holders = [...executor.live()].map((live) => live.runId);
    return describeLimit("all runs", { limit: { maximum }, holders });
  };

  const dimensions = new Set(
    [...catalog.partitionSets.values()].flatMap((set) => set.dimensions.map(({ name }) => name)),
  );
  const isByDimension = (): boolean => limits.all().some((limit) => "key" in limit && dimensions.has(limit.key));

  const limitReason = (tx: Transaction, run: RunRow): string | null => {
    if (!limits.all().some((limit) => limit.kind === "tag" || limit.kind === "tag_value")) return null;
    // Its partition is looked up where a limit asks for a dimension of it.
    const parts = isByDimension() ? runPartition(run, { catalog, tables: tx }).parts : {};
    const limited = { runId: run.uid, tags: tx.interned.tags(run.tag_set_id), parts };
    const blocked = blockedBy(limited, executor.live(), limits.all());
    if (blocked?.byTags === true) reasonsOfTagSets.set(run.tag_set_id, blocked.reason);
    return blocked?.reason ?? null;
  };

  const tick = async (): Promise<void> => {
    try {
      if ((await store.writer.write(round)) > 0) wake();
    } catch (error) {
      if (store.writer.isOpen) params.onInternalError(error);
    }
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
    waitReason(runId) {
      const tagSetId = store.tables.runs.byId(runId)?.tag_set_id ?? -1;
      return reasons.get(runId) ?? reasonsOfTagSets.get(tagSetId) ?? fullReason() ?? generalReason;
    },
    stop() {
      stopped = true;
    },
  };
}
