import { EngineError } from "../../../engine/index.ts";
import { MAX_SITEGRAPH_BYTES } from "../document/limits.ts";
import { configuredDelayMs, NO_SITEMAP, type FeedParams, type FeedSummary } from "./page-feed.ts";

/**
 * The one document of a sitegraph. Where it cannot be had the source fails; gleaner stores an empty object then
 * (gleaner-nabu.md §2.4).
 */
export async function feedSitegraph(params: FeedParams): Promise<FeedSummary> {
  const { source, harvest, fetcher, ledger, signal } = params;
  ledger.found();
  ledger.listed();
  const outcome = await fetcher.get({
    url: source.url,
    accept: source.acceptContentType,
    maxBytes: MAX_SITEGRAPH_BYTES,
    politeness: { delayMs: configuredDelayMs(source, harvest), concurrency: 1 },
    signal,
  });
  if (!outcome.ok) {
    throw new EngineError("harvest", `Source ${source.name}: the sitegraph cannot be read. ${outcome.message}`, {
      retryable: outcome.retryable,
      details: { source: source.name, url: source.url, status: outcome.status, reason: outcome.kind },
    });
  }
  if (outcome.body.byteLength === 0) {
    throw new EngineError("harvest", `Source ${source.name}: the sitegraph ${source.url} is empty.`, {
      details: { source: source.name, url: source.url, status: outcome.status, reason: "empty" },
    });
  }
  await params.emit({ order: 0, url: source.url, outcome });
  return NO_SITEMAP;
}
