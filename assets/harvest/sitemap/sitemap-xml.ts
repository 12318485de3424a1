import { SaxesParser } from "saxes";
import { MAX_URL_CHARS } from "../fetch/urls.ts";

/** What one sitemap names, or why it cannot be read on; a fault is the last item. */
export type SitemapItem =
  | { readonly kind: "page" | "sitemap"; readonly loc: string }
  | { readonly kind: "fault"; readonly reason: SitemapFault; readonly message: string };

export type SitemapFault =
  | "html"
  | "dtd"
  | "not_xml"
  | "not_a_sitemap"
  | "malformed"
  | "too_deep"
  | "too_large"
  | "bad_gzip"
  | "charset";

/** The sitemap protocol needs 3; extensions a few more. */
const MAX_XML_DEPTH = 64;

/**
 * Reads `<url><loc>` and `<sitemap><loc>` from a document that comes in pieces. Names count without their prefix,
 * whatever namespace they are in, as gleaner reads them (gleaner-nabu.md §2.3). No DTD is taken: entities of the
 * document's own are how a kilobyte of XML becomes a gigabyte.
 *
 * `write` gives the items that the piece completes; after a fault it gives nothing more.
 */
export function createSitemapXmlReader(isHtml = false) {
  const parser = new SaxesParser();
  const path: string[] = [];
  let items: SitemapItem[] = [];
  let text: string | null = null;
  let failed = false;

  const fail = (reason: SitemapFault, message: string): void => {
    if (!failed) items.push({ kind: "fault", reason, message });
    failed = true;
  };
  const append = (more: string): void => {
    if (text !== null && text.length <= MAX_URL_CHARS) text += more;
  };
  if (isHtml) fail("html", htmlMessage);
  parser.on("error", (error) => {
    fail("malformed", `not well-formed XML at line ${parser.line}: ${error.message.replace(/^\d+:\d+:\s*/, "")}`);
  });
  parser.on("doctype", (doctype) => {
    if (/^\s*html\b/i.test(doctype)) fail("html", htmlMessage);
    else fail("dtd", "holds a DTD (<!DOCTYPE …>), which a sitemap must not have");
  });
  parser.on("opentagstart", (tag) => {
    const name = localName(tag.name);
    path.push(name);
    if (path.length > MAX_XML_DEPTH) fail("too_deep", `elements nested over ${MAX_XML_DEPTH} deep`);
    if (path.length === 1 && name === "html") fail("html", htmlMessage);
    if (path.length === 1 && !roots.has(name))
      fail("not_a_sitemap", `XML whose root is <${name.slice(0, 64)}>, not a sitemap`);
    if (isLoc(path)) text = "";
  });
  parser.on("text", append);
  parser.on("cdata", append);
  parser.on("closetag", () => {
    const kind = path.at(-2) === "sitemap" ? "sitemap" : "page";
    if (isLoc(path) && text !== null && !failed) items.push({ kind, loc: text });
    if (isLoc(path)) text = null;
    path.pop();
  });

  const take = (): readonly SitemapItem[] => {
    const taken = items;
    items = [];
    return taken;
  };
  return {
    write(piece: string): readonly SitemapItem[] {
      if (!failed) parser.write(piece);
      return take();
    },
    /** Says whether the document is whole. */
    end(): readonly SitemapItem[] {
      if (!failed) parser.close();
      return take();
    },
  };
}

const htmlMessage = "an HTML page, not a sitemap";

const roots = new Set(["urlset", "sitemapindex"]);

function isLoc(path: readonly string[]): boolean {
  const parent = path.at(-2);
  return path.at(-1) === "loc" && (parent === "url" || parent === "sitemap");
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
