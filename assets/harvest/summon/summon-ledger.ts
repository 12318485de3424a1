import type { Clock } from "../../../engine/index.ts";
import {
  MAX_NAMED,
  type Counted,
  type FailureCounts,
  type SummonFailure,
  type SummonFailureKind,
  type SummonProblem,
  type SummonProgress,
} from "./summon-report.ts";

/** Progress is told at most this often, and once at the end. */
export const PROGRESS_INTERVAL_MS = 500;
/** Below this many pages a rate says nothing. */
const MIN_PAGES_FOR_ETA = 10;

/** A page's document that gave way to a later page's with the same id. */
export interface DroppedDocument {
  readonly key: string;
  /** The dropped page's place in the sitemap. */
  readonly order: number;
  /** The dropped page; null where it was not looked up. */
  readonly dropped: string | null;
}

/** Everything that a summon counts, in one place. */
export interface SummonLedger {
  found(): void;
  /** The number of pages is final. */
  listed(): void;
  fetched(): void;
  /** A page is done with, one way or the other. */
  pageDone(): void;
  stored(): void;
  unchanged(): void;
  /** `order`: the page's place in the sitemap. */
  failed(failure: SummonFailure & { readonly order: number }): void;
  /** `order`: the page's place in the sitemap; left out for what concerns the listing, which comes first. */
  problem(problem: SummonProblem, order?: number): void;
  /** A document counted as unchanged is replaced by that of a later page. */
  changedAfterAll(): void;
  duplicate(duplicate: DroppedDocument): void;
  readonly duplicateCount: number;
  /** From now on the crawl is not whole: nothing can be called gone. */
  incomplete(): void;
  readonly counts: {
    readonly found: number;
    readonly fetched: number;
    readonly stored: number;
    readonly unchanged: number;
    readonly failed: number;
    readonly failedByKind: FailureCounts;
    readonly complete: boolean;
  };
  failures(): readonly SummonFailure[];
  problems(): Counted<SummonProblem>;
  duplicates(): Counted<DroppedDocument>;
  /** Tells the last progress. */
  close(): void;
}

export interface SummonLedgerOptions {
  readonly clock: Clock;
  readonly onProgress: (progress: SummonProgress) => void;
}

export function createSummonLedger(options: SummonLedgerOptions): SummonLedger {
  const { clock, onProgress } = options;
  const startedAt = clock.monotonic();
  const counts = { found: 0, fetched: 0, stored: 0, unchanged: 0, failed: 0, complete: true };
  const failedByKind: Partial<Record<SummonFailureKind, number>> = {};
  const failures = firstByOrder<SummonFailure>();
  const duplicates = firstByOrder<DroppedDocument>();
  const problems = firstByOrder<SummonProblem>();
  let done = 0;
  let isListed = false;
  let toldAt = startedAt;

  function progress(): SummonProgress {
    const { found, fetched, stored, unchanged } = counts;
    const etaMs = isListed ? timeLeftMs({ done, found, elapsedMs: clock.monotonic() - startedAt }) : null;
    return { found, listed: isListed, fetched, stored, unchanged, failed: { ...failedByKind }, etaMs };
  }
  function tell(): void {
    const now = clock.monotonic();
    if (now - toldAt < PROGRESS_INTERVAL_MS) return;
    toldAt = now;
    onProgress(progress());
  }
  function count(what: "found" | "fetched" | "stored" | "unchanged"): () => void {
    return () => {
      counts[what] += 1;
      tell();
    };
  }

  return {
    found: count("found"),
    fetched: count("fetched"),
    stored: count("stored"),
    unchanged: count("unchanged"),
    listed: () => {
      isListed = true;
      tell();
    },
    pageDone: () => {
      done += 1;
      tell();
    },
    failed: ({ order, url, kind, message }) => {
      counts.failed += 1;
      failedByKind[kind] = (failedByKind[kind] ?? 0) + 1;
      failures.add(order, { url, kind, message });
      tell();
    },
    problem: (problem, order = -1) => problems.add(order, problem),
    changedAfterAll: () => {
      counts.unchanged -= 1;
    },
    duplicate: (dropped) => duplicates.add(dropped.order, dropped),
    get duplicateCount() {
      return duplicates.count();
    },
    incomplete: () => {
      counts.complete = false;
    },
    get counts() {
      return { ...counts, failedByKind: { ...failedByKind } };
    },
    failures: () => failures.take().first,
    problems: () => problems.take(),
    duplicates: () => duplicates.take(),
    close: () => onProgress(progress()),
  };
}

interface Pace {
  readonly done: number;
  readonly found: number;
  readonly elapsedMs: number;
}

/** At the pace so far; null while that is no pace yet. */
function timeLeftMs({ done, found, elapsedMs }: Pace): number | null {
  if (done < Math.min(MIN_PAGES_FOR_ETA, found)) return null;
  return Math.round((elapsedMs / Math.max(1, done)) * (found - done));
}

/** Keeps the first `MAX_NAMED` by order, though they come in any order: a report is the same after every run. */
function firstByOrder<T>() {
  let kept: { readonly order: number; readonly item: T }[] = [];
  let count = 0;
  const cut = (): void => {
    kept = kept.toSorted((a, b) => a.order - b.order).slice(0, MAX_NAMED);
  };
  return {
    count: () => count,
    add: (order: number, item: T): void => {
      count += 1;
      kept.push({ order, item });
      if (kept.length >= 2 * MAX_NAMED) cut();
    },
    take: (): Counted<T> => {
      cut();
      return { count, first: kept.map(({ item }) => item) };
    },
  };
}
