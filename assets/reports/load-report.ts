import type { Clock, ObjectStore } from "../../engine/index.ts";
import { asciiText } from "../harvest/document/object-metadata.ts";
import type { SourceConfig } from "../harvest/source-config.ts";
import { ownText } from "./own-text.ts";
import { dateOf } from "./put-report.ts";
import { summonedObjects } from "./summoned-objects.ts";

/**
 * `load_report_s3.json`: what the sitemap lists against what is in the bucket. Fields as earthcube-utilities'
 * `missingReport` spells them; counts and lists about the sitemap are null and empty where it could not be read.
 */
export interface LoadReport {
  readonly source: string;
  readonly graph: string | null;
  readonly sitemap: string;
  readonly date: string;
  readonly bucket: string;
  readonly s3store: string;
  /** Seconds. */
  readonly sitemap_geturls_time: number;
  /** Seconds. */
  readonly s3_geturls_time: number;
  /** Distinct URLs. */
  readonly sitemap_count: number | null;
  /** Objects: a page with several documents counts several times. */
  readonly summoned_count: number;
  readonly missing_sitemap_summon_count: number | null;
  /** In the sitemap's order; complete. */
  readonly missing_sitemap_summon: readonly string[];
  readonly extra_in_summon_count: number | null;
  /** Distinct, in key order; complete. */
  readonly extra_in_summon: readonly string[];
  /** Objects whose metadata names no page; they count as summoned and are in neither list. */
  readonly summoned_without_url_count: number;
  /** Why the sitemap could not be read to its end. */
  readonly sitemap_error?: string;
}

export interface LoadReportParams {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly source: Pick<SourceConfig, "name" | "url" | "sourceType">;
  /** The URLs that the source lists now; where it throws, the report says so. */
  readonly sitemapUrls: AsyncIterable<string>;
  readonly clock: Clock;
  /** For the report's `s3store`; default the store's own description. */
  readonly s3Store?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws only what the store throws, and the signal's reason. */
export async function loadReportS3(params: LoadReportParams): Promise<LoadReport> {
  return compareWithSitemap(params, () => undefined);
}

/** The report, calling `onObject` with the id of each document on the way. */
export async function compareWithSitemap(
  params: LoadReportParams,
  onObject: (id: string) => void,
): Promise<LoadReport> {
  const { store, bucket, source, clock, signal } = params;
  const startedAt = clock.monotonic();
  const sitemap = await readSitemap(params);
  const sitemapAt = clock.monotonic();
  const extra = new Set<string>();
  let summonedCount = 0;
  let withoutUrlCount = 0;
  for await (const object of summonedObjects({ store, bucket, source: source.name, signal })) {
    summonedCount += 1;
    onObject(object.id);
    // A sitegraph's document has no metadata, and one place it can come from.
    const url = object.url ?? (source.sourceType === "sitegraph" ? source.url : null);
    if (url === null) withoutUrlCount += 1;
    else if (!sitemap.take(url) && sitemap.error === null) extra.add(url);
  }
  const missing = sitemap.error === null ? sitemap.left() : [];
  const known = sitemap.error === null;
  return {
    source: source.name,
    graph: null,
    sitemap: source.url,
    date: dateOf(clock.now()),
    bucket,
    s3store: params.s3Store ?? store.description,
    sitemap_geturls_time: seconds(sitemapAt - startedAt),
    s3_geturls_time: seconds(clock.monotonic() - sitemapAt),
    sitemap_count: known ? sitemap.count : null,
    summoned_count: summonedCount,
    missing_sitemap_summon_count: known ? missing.length : null,
    missing_sitemap_summon: missing,
    extra_in_summon_count: known ? extra.size : null,
    extra_in_summon: [...extra],
    summoned_without_url_count: withoutUrlCount,
    ...(sitemap.error === null ? {} : { sitemap_error: sitemap.error }),
  };
}

export function seconds(ms: number): number {
  return Math.round(ms) / 1_000;
}

interface ReadSitemap {
  readonly count: number;
  readonly error: string | null;
  /**
   * Marks the URL as summoned; false where the sitemap does not list it. Metadata is ASCII, so that is how both are
   * compared.
   */
  take(url: string): boolean;
  /** Those never taken, in the sitemap's order. */
  left(): readonly string[];
}

async function readSitemap({ sitemapUrls, signal }: LoadReportParams): Promise<ReadSitemap> {
  const listed = new Map<string, { readonly url: string; taken: boolean }>();
  let failure: string | null = null;
  try {
    for await (const url of sitemapUrls) {
      const listedUrl = ownText(url.trim());
      const key = asciiText(listedUrl);
      if (key !== "" && !listed.has(key)) listed.set(key, { url: listedUrl, taken: false });
    }
  } catch (error) {
    signal?.throwIfAborted();
    failure = error instanceof Error ? error.message : String(error);
  }
  return {
    count: listed.size,
    error: failure,
    take(url) {
      const entry = listed.get(asciiText(url.trim()));
      if (entry !== undefined) entry.taken = true;
      return entry !== undefined;
    },
    left: () => [...listed.values()].filter(({ taken }) => !taken).map(({ url }) => url),
  };
}
