import { apiPageUrl } from "./feed/api-feed.ts";
import { whatIsNeeded } from "./feed/source-kinds.ts";
import type { Fetcher } from "./fetcher.ts";
import { loadRobots } from "./robots.ts";
import { explainNoPages, readSitemaps, type SitemapTally } from "./sitemap.ts";
import type { SourceConfig } from "./source-config.ts";

/** Enough to see that a sitemap is alive. */
export const MAX_CHECKED_URLS = 1_000;
const MAX_CHECKED_FILES = 20;
const MAX_CHECKED_BYTES = 64 * 1024;
/** A source that fails its check waits for the next one; three tries with long pauses would only hold up the others. */
const CHECK_ATTEMPTS = 2;

export type SitemapCheck = SitemapAlive | SitemapDead;

export interface SitemapAlive {
  readonly ok: true;
  /** Page URLs seen; 1 for what has no sitemap. */
  readonly count: number;
  /** There may be more: reading stopped at a bound. */
  readonly atLeast: boolean;
  /** One sentence. */
  readonly message: string;
  /** Children of an index that cannot be read, locs that are no URL: one sentence each. */
  readonly warnings: readonly string[];
}

export interface SitemapDead {
  readonly ok: false;
  /** The HTTP status; null where no answer came, or where none was asked. */
  readonly status: number | null;
  /** `refused`, `BadURL404`, `html`, `not_xml`, `empty`, `timeout`, `needs`, … */
  readonly reason: string;
  /** One sentence with what was asked and what came. */
  readonly message: string;
  /** Whether another time may be better. */
  readonly retryable: boolean;
}

export interface CheckSitemapParams {
  readonly source: SourceConfig;
  readonly fetcher: Fetcher;
  readonly signal?: AbortSignal | undefined;
}

/** Whether a source can be summoned at all, as cheaply as that can be known. Throws only the reason of an abort. */
export async function checkSitemap(params: CheckSitemapParams): Promise<SitemapCheck> {
  const { source } = params;
  const needed = whatIsNeeded(source);
  if (needed !== null) return dead("needs", needed);
  switch (source.sourceType) {
    case "robots":
      return checkRobots(params);
    case "sitegraph":
      return checkDocument(params, source.url);
    case "api":
      if (source.url.split("%d").length !== 2)
        return dead("bad_url", `The URL of an api source needs exactly one %d: ${source.url}`);
      return checkDocument(params, apiPageUrl(source.name, { url: source.url, page: 0 }));
    default:
      return checkSitemaps(params, [source.url]);
  }
}

async function checkSitemaps(params: CheckSitemapParams, roots: readonly string[]): Promise<SitemapCheck> {
  const { fetcher, signal } = params;
  const { locs, tally } = readSitemaps({
    roots,
    fetcher,
    attempts: CHECK_ATTEMPTS,
    maxFiles: MAX_CHECKED_FILES,
    breathe: () => Promise.resolve(),
    signal,
  });
  let count = 0;
  for await (const _ of locs) {
    count += 1;
    if (count >= MAX_CHECKED_URLS) break;
  }
  if (count === 0) return noPages(tally);
  const atLeast = count >= MAX_CHECKED_URLS || tally.namedProblems.some(({ reason }) => reason === "too_many");
  const warnings = [
    ...tally.namedProblems.filter(({ reason }) => reason !== "too_many").map(({ message }) => message),
    ...tally.namedInvalid.map(
      ({ loc, sitemap }) => `${JSON.stringify(loc)} in ${sitemap} is no absolute http or https URL.`,
    ),
  ];
  return { ok: true, count, atLeast, warnings, message: `Lists ${atLeast ? "at least " : ""}${count} pages.` };
}

function noPages(tally: SitemapTally): SitemapDead {
  const [problem] = tally.namedProblems;
  if (problem === undefined) return dead(tally.invalid > 0 ? "bad_url" : "empty", explainNoPages(tally));
  const { reason, status, retryable } = problem;
  return { ok: false, reason, status, retryable, message: explainNoPages(tally) };
}

async function checkRobots(params: CheckSitemapParams): Promise<SitemapCheck> {
  const { source, fetcher, signal } = params;
  const robots = await loadRobots({ url: source.url, fetcher, signal });
  if (robots.failure !== null) {
    const { kind: reason, status, message, retryable } = robots.failure;
    return { ok: false, reason, status, message, retryable };
  }
  if (robots.sitemaps.length === 0)
    return dead("empty", `${source.url} names no sitemap; expected a line "Sitemap: https://…".`);
  return checkSitemaps(params, robots.sitemaps);
}

/** One document of JSON-LD, or a page that holds some: there, not empty, and for a sitegraph the beginning of JSON. */
async function checkDocument(params: CheckSitemapParams, url: string): Promise<SitemapCheck> {
  const { source, fetcher, signal } = params;
  const answer = await fetcher.get({
    url,
    accept: source.acceptContentType,
    maxBytes: MAX_CHECKED_BYTES,
    truncate: true,
    attempts: CHECK_ATTEMPTS,
    signal,
  });
  if (!answer.ok) {
    const { kind: reason, status, message, retryable } = answer;
    return { ok: false, reason, status, message, retryable };
  }
  const start = new TextDecoder().decode(answer.body).trimStart();
  if (start === "") return { ...dead("empty", `${url} is empty.`), status: answer.status };
  if (source.sourceType === "sitegraph" && !/^[{[]/.test(start)) {
    const isHtml = /^<(!doctype\s+html|html)\b/i.test(start);
    const what = isHtml ? "an HTML page" : `something that starts ${JSON.stringify(start.slice(0, 40))}`;
    return { ...dead(isHtml ? "html" : "not_json", `${url} is ${what}, not JSON-LD.`), status: answer.status };
  }
  return {
    ok: true,
    count: 1,
    atLeast: source.sourceType === "api",
    message: "Answers with a document.",
    warnings: [],
  };
}

function dead(reason: string, message: string): SitemapDead {
  return { ok: false, status: null, reason, message, retryable: false };
}
