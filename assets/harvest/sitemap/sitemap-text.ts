import type { SitemapItem } from "./sitemap-xml.ts";
import { fetchableUrl, MAX_URL_CHARS } from "../fetch/urls.ts";

/**
 * Reads a text sitemap: one URL a line (sitemaps.org, "Text file"). Its first line that is not blank has to be an
 * http or https URL: that is how it is told from a page or an error message.
 */
export function createSitemapTextReader() {
  let rest = "";
  let lines = 0;
  let failed = false;

  function take(line: string): SitemapItem | null {
    const loc = line.trim();
    if (loc === "" || failed) return null;
    lines += 1;
    if (lines > 1 || fetchableUrl(loc) !== null) return { kind: "page", loc };
    failed = true;
    return {
      kind: "fault",
      reason: "not_xml",
      message: `neither XML nor a list of URLs; starts ${JSON.stringify(loc.slice(0, 60))}`,
    };
  }

  return {
    write(piece: string): readonly SitemapItem[] {
      const parts = (rest + piece).split(/\r\n|\r|\n/);
      // A line without an end is no URL; keeping its start is enough to say so.
      rest = (parts.pop() ?? "").slice(0, MAX_URL_CHARS + 1);
      return parts.map(take).filter((item) => item !== null);
    },
    end(): readonly SitemapItem[] {
      const last = take(rest);
      if (last !== null) return [last];
      return lines > 0 ? [] : [{ kind: "fault", reason: "not_xml", message: "an empty document" }];
    },
  };
}
