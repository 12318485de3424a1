import { EngineError } from "../../../engine/index.ts";
import { createBoundedQueue } from "../flow/bounded-queue.ts";
import type { FetchFailureKind, FetchOutcome } from "../fetch/fetch-outcome.ts";
import { MAX_PAGE_BYTES } from "../document/limits.ts";
import type { Politeness } from "../fetch/host-limiter.ts";
import { configuredDelayMs, type FeedParams, type FeedSummary } from "./page-feed.ts";
import { runStages } from "../flow/stages.ts";
import { loadRobots, robotsUrlOf, type Robots } from "../robots.ts";
import { explainNoPages, readSitemaps, type SitemapTally } from "../sitemap.ts";

/** URLs read ahead of the fetching: enough to know a usual source's size at once, some 10 MB at most. */
const MAX_URLS_AHEAD = 50_000;
/** More than any host should be asked at once. */
export const MAX_THREADS = 64;
/** Pages in a row, none in between that was answered: the site is down or wants to be left alone; the rest is not tried. */
export const MAX_UNANSWERED_IN_A_ROW = 50;

interface ListedPage {
  readonly order: number;
  readonly url: string;
}

/** Pages of a sitemap, or of the sitemaps that a robots.txt names. */
export async function feedSitemap(params: FeedParams): Promise<FeedSummary> {
  const { source, harvest, log } = params;
  const robots = await robotsOf(params);
  const delayMs = Math.max(configuredDelayMs(source, harvest), params.rude ? 0 : (robots?.crawlDelayMs ?? 0));
  const politeness = { delayMs, concurrency: delayMs > 0 ? 1 : threadsOf(harvest.threads) };
  const allows = (url: string): boolean => robots === null || params.rude || robots.allows(url);
  const roots = source.sourceType === "robots" ? sitemapsOf(source.name, robots) : [source.url];
  log("info", `Reading ${roots.join(", ")}`, { ...politeness, robots: robots?.found === true ? robots.url : null });
  return crawl(params, { roots, politeness, allows });
}

interface CrawlPlan {
  readonly roots: readonly string[];
  readonly politeness: Politeness;
  readonly allows: (url: string) => boolean;
}

async function crawl(feed: FeedParams, plan: CrawlPlan): Promise<FeedSummary> {
  const stop = new AbortController();
  const signal = AbortSignal.any([feed.signal, stop.signal]);
  const params = { ...feed, signal };
  const { source, ledger, fetcher, clock, keep } = params;
  const reading = readSitemaps({
    roots: plan.roots,
    fetcher,
    politeness: plan.politeness,
    breathe: () => clock.sleep(0, signal),
    onInvalid: (loc, sitemap) => keep(absolute(loc, sitemap)),
    signal,
  });
  const urls = createBoundedQueue<ListedPage>({ maxItems: MAX_URLS_AHEAD, maxSize: Infinity, sizeOf: () => 1, signal });
  const list = async (): Promise<void> => {
    let order = 0;
    for await (const url of reading.locs) {
      ledger.found();
      await urls.push({ order, url });
      order += 1;
    }
    ledger.listed();
    noteListing(params, reading.tally);
    if (reading.tally.urls === 0) throw noPages(source.name, reading.tally);
    urls.close();
  };
  const health = createHealth(params);
  const fetchAll = async (): Promise<void> => {
    for (;;) {
      const [page] = await urls.take({ maxItems: 1, maxSize: 1 });
      if (page === undefined) return;
      // Once the site counts as down the rest of the list is only counted, not tried.
      if (health.isDown()) continue;
      const outcome = await fetchPage(params, { ...plan, ...page });
      health.saw(outcome);
      await params.emit({ ...page, outcome });
    }
  };
  await runStages(stop, [list, ...Array.from({ length: plan.politeness.concurrency }, () => fetchAll)]);
  const { files, duplicates, invalid } = reading.tally;
  return { files, duplicates, invalid };
}

