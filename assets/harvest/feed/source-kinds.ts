import { EngineError } from "../../../engine/index.ts";
import type { SourceConfig } from "../source-config.ts";
import { feedApi } from "./api-feed.ts";
import type { PageFeed } from "./page-feed.ts";
import { feedSitegraph } from "./sitegraph-feed.ts";
import { feedSitemap } from "./sitemap-feed.ts";

const feeds: Readonly<Record<string, PageFeed>> = {
  sitemap: feedSitemap,
  robots: feedSitemap,
  sitegraph: feedSitegraph,
  api: feedApi,
};

/** Why the embedded harvester cannot take this source: one sentence that says what it needs. Null where it can. */
export function whatIsNeeded(source: SourceConfig): string | null {
  const { name, sourceType } = source;
  if (sourceType === "googledrive") {
    return (
      `Source ${name} is a Google Drive: it needs the gleaner container and a service account's credentials ` +
      "(GLEANERIO_GLEANER_IMAGE, credentialsfile)."
    );
  }
  if (feeds[sourceType] === undefined) {
    return `Source ${name} has the sourcetype "${sourceType}", which is not known; expected one of ${Object.keys(feeds).join(", ")}, googledrive.`;
  }
  if (source.headless) {
    return (
      `Source ${name} has "headless: true": its pages need a browser to run their scripts, so it needs the gleaner ` +
      "container and headless Chrome (GLEANERIO_GLEANER_IMAGE, GLEANERIO_HEADLESS_ENDPOINT)."
    );
  }
  return null;
}

/** Throws `harvest` where the source needs what the embedded harvester has not. */
export function feedOf(source: SourceConfig): PageFeed {
  const needed = whatIsNeeded(source);
  const feed = feeds[source.sourceType];
  if (needed === null && feed !== undefined) return feed;
  throw new EngineError("harvest", needed ?? `Source ${source.name} cannot be read.`, {
    details: { source: source.name, reason: "needs", sourceType: source.sourceType, headless: source.headless },
  });
}
