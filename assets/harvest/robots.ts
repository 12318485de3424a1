import robotsParserModule from "robots-parser";
import type { Fetcher } from "./fetcher.ts";
import { USER_AGENT } from "./fetcher.ts";
import type { FetchFailure } from "./fetch/fetch-outcome.ts";
import { fetchableUrl } from "./fetch/urls.ts";

/** RFC 9309 §2.5 asks for at least 500 kibibytes; what lies beyond is not read. */
export const MAX_ROBOTS_BYTES = 512 * 1024;
/** Longer lines are left out: matching costs rule length × URL length. */
const MAX_ROBOTS_LINE_CHARS = 2_048;
/** A site that asks for more gets this: at a minute a page, a thousand pages take 17 hours. */
export const MAX_CRAWL_DELAY_MS = 60_000;

/** The package's types say ES module, its code is `module.exports = function`. */
const robotsParser = robotsParserModule as unknown as typeof robotsParserModule.default;

const ACCEPT = "text/plain, */*;q=0.5";

export interface Robots {
  readonly url: string;
  /** Whether there is one. What cannot be fetched forbids nothing, as gleaner has it (gleaner-nabu.md §2.3). */
  readonly found: boolean;
  /** Why there is none; null where it was found. */
  readonly failure: FetchFailure | null;
  /** Rules match the path and query of a URL (RFC 9309 §2.2.2); gleaner matches them against the whole URL. */
  allows(url: string): boolean;
  /** 0 where none is asked for; capped. */
  readonly crawlDelayMs: number;
  /** As written. */
  readonly sitemaps: readonly string[];
}

export interface LoadRobotsParams {
  readonly url: string;
  readonly fetcher: Fetcher;
  readonly signal?: AbortSignal | undefined;
}

export async function loadRobots(params: LoadRobotsParams): Promise<Robots> {
  const { url, fetcher, signal } = params;
  const answer = await fetcher.get({ url, accept: ACCEPT, maxBytes: MAX_ROBOTS_BYTES, truncate: true, signal });
  if (!answer.ok) return { url, found: false, failure: answer, allows: () => true, crawlDelayMs: 0, sitemaps: [] };
  return parseRobots(url, new TextDecoder().decode(answer.body));
}

/** `url` says for which scheme, host and port the rules hold; other places are not their business. */
export function parseRobots(url: string, text: string): Robots {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.length <= MAX_ROBOTS_LINE_CHARS);
  const rules = robotsParser(url, lines.join("\n"));
  const delayS = rules.getCrawlDelay(USER_AGENT) ?? 0;
  return {
    url,
    found: true,
    failure: null,
    allows: (page) => rules.isAllowed(page, USER_AGENT) ?? true,
    crawlDelayMs: Math.min(MAX_CRAWL_DELAY_MS, Math.max(0, delayS * 1_000)),
    sitemaps: Object.freeze(rules.getSitemaps()),
  };
}

/** `<domain>/robots.txt`; null where the domain is empty or no http or https URL, as gleaner then goes without. */
export function robotsUrlOf(domain: string): string | null {
  const url = `${domain.trim().replace(/\/+$/, "")}/robots.txt`;
  return fetchableUrl(url) === null ? null : url;
}
