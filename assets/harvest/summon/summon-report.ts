import type { FetchFailureKind } from "../fetch/fetch-outcome.ts";
import type { PageProblemKind } from "../document-types.ts";

/** Failures, problems, duplicates and gone documents that a report names; all are counted. */
export const MAX_NAMED = 100;

/** Why a page gave no document, or why its document is not in the store. */
export type SummonFailureKind = FetchFailureKind | PageProblemKind | "not_stored";

export interface SummonFailure {
  readonly url: string;
  readonly kind: SummonFailureKind;
  readonly message: string;
}

/** Something to look at that cost no page: a bad block beside a good one, a sitemap that lists itself, a dead child. */
export interface SummonProblem {
  readonly kind: string;
  /** The page or sitemap; null where it concerns the whole source. */
  readonly url: string | null;
  readonly message: string;
}

/** Two pages, one id: the later one in the sitemap is kept. */
export interface SummonDuplicate {
  readonly key: string;
  /** Page URLs; null where it is not known. */
  readonly kept: string | null;
  readonly dropped: string | null;
}

/** How many there are, and the first `MAX_NAMED` of them. */
export interface Counted<T> {
  readonly count: number;
  readonly first: readonly T[];
}

export type FailureCounts = Readonly<Partial<Record<SummonFailureKind, number>>>;

export interface SummonProgress {
  /** Page URLs listed so far. */
  readonly found: number;
  /** Whether `found` is final. */
  readonly listed: boolean;
  /** Pages that answered. */
  readonly fetched: number;
  /** Documents written because they are new or changed. */
  readonly stored: number;
  readonly unchanged: number;
  readonly failed: FailureCounts;
  /** Null until the listing is final and a rate is known. */
  readonly etaMs: number | null;
}

export interface SummonReport {
  readonly source: string;
  readonly found: number;
  readonly fetched: number;
  readonly stored: number;
  readonly unchanged: number;
  /** Pages that gave no document. */
  readonly failed: number;
  readonly failedByKind: FailureCounts;
  /** The first `MAX_NAMED` in the sitemap's order. */
  readonly failures: readonly SummonFailure[];
  readonly problems: Counted<SummonProblem>;
  readonly duplicates: Counted<SummonDuplicate>;
  /** Keys of documents that no page gives any more; empty where the crawl was not complete enough to tell. */
  readonly gone: Counted<string>;
  /** Of the gone ones, removed. */
  readonly pruned: number;
  /** Whether every sitemap was read and every listed page was tried: only then anything counts as gone. */
  readonly complete: boolean;
  readonly sitemap: { readonly files: number; readonly duplicates: number; readonly invalid: number };
  /** Objects under `summoned/<source>/` now. */
  readonly keys: number;
  /** Changes when one of those objects appears, changes or goes. */
  readonly dataVersion: string;
  readonly durationMs: number;
}

export type SummonLog = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;
