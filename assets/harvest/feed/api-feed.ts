import { EngineError } from "../../../engine/index.ts";
import { fingerprintOf } from "../flow/hash-index.ts";
import type { FetchFailure } from "../fetch/fetch-outcome.ts";
import { MAX_PAGE_BYTES } from "../document/limits.ts";
import { configuredDelayMs, NO_SITEMAP, type FeedParams, type FeedSummary } from "./page-feed.ts";

/** Where neither `apipagelimit` nor the server ends the pages. */
export const MAX_API_PAGES = 100_000;

/**
 * The pages of an API: `%d` in the URL is 0, 1, 2, … until `apipagelimit` pages are read or one is no longer there
 * (any 4xx). An answer that says the server is in trouble is no end: the crawl then counts as incomplete.
 * A page that repeats the one before it is the end too: gleaner would ask such a server for ever.
 */
export async function feedApi(params: FeedParams): Promise<FeedSummary> {
  const { source, harvest, fetcher, ledger, signal, emit } = params;
  const limit = source.apiPageLimit > 0 ? Math.min(source.apiPageLimit, MAX_API_PAGES) : MAX_API_PAGES;
  const politeness = { delayMs: configuredDelayMs(source, harvest), concurrency: 1 };
  let before: bigint | null = null;
  for (let page = 0; page < limit; page += 1) {
    const url = apiPageUrl(source.name, { url: source.url, page });
    const outcome = await fetcher.get({
      url,
      accept: source.acceptContentType,
      maxBytes: MAX_PAGE_BYTES,
      politeness,
      signal,
    });
    if (!outcome.ok) {
      if (page === 0) throw noFirstPage(source.name, outcome);
      if (outcome.status === null || outcome.status >= 500 || outcome.retryable) interrupted(params, { page, outcome });
      break;
    }
    const fingerprint = fingerprintOf(Buffer.from(outcome.body).toString("latin1"));
    if (fingerprint === before) break;
    before = fingerprint;
    ledger.found();
    await emit({ order: page, url, outcome });
  }
  ledger.listed();
  return NO_SITEMAP;
}

/** Throws `harvest` where the URL has not exactly one `%d`. */
export function apiPageUrl(name: string, params: { readonly url: string; readonly page: number }): string {
  const parts = params.url.split("%d");
  if (parts.length === 2) return parts.join(String(params.page));
  throw new EngineError(
    "harvest",
    `Source ${name}: the URL of an api source needs exactly one %d, the page's number; got ${params.url}`,
    {
      details: { source: name, url: params.url, reason: "bad_url" },
    },
  );
}

function noFirstPage(name: string, outcome: FetchFailure): EngineError {
  return new EngineError("harvest", `Source ${name}: the API's first page cannot be read. ${outcome.message}`, {
    retryable: outcome.retryable,
    details: { source: name, url: outcome.url, status: outcome.status, reason: outcome.kind },
  });
}

function interrupted(params: FeedParams, at: { readonly page: number; readonly outcome: FetchFailure }): void {
  const message = `The API broke off at page ${at.page}, so there may be more. ${at.outcome.message}`;
  params.ledger.incomplete();
  params.ledger.problem({ kind: at.outcome.kind, url: at.outcome.url, message });
  params.log("warn", message);
}
