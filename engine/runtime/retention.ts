import { EngineError } from "../core/errors.ts";
import type { Clock, Scheduler } from "../core/ports/time.ts";
import type { Keep, RetentionPolicy } from "../core/retention.ts";
import { careThreads, type RecordCare } from "../store/care/care-thread.ts";
import type { PrunableParams, PrunableQueries } from "../store/care/prunable.ts";
import type { Store } from "../store/store.ts";
import type { OrphanPage, OrphansGone } from "../store/tables/retention.ts";
import type { Transaction } from "../store/writer.ts";

export const RETENTION_INTERVAL_MS = 3_600_000;
/** Rows that one transaction removes, with their index entries some milliseconds of work. */
const BATCH_ROWS = 200;
/** So many share a transaction and its sync: about 2 ms of work, of which a run is 8 statements and what they remove. */
const REMOVED_AT_ONCE = { prunableRuns: 8, prunableTicks: 50 };
/** Things looked for at once. */
const PAGE_ROWS = 1000;
/** Pages of 8 kB given back in one transaction, each of them moved. */
const VACUUM_PAGES = 32;
/** Free pages that stay in the file for what comes next: 8 MB. */
const RESERVE_PAGES = 1024;

/** How many of each went, or with `dryRun` would go first. */
export interface PruneReport {
  readonly dryRun: boolean;
  runs: number;
  ticks: number;
  events: number;
  logLines: number;
  audit: number;
  materializations: number;
  evaluations: number;
  plans: number;
  tagSets: number;
  values: number;
  /** Given back to the disk. */
  pages: number;
}

/**
 * Removes what is older or more than the policy keeps, in small transactions between which everybody else has a turn.
 * Never the newest materialization of a partition and its value, never what is not ended, never a run key, and no event
 * that an enabled sensor has not seen. A kill at any moment leaves less to do.
 */
export interface Retention {
  start(): void;
  /** One round; a second one waits for the first. */
  tick(params?: { readonly dryRun?: boolean }): Promise<PruneReport>;
  stop(): Promise<void>;
}

export interface RetentionParams {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly policy: RetentionPolicy;
  /** Default: `careThreads`. */
  readonly care?: RecordCare;
  /** Up to here every reader of events has seen them. */
  readonly seenSeq: () => number;
  /** Brings the readers of events up to now, but for what concerns them. */
  readonly catchUp: () => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

export function openRetention(params: RetentionParams): Retention {
  const { store, scheduler } = params;
  const abort = new AbortController();
  let busy: Promise<unknown> = Promise.resolve();
  let disarm = (): void => {};

  const arm = (): void => {
    if (abort.signal.aborted) return;
    disarm = scheduler.after(RETENTION_INTERVAL_MS, () => void loop());
  };

  const loop = async (): Promise<void> => {
    try {
      await tick();
    } catch (error) {
      if (!abort.signal.aborted && store.writer.isOpen) params.onProblem(error);
    }
    arm();
  };

  const tick: Retention["tick"] = ({ dryRun = false } = {}) => {
    const round = busy.then(() => new PruneRound(params, { signal: abort.signal, dryRun }).run());
    busy = round.catch(() => {});
    return round;
  };

  return {
    start: arm,
    tick,
    async stop() {
      abort.abort(new EngineError("canceled", "the engine stops"));
      disarm();
      await busy;
    },
  };
}

interface RoundParams {
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
}

class PruneRound {
  readonly #params: RetentionParams;
  readonly #round: RoundParams;
  readonly #nowMs: number;
  readonly #report: PruneReport;

  constructor(params: RetentionParams, round: RoundParams) {
    this.#params = params;
    this.#round = round;
    this.#nowMs = params.clock.now();
    this.#report = {
      dryRun: round.dryRun,
      runs: 0,
      ticks: 0,
      events: 0,
      logLines: 0,
      audit: 0,
      materializations: 0,
      evaluations: 0,
      plans: 0,
      tagSets: 0,
      values: 0,
      pages: 0,
    };
  }

