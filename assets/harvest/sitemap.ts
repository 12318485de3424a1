import type { Politeness } from "./fetch/host-limiter.ts";
import type { Fetcher } from "./fetcher.ts";
import type { FetchFailureKind } from "./fetch/fetch-outcome.ts";
import { createHashIndex } from "./flow/hash-index.ts";
import { MAX_SITEMAP_BYTES, readSitemapDocument } from "./sitemap/sitemap-document.ts";
import type { SitemapFault } from "./sitemap/sitemap-xml.ts";
import { fetchableUrl, withoutPassword } from "./fetch/urls.ts";

/** Files of one source. Indexes of endless made-up children end here; the largest source seen has 29. */
export const MAX_SITEMAP_FILES = 20_000;
/** Problems and bad locs that are named; all are counted. */
const MAX_NAMED = 100;

const ACCEPT = "application/xml, text/xml;q=0.9, text/plain;q=0.8, */*;q=0.5";

export interface SitemapProblem {
  /** The sitemap file. */
  readonly url: string;
  readonly reason: FetchFailureKind | SitemapFault | "cycle" | "too_many";
  readonly status: number | null;
  readonly message: string;
  readonly retryable: boolean;
}

/** Counts that grow while `locs` is read. */
export interface SitemapTally {
  /** Files read, whole or in part. */
  files: number;
  /** Distinct page URLs given. */
  urls: number;
  duplicates: number;
  /** Locs that are no absolute http or https URL. */
  invalid: number;
  readonly namedInvalid: { readonly sitemap: string; readonly loc: string }[];
  problems: number;
  readonly namedProblems: SitemapProblem[];
  /** Something could not be read, so pages that it lists are missing. */
  incomplete: boolean;
}

export interface ReadSitemapsParams {
  /** Sitemaps or sitemap indexes. */
  readonly roots: readonly string[];
  readonly fetcher: Fetcher;
  readonly politeness?: Politeness | undefined;
  /** Lets the thread do other things; called after each 64 KiB parsed. */
  readonly breathe: () => Promise<void>;
  /** Told of each loc that is no fetchable URL, with what it would be relative to its sitemap. */
  readonly onInvalid?: ((loc: string, sitemap: string) => void) | undefined;
  readonly attempts?: number | undefined;
  /** Default `MAX_SITEMAP_FILES`. */
  readonly maxFiles?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SitemapReading {
  /** The distinct page URLs in the order of the files, each as written but for blanks and line breaks. */
  readonly locs: AsyncIterable<string>;
  readonly tally: SitemapTally;
}

/**
 * Reads sitemaps and the indexes above them, to any depth, one file at a time and depth first. A file is received as
 * a whole, so that a slow crawl never holds a server's connection, then parsed as its URLs are asked for.
 *
 * Unlike gleaner, which drops the whole source for one bad child (gleaner-nabu.md §2.3), what cannot be read is named
 * and counted and the rest goes on. A sitemap that lists one of its own ancestors is named; what it holds was read.
 */
export function readSitemaps(params: ReadSitemapsParams): SitemapReading {
  const tally: SitemapTally = {
    files: 0,
    urls: 0,
    duplicates: 0,
    invalid: 0,
    namedInvalid: [],
    problems: 0,
    namedProblems: [],
    incomplete: false,
  };
  return { locs: walk(params, tally), tally };
}

interface Pending {
  readonly url: string;
  readonly parent: Pending | null;
}

async function* walk(params: ReadSitemapsParams, tally: SitemapTally): AsyncGenerator<string> {
  const { maxFiles = MAX_SITEMAP_FILES } = params;
  const pages = createHashIndex();
  const known = new Set<string>();
  const stack: Pending[] = params.roots.map((url) => ({ url, parent: null })).toReversed();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const href = fetchableUrl(next.url)?.href ?? next.url;
    if (known.has(href)) {
      if (isAncestor(next.parent, href))
        note(tally, next.url, { reason: "cycle", message: "lists itself, through its children" });
      continue;
    }
    if (known.size >= maxFiles) {
      note(tally, next.url, { reason: "too_many", message: `more than ${maxFiles} sitemap files` });
      return;
    }
    known.add(href);
    const children: Pending[] = [];
    for await (const item of readFile(params, tally, next.url)) {
      const loc = cleanLoc(item.loc);
      if (loc === "") continue;
      if (fetchableUrl(loc) === null || loc.includes("\uFFFD")) {
        if (item.kind === "sitemap")
          note(tally, loc, { reason: "bad_url", message: `is no absolute URL; listed in ${next.url}` });
        else noteInvalid(params, tally, { loc, sitemap: next.url });
      } else if (item.kind === "sitemap") {
        children.push({ url: loc, parent: next });
      } else if (pages.find(loc) >= 0) {
        tally.duplicates += 1;
      } else {
        pages.add(loc);
        tally.urls += 1;
        yield loc;
      }
    }
    stack.push(...children.toReversed());
  }
}

