import { type Clock, EngineError } from "../../engine/index.ts";
import type { Fetcher } from "../harvest/fetcher.ts";
import { loadRobots } from "../harvest/robots.ts";
import { explainNoPages, readSitemaps } from "../harvest/sitemap.ts";
import type { SourceConfig } from "../harvest/source-config.ts";

export interface SitemapUrlsParams {
  readonly source: SourceConfig;
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The pages that a source lists now, for its reports. Throws `harvest` where nothing lists them. */
export async function* sitemapUrls(params: SitemapUrlsParams): AsyncGenerator<string> {
  const { source, fetcher, clock, signal } = params;
  const roots = await rootsOf(params);
  if (roots === null) {
    yield source.url;
    return;
  }
  const reading = readSitemaps({ roots, fetcher, breathe: () => clock.sleep(0, signal), signal });
  yield* reading.locs;
  if (reading.tally.urls === 0) throw new EngineError("harvest", explainNoPages(reading.tally));
}

/** The sitemaps to read; null where the source is one document by itself. */
async function rootsOf({ source, fetcher, signal }: SitemapUrlsParams): Promise<readonly string[] | null> {
  switch (source.sourceType) {
    case "sitegraph":
      return null;
    case "robots": {
      const robots = await loadRobots({ url: source.url, fetcher, signal });
      if (robots.sitemaps.length > 0) return robots.sitemaps;
      throw new EngineError("harvest", robots.failure?.message ?? `${source.url} names no sitemap`);
    }
    case "api":
      throw new EngineError("harvest", `a source of type api lists no pages, so there is nothing to compare with`);
    default:
      return [source.url];
  }
}