  async run(): Promise<PruneReport> {
    const { policy } = this.#params;
    for (const [status, keep] of Object.entries(policy.runs)) await this.#runs(status, keep);
    for (const [status, keep] of Object.entries(policy.ticks)) await this.#ticks(status, keep);
    if (!this.#round.dryRun) await this.#rows();
    await this.#values();
    if (!this.#round.dryRun) await this.#giveBack();
    return this.#report;
  }

  async #runs(status: string, keep: Keep): Promise<void> {
    await this.#each("prunableRuns", { status, keep }, async (id) => {
      for (;;) {
        const left = await this.#write((tx) => tx.retention.run(id, BATCH_ROWS));
        if (left !== "more") return left === "gone";
      }
    });
  }

  async #ticks(status: string, keep: Keep): Promise<void> {
    await this.#each("prunableTicks", { status, keep }, (id) => this.#write((tx) => tx.retention.tick(id)));
  }

  /** Page after page until none is found: what a page found is gone before the next is looked for. */
  async #each(
    query: "prunableRuns" | "prunableTicks",
    { status, keep }: { readonly status: string; readonly keep: Keep },
    remove: (id: number) => Promise<boolean>,
  ): Promise<void> {
    const asked: PrunableParams = {
      status,
      beforeMs: keep.ageMs === null ? null : this.#nowMs - keep.ageMs,
      count: keep.count,
      limit: PAGE_ROWS,
    };
    for (;;) {
      const ids = await this.#look(query, asked);
      if (this.#round.dryRun) {
        this.#report[query === "prunableRuns" ? "runs" : "ticks"] += ids.length;
        return;
      }
      let removed = 0;
      for (let at = 0; at < ids.length; at += REMOVED_AT_ONCE[query]) {
        const gone = await Promise.all(ids.slice(at, at + REMOVED_AT_ONCE[query]).map(remove));
        removed += gone.filter(Boolean).length;
      }
      this.#report[query === "prunableRuns" ? "runs" : "ticks"] += removed;
      if (removed === 0) return;
    }
  }

  async #rows(): Promise<void> {
    const report = this.#report;
    const { policy, seenSeq, catchUp } = this.#params;
    const before = ({ ageMs }: Keep): number => (ageMs === null ? Number.NEGATIVE_INFINITY : this.#nowMs - ageMs);
    const logsMs = before(policy.logs);
    report.logLines += await this.#batches((tx) => tx.retention.logs({ beforeMs: logsMs, limit: BATCH_ROWS }));
    const eventsMs = before(policy.events);
    await catchUp();
    report.events += await this.#batches((tx) => {
      // The newest stays, so that `seq` goes on from it.
      const untilSeq = Math.min(seenSeq(), tx.events.newestSeq() - 1);
      return tx.retention.events({ untilSeq, beforeMs: eventsMs, limit: BATCH_ROWS });
    });
    const auditMs = before(policy.audit);
    report.audit += await this.#batches((tx) => tx.retention.audit({ beforeMs: auditMs, limit: BATCH_ROWS }));
    report.materializations += await this.#orphans((tx, page) => tx.retention.orphanMaterializations(page));
    report.evaluations += await this.#orphans((tx, page) => tx.retention.orphanEvaluations(page));
    for (const id of await this.#look("unusedPlans", { limit: PAGE_ROWS })) {
      if (await this.#write((tx) => tx.retention.plan(id))) report.plans++;
    }
    for (const id of await this.#look("unusedTagSets", { limit: PAGE_ROWS })) {
      if (await this.#write((tx) => tx.retention.tagSet(id))) report.tagSets++;
    }
  }

  async #values(): Promise<void> {
    const { store, scheduler } = this.#params;
    this.#report.values = await store.values.collect({
      isNamed: (hash) => store.tables.retention.namesValue(hash),
      dryRun: this.#round.dryRun,
      signal: this.#round.signal,
      pause: () => new Promise((resolve) => scheduler.defer(resolve)),
    });
  }

  async #giveBack(): Promise<void> {
    const { store } = this.#params;
    while (store.tables.retention.freePages() > RESERVE_PAGES) {
      const given = await this.#write((tx) => tx.retention.giveBack(VACUUM_PAGES));
      if (given <= 0) return;
      this.#report.pages += given;
    }
  }

  async #batches(remove: (tx: Transaction) => number): Promise<number> {
    for (let total = 0; ;) {
      const removed = await this.#write(remove);
      total += removed;
      if (removed < BATCH_ROWS) return total;
    }
  }

  async #orphans(remove: (tx: Transaction, page: OrphanPage) => OrphansGone): Promise<number> {
    let removed = 0;
    let afterId = 0;
    for (;;) {
      const gone = await this.#write((tx) => remove(tx, { afterId, limit: BATCH_ROWS }));
      removed += gone.removed;
      if (gone.untilId === null) return removed;
      afterId = gone.untilId;
    }
  }

  async #look<N extends keyof PrunableQueries>(
    name: N,
    params: Parameters<PrunableQueries[N]>[0],
  ): Promise<ReturnType<PrunableQueries[N]>> {
    const { store, care = careThreads } = this.#params;
    return await care.lookFor(store.file, { name, params, signal: this.#round.signal });
  }

  async #write<T>(task: (tx: Transaction) => T): Promise<T> {
    this.#round.signal.throwIfAborted();
    return await this.#params.store.writer.write(task);
  }
}
