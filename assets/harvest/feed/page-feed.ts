import type { Clock } from "../../../engine/index.ts";
import type { FetchOutcome } from "../fetch/fetch-outcome.ts";
import type { Fetcher } from "../fetcher.ts";
import type { HarvestConfig, SourceConfig } from "../source-config.ts";
import type { SummonLedger } from "../summon/summon-ledger.ts";
import type { SummonLog } from "../summon/summon-report.ts";

/** A page that was tried. */
export interface CrawledPage {
  /** Its place in the sitemap, from 0. */
  readonly order: number;
  readonly url: string;
  readonly outcome: FetchOutcome;
}

/** What every kind of source needs to give its pages. */
export interface FeedParams {
  readonly source: SourceConfig;
  readonly harvest: HarvestConfig;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  /** Without asking robots.txt, as gleaner's `-rude`. */
  readonly rude: boolean;
  readonly ledger: SummonLedger;
  readonly log: SummonLog;
  readonly signal: AbortSignal;
  /** Takes a page on; waits while the stages behind are busy. */
  readonly emit: (page: CrawledPage) => Promise<void>;
  /** What this URL gave earlier stays, though it gives nothing this time. */
  readonly keep: (url: string) => void;
}

/** Counts of the listing itself; zeros for sources without a sitemap. */
export interface FeedSummary {
  readonly files: number;
  readonly duplicates: number;
  readonly invalid: number;
}

/** Gives every page of a source once. Throws `harvest` where there is nothing to give, with the reason. */
export type PageFeed = (params: FeedParams) => Promise<FeedSummary>;

export const NO_SITEMAP: FeedSummary = Object.freeze({ files: 0, duplicates: 0, invalid: 0 });

/** A source's own `delay` counts where it is longer than the file's (gleaner-nabu.md §1.2). */
export function configuredDelayMs(source: SourceConfig, harvest: HarvestConfig): number {
  return Math.max(source.delayMs, harvest.delayMs, 0);
}