async function fetchPage(params: FeedParams, page: CrawlPlan & ListedPage): Promise<FetchOutcome> {
  const { fetcher, source, signal } = params;
  const { url, politeness, allows } = page;
  if (!allows(url)) {
    return {
      ok: false,
      url,
      kind: "robots",
      status: null,
      message: `${url}: robots.txt forbids it.`,
      retryable: false,
      retryAfterMs: null,
      attempts: 0,
    };
  }
  return fetcher.get({ url, accept: source.acceptContentType, maxBytes: MAX_PAGE_BYTES, politeness, allows, signal });
}

/** The robots.txt that concerns this source; null where none does. With `rude` only one that lists the sitemaps is read. */
async function robotsOf(params: FeedParams): Promise<Robots | null> {
  const { source, rude, fetcher, signal, log } = params;
  const url = source.sourceType === "robots" ? source.url : rude ? null : robotsUrlOf(source.domain);
  if (url === null) {
    if (!rude)
      log("warn", `Source ${source.name} has no domain that is a URL, so no robots.txt is asked`, {
        domain: source.domain,
      });
    return null;
  }
  const robots = await loadRobots({ url, fetcher, signal });
  if (robots.failure !== null) log("info", `No robots.txt: ${robots.failure.message}`);
  return robots;
}

function sitemapsOf(name: string, robots: Robots | null): readonly string[] {
  if (robots !== null && robots.failure !== null) {
    throw new EngineError("harvest", `Source ${name}: its robots.txt cannot be read. ${robots.failure.message}`, {
      retryable: robots.failure.retryable,
      details: { source: name, url: robots.url, status: robots.failure.status, reason: robots.failure.kind },
    });
  }
  if (robots === null || robots.sitemaps.length === 0) {
    throw new EngineError(
      "harvest",
      `Source ${name}: its robots.txt names no sitemap. Expected a line "Sitemap: https://…".`,
      {
        details: { source: name, url: robots?.url ?? null, reason: "empty" },
      },
    );
  }
  return robots.sitemaps;
}

/** Refused, unknown, unreachable: the server was not there. */
const unanswered = new Set<FetchFailureKind>(["refused", "dns", "tls", "network", "timeout"]);
/** Too Many Requests and Service Unavailable, after all attempts: there, but not for us now. */
const turnedAway = new Set<number | null>([429, 503]);

function createHealth(params: FeedParams) {
  let inARow = 0;
  let down = false;
  return {
    isDown: () => down,
    saw: (outcome: FetchOutcome): void => {
      const isAway = !outcome.ok && (unanswered.has(outcome.kind) || turnedAway.has(outcome.status));
      inARow = isAway ? inARow + 1 : 0;
      if (down || !isAway || inARow < MAX_UNANSWERED_IN_A_ROW) return;
      down = true;
      params.ledger.incomplete();
      const message = `${inARow} pages in a row were not answered, so the rest was not tried. The last: ${outcome.message}`;
      params.ledger.problem({ kind: "site_down", url: outcome.url, message });
      params.log("error", message);
    },
  };
}

function noteListing(params: FeedParams, tally: SitemapTally): void {
  const { ledger, log } = params;
  if (tally.incomplete) ledger.incomplete();
  for (const { reason, url, message } of tally.namedProblems) {
    ledger.problem({ kind: reason, url, message });
    log("warn", message, { reason });
  }
  for (const { loc, sitemap } of tally.namedInvalid) {
    ledger.problem({
      kind: "bad_url",
      url: sitemap,
      message: `${JSON.stringify(loc)} is no absolute http or https URL.`,
    });
  }
}

function noPages(name: string, tally: SitemapTally): EngineError {
  const first = tally.namedProblems[0];
  return new EngineError("harvest", `Source ${name}: no pages. ${explainNoPages(tally)}`, {
    retryable: tally.namedProblems.some((problem) => problem.retryable),
    details: { source: name, url: first?.url ?? null, status: first?.status ?? null, reason: first?.reason ?? "empty" },
  });
}

function threadsOf(configured: number): number {
  return Math.min(MAX_THREADS, Math.max(1, Math.floor(configured)));
}

function absolute(loc: string, base: string): string {
  return URL.canParse(loc, base) ? new URL(loc, base).href : loc;
}
