import { gzipSync } from "node:zlib";
import type { DemoPage, DemoSite, JsonLd } from "./demo-sites.ts";

/** What a path of the demo's web sites answers. */
export interface DemoAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

/** All paths of a site. `origin` is `http://127.0.0.1:PORT`; the same sites and origin give the same bytes. */
export function siteAnswers(site: DemoSite, origin: string): ReadonlyMap<string, DemoAnswer> {
  const answers = new Map<string, DemoAnswer>();
  const base = `/${site.name}/`;
  answers.set(base, html(indexPage(site)));
  for (const page of site.pages) answers.set(pagePath(site, page), pageAnswer(site, page));
  const urlOf = (path: string): string => origin + pagePath(site, { path });
  const paths = site.pages.map((page) => page.path);
  switch (site.feed.type) {
    case "robots":
      answers.set(`${base}robots.txt`, text(robotsText(`${origin}${base}`)));
      answers.set(`${base}sitemap.xml`, xml(urlSet(paths.map(urlOf))));
      break;
    case "sitemap":
      answers.set(`${base}sitemap.xml`, xml(urlSet(paths.map(urlOf))));
      break;
    case "sitegraph":
      answers.set(`${base}sitegraph.jsonld`, jsonLd(siteGraph(site)));
      break;
    case "index":
      answers.set(
        `${base}sitemap.xml`,
        xml(sitemapIndex(site.feed.children.map((child) => `${origin}${base}${child.file}`))),
      );
      for (const child of site.feed.children) {
        const list = xml(urlSet(child.pages.map(urlOf)));
        answers.set(base + child.file, child.file.endsWith(".gz") ? gzipped(list) : list);
      }
      break;
  }
  return answers;
}

export function pagePath(site: Pick<DemoSite, "name">, page: Pick<DemoPage, "path">): string {
  return `/${site.name}/${page.path}.html`;
}

function pageAnswer(site: DemoSite, page: DemoPage): DemoAnswer {
  if (page.form === "gone") return { ...html(shell("Withdrawn", "<p>This dataset was withdrawn.</p>")), status: 404 };
  const documents = page.documents.map((name) => site.documents.get(name)).filter((found) => found !== undefined);
  const title = documents.map(nameOf).join("; ") || site.title;
  const blocks = page.form === "array" ? [block(documents)] : documents.map(block);
  if (page.form === "broken-block-first") blocks.unshift(BROKEN_BLOCK);
  const body = documents.map((document) => `<h2>${escape(nameOf(document))}</h2>\n${description(document)}`).join("\n");
  const [first = "", ...rest] = blocks;
  const markup = shell(title, `${body || `<p>About the ${escape(site.title)}.</p>`}\n${rest.join("\n")}`, first);
  if (page.encoding !== "latin1") return html(markup);
  return {
    status: 200,
    contentType: "text/html",
    body: Buffer.from(markup.replace('charset="utf-8"', 'charset="iso-8859-1"'), "latin1"),
  };
}

/** A catalogue block as a template engine leaves it behind when a value is missing. */
const BROKEN_BLOCK = `<script type="application/ld+json">
{ "@context": "https://schema.org/", "@type": "DataCatalog", "name": "Geolab", "dateModified": , }
</script>`;

/** `</` cannot end the script element, and what Latin-1 cannot hold is escaped, so that every page can be either. */
function block(value: unknown): string {
  const json = JSON.stringify(value, null, 1)
    .replaceAll("</", String.raw`<\/`)
    .replaceAll(/[^\0-\u00FF]/g, (character) => String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, "0"));
  return `<script type="application/ld+json">\n${json}\n</script>`;
}

function shell(title: string, body: string, head = ""): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escape(title)}</title>
${head}
</head>
<body>
<h1>${escape(title)}</h1>
${body}
</body>
</html>
`;
}

function indexPage(site: DemoSite): string {
  const items = site.pages.map((page) => `<li><a href="${escape(pagePath(site, page))}">${escape(page.path)}</a></li>`);
  return shell(site.title, `<ul>\n${items.join("\n")}\n</ul>`);
}

function siteGraph(site: DemoSite): JsonLd {
  const nodes = [...site.documents.values()].map(({ "@context": _context, ...node }) => node);
  return { "@context": { "@vocab": "https://schema.org/" }, "@graph": nodes };
}

function robotsText(base: string): string {
  return `User-agent: *\nDisallow: ${new URL("drafts/", base).pathname}\n\nSitemap: ${base}sitemap.xml\n`;
}

const SITEMAP_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9";

function urlSet(urls: readonly string[]): string {
  const items = urls.map((url) => `<url><loc>${escape(url)}</loc></url>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="${SITEMAP_NAMESPACE}">\n${items.join("\n")}\n</urlset>\n`;
}

function sitemapIndex(urls: readonly string[]): string {
  const items = urls.map((url) => `<sitemap><loc>${escape(url)}</loc></sitemap>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="${SITEMAP_NAMESPACE}">\n${items.join("\n")}\n</sitemapindex>\n`;
}

function nameOf(document: JsonLd): string {
  return typeof document["name"] === "string" && document["name"] !== "" ? document["name"] : "Record";
}

function description(document: JsonLd): string {
  const plain = typeof document["description"] === "string" ? document["description"].replaceAll(/<[^>]*>/g, " ") : "";
  return `<p>${escape(plain)}</p>`;
}

/** For HTML and XML, in text and in quoted attributes; beyond Latin-1 as numbers, so that every page can be either. */
export function escape(value: string): string {
  return value.replaceAll(/[&<>"']|[^\0-\u00FF]/gu, (character) => `&#${character.codePointAt(0)};`);
}

const answer = (contentType: string, body: string): DemoAnswer => ({
  status: 200,
  contentType,
  body: Buffer.from(body),
});
export const html = (body: string): DemoAnswer => answer("text/html; charset=utf-8", body);
export const text = (body: string): DemoAnswer => answer("text/plain; charset=utf-8", body);
const xml = (body: string): DemoAnswer => answer("application/xml", body);
const jsonLd = (body: JsonLd): DemoAnswer => answer("application/ld+json", JSON.stringify(body, null, 1));
const gzipped = (plain: DemoAnswer): DemoAnswer => ({
  ...plain,
  contentType: "application/gzip",
  body: gzipSync(plain.body),
});
