import type { Clock, IdSource, ObjectStore, WorkerPool } from "../../engine/index.ts";
import { asciiText } from "./document/object-metadata.ts";
import { NO_SITEMAP, type CrawledPage, type FeedSummary } from "./feed/page-feed.ts";
import { feedOf } from "./feed/source-kinds.ts";
import type { Fetcher } from "./fetcher.ts";
import { createBoundedQueue } from "./flow/bounded-queue.ts";
import { createHashIndex } from "./flow/hash-index.ts";
import { runStages } from "./flow/stages.ts";
import { summonedPrefix } from "./keys.ts";
import type { HarvestConfig, SourceConfig } from "./source-config.ts";
import { createDocumentIndex } from "./summon/document-index.ts";
import { createDocumentShelf } from "./summon/document-shelf.ts";
import { createExtraction, type FetchedPage } from "./summon/extraction.ts";
import { provWriter, writeOrganization } from "./summon/provenance.ts";
import { settleGone, type GoneDocuments } from "./summon/prune.ts";
import { createSummonLedger, type SummonLedger } from "./summon/summon-ledger.ts";
import { nameDuplicates, nothingStored, reportOf } from "./summon/summon-outcome.ts";
import { MAX_NAMED, type SummonLog, type SummonProgress, type SummonReport } from "./summon/summon-report.ts";

export type { SummonLog, SummonProgress, SummonReport } from "./summon/summon-report.ts";

/** Fetched pages that wait for extraction. */
const MAX_WAITING_PAGES = 256;
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** Metadata holds 2 kB, so a longer URL may stand there cut off. */
const MAX_COMPARABLE_URL_CHARS = 1_500;

export interface SummonParams {
  readonly source: SourceConfig;
  readonly harvest: HarvestConfig;
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Shared by all sources of the process: it holds the politeness towards each host. */
  readonly fetcher: Fetcher;
  readonly workers: WorkerPool;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly signal: AbortSignal;
  /** Robots.txt is not asked, as with gleaner's `-rude`. Default false. */
  readonly rude?: boolean | undefined;
  /** Whether documents that a complete crawl no longer finds are removed; otherwise they are only reported. */
  readonly prune: boolean;
  readonly onProgress: (progress: SummonProgress) => void;
  readonly log: SummonLog;
}

/**
 * Brings a source's documents into the store: `summoned/<source>/…`, `prov/<source>/…` and `orgs/<source>.nq`, keys,
 * content types and metadata as gleaner writes them (gleaner-nabu.md §2.6). Pages stream through; only hashes of what
 * was seen are kept.
 *
 * Success is judged by what is stored: where the sitemap cannot be read, or not one page of this crawl gave a
 * document that is in the store now, it throws `harvest` with the reason. gleaner ends with 0 then.
 */
export async function summonSource(params: SummonParams): Promise<SummonReport> {
  const { source, store, bucket, clock } = params;
  const startedAt = clock.monotonic();
  const feed = feedOf(source);
  const stop = new AbortController();
  const signal = AbortSignal.any([params.signal, stop.signal]);
  const ledger = createSummonLedger({ clock, onProgress: params.onProgress });
  const prefix = summonedPrefix(source.name);
  const index = createDocumentIndex();
  const troubled = createHashIndex();
  const keep = (url: string): void => void troubled.add(asciiText(url));
  const isKept = (url: string): boolean => url.length > MAX_COMPARABLE_URL_CHARS || troubled.find(url) >= 0;

  for await (const { key, etag } of store.list({ bucket, prefix, signal })) index.list(key, etag);
  await writeOrganization({ ...params, signal });
  const writeProv = provWriter({ ...params, signal });
  const shelf = createDocumentShelf({ store, bucket, index, ledger, keep, signal, writeProv });
  const pages = createBoundedQueue<FetchedPage>({
    maxItems: MAX_WAITING_PAGES,
    maxSize: MAX_WAITING_BYTES,
    sizeOf: ({ fetched }) => fetched.body.byteLength,
    signal,
  });
  const extract = createExtraction({ ...params, pages, shelf, ledger, keep, signal });
  const emit = receiver({ ...params, pages, ledger, keep });
  let summary: FeedSummary = NO_SITEMAP;
  const crawl = async (): Promise<void> => {
    summary = await feed({ ...params, rude: params.rude ?? false, ledger, emit, keep, signal });
    pages.close();
  };
  try {
    // One lane more than workers, so that these compute while the documents of another batch go to the store.
    await runStages(stop, [crawl, ...Array.from({ length: params.workers.size + 1 }, () => extract)]);
    await shelf.flush();
  } finally {
    ledger.close();
  }

  const { stored, unchanged, complete } = ledger.counts;
  if (stored + unchanged === 0) throw nothingStored(source.name, ledger);
  const nothingGone: GoneDocuments = { gone: { count: 0, first: [] }, pruned: 0 };
  const settled = complete ? await settleGone({ ...params, prefix, index, isKept, signal }) : nothingGone;
  const duplicates = await nameDuplicates({ store, bucket, duplicates: ledger.duplicates(), signal });
  const durationMs = clock.monotonic() - startedAt;
  return reportOf({ source: source.name, ledger, index, summary, settled, duplicates, durationMs });
}

interface ReceiverParams {
  readonly pages: { push(page: FetchedPage): Promise<void> };
  readonly ledger: SummonLedger;
  readonly keep: (url: string) => void;
  readonly log: SummonLog;
}

/** Takes each page that was tried: an answer goes on to extraction, a failure is counted and named. */
function receiver(params: ReceiverParams): (page: CrawledPage) => Promise<void> {
  const { pages, ledger, keep, log } = params;
  return async ({ order, url, outcome }) => {
    if (outcome.ok) {
      ledger.fetched();
      return pages.push({ order, url, fetched: outcome });
    }
    const { kind, message } = outcome;
    keep(url);
    ledger.failed({ order, url, kind, message });
    if (ledger.counts.failed <= MAX_NAMED) log("warn", message, { kind, url });
    ledger.pageDone();
  };
}