async function* readFile(params: ReadSitemapsParams, tally: SitemapTally, url: string) {
  const { fetcher, politeness, attempts, signal, breathe } = params;
  const answer = await fetcher.get({ url, accept: ACCEPT, maxBytes: MAX_SITEMAP_BYTES, politeness, attempts, signal });
  if (!answer.ok) {
    const { kind: reason, message, status, retryable } = answer;
    return note(tally, url, { reason, message, status, retryable });
  }
  tally.files += 1;
  for await (const item of readSitemapDocument({ body: answer.body, contentType: answer.contentType, breathe })) {
    signal?.throwIfAborted();
    if (item.kind === "fault") return note(tally, url, { ...item, status: answer.status });
    yield item;
  }
}

/** As gleaner reads a `<loc>`: trimmed, then every blank and line break inside removed (gleaner-nabu.md §2.3). */
function cleanLoc(loc: string): string {
  return loc.trim().replaceAll(/[ \t\r\n]/g, "");
}

function isAncestor(from: Pending | null, href: string): boolean {
  for (let pending = from; pending !== null; pending = pending.parent) {
    if ((fetchableUrl(pending.url)?.href ?? pending.url) === href) return true;
  }
  return false;
}

function note(
  tally: SitemapTally,
  url: string,
  problem: Pick<SitemapProblem, "reason" | "message"> & Partial<Pick<SitemapProblem, "status" | "retryable">>,
): void {
  const { reason, message, status = null, retryable = false } = problem;
  const shown = withoutPassword(url);
  tally.problems += 1;
  // A cycle loses nothing: what it leads to has been read.
  if (reason !== "cycle") tally.incomplete = true;
  if (tally.namedProblems.length >= MAX_NAMED) return;
  const sentence = message.startsWith(shown) ? message : `${shown}: ${message}.`;
  tally.namedProblems.push({ url: shown, reason, status, retryable, message: sentence });
}

function noteInvalid(params: ReadSitemapsParams, tally: SitemapTally, invalid: { loc: string; sitemap: string }): void {
  tally.invalid += 1;
  if (tally.namedInvalid.length < MAX_NAMED) tally.namedInvalid.push(invalid);
  params.onInvalid?.(invalid.loc, invalid.sitemap);
}

/** One sentence on why sitemaps that gave no page gave none. */
export function explainNoPages(tally: SitemapTally): string {
  const [problem] = tally.namedProblems;
  if (problem !== undefined) {
    const more = tally.problems > 1 ? ` (and ${tally.problems - 1} more problems)` : "";
    return `${problem.message}${more}`;
  }
  const [invalid] = tally.namedInvalid;
  if (invalid !== undefined) {
    return `None of the ${tally.invalid} locs is an absolute http or https URL; the first is ${JSON.stringify(invalid.loc)}.`;
  }
  return "The sitemap is empty: it lists no page.";
}
