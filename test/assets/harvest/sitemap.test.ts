import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readSitemaps, type ReadSitemapsParams, type SitemapTally } from "../../../assets/harvest/sitemap.ts";
import { quickFetcher } from "../../rigs/crawler.ts";
import { sitemapIndex, startSite, urlset, type RouteSource } from "../../rigs/site.ts";

interface Reading {
  readonly paths: readonly string[];
  readonly tally: SitemapTally;
  readonly asked: readonly string[];
}

/** Reads `/sitemap.xml` of a site; URLs of the site are given as paths. */
async function read(
  routes: Readonly<Record<string, RouteSource>>,
  more: Partial<ReadSitemapsParams> = {},
): Promise<Reading> {
  await using site = await startSite(routes);
  await using fetcher = quickFetcher();
  const breathe = (): Promise<void> => Promise.resolve();
  const { locs, tally } = readSitemaps({ roots: [`${site.origin}/sitemap.xml`], fetcher, breathe, ...more });
  const paths: string[] = [];
  for await (const loc of locs) paths.push(loc.replace(site.origin, ""));
  return { paths, tally, asked: site.paths() };
}

function reasons(tally: SitemapTally): readonly string[] {
  return tally.namedProblems.map(({ reason }) => reason);
}

const text = (body: string): RouteSource => ({ type: "text/plain", body });

test("a urlset gives its pages in order", async () => {
  const { paths, tally } = await read({ "/sitemap.xml": urlset("/b", "/a", "/c") });
  assert.deepEqual(paths, ["/b", "/a", "/c"]);
  assert.deepEqual([tally.urls, tally.files, tally.problems, tally.incomplete], [3, 1, 0, false]);
});

test("indexes nested three deep are read depth first, in document order", async () => {
  const { paths, tally } = await read({
    "/sitemap.xml": sitemapIndex("/one.xml", "/two.xml"),
    "/one.xml": sitemapIndex("/deep.xml", "/three.xml"),
    "/deep.xml": sitemapIndex("/four.xml"),
    "/two.xml": urlset("/2"),
    "/three.xml": urlset("/3"),
    "/four.xml": urlset("/4"),
  });
  assert.deepEqual(paths, ["/4", "/3", "/2"]);
  assert.equal(tally.files, 6);
});

test("an index that lists its own ancestor is named, and nothing is read twice", async () => {
  const { paths, tally, asked } = await read({
    "/sitemap.xml": sitemapIndex("/one.xml"),
    "/one.xml": sitemapIndex("/sitemap.xml", "/two.xml"),
    "/two.xml": urlset("/2"),
  });
  assert.deepEqual(paths, ["/2"]);
  assert.deepEqual(reasons(tally), ["cycle"]);
  assert.equal(tally.incomplete, false);
  assert.equal(asked.length, 3);
});

test("a child that two indexes list is read once without a word", async () => {
  const { paths, tally } = await read({
    "/sitemap.xml": sitemapIndex("/one.xml", "/two.xml"),
    "/one.xml": sitemapIndex("/shared.xml"),
    "/two.xml": sitemapIndex("/shared.xml"),
    "/shared.xml": urlset("/s"),
  });
  assert.deepEqual(paths, ["/s"]);
  assert.equal(tally.problems, 0);
});

test("a dead child is named with its status and the rest goes on", async () => {
  const { paths, tally } = await read({
    "/sitemap.xml": sitemapIndex("/one.xml", "/dead.xml", "/two.xml"),
    "/one.xml": urlset("/1"),
    "/dead.xml": { status: 404, type: "text/html", body: "<!doctype html><title>404</title>" },
    "/two.xml": urlset("/2"),
  });
  assert.deepEqual(paths, ["/1", "/2"]);
  assert.deepEqual(reasons(tally), ["BadURL404"]);
  assert.equal(tally.namedProblems[0]?.status, 404);
  assert.match(tally.namedProblems[0]?.message ?? "", /\/dead\.xml answered 404\.$/);
  assert.equal(tally.incomplete, true);
});

test("made-up children without end stop at the limit of files", async () => {
  const routes: Record<string, RouteSource> = { "/sitemap.xml": sitemapIndex("/0.xml") };
  for (let n = 0; n < 20; n += 1) routes[`/${n}.xml`] = sitemapIndex(`/${n + 1}.xml`);
  const { tally, asked } = await read(routes, { maxFiles: 10 });
  assert.equal(asked.length, 10);
  assert.deepEqual(reasons(tally), ["too_many"]);
});

test("a gzipped file is unpacked, whether its name or its headers say so", async () => {
  const packed = gzipSync(urlset("https://x.example/1"));
  const byName = await read({ "/sitemap.xml": { type: "application/x-gzip", body: packed } });
  assert.deepEqual(byName.paths, ["https://x.example/1"]);
  const byHeader = await read({ "/sitemap.xml": { headers: { "content-encoding": "gzip" }, body: packed } });
  assert.deepEqual(byHeader.paths, ["https://x.example/1"]);
});

test("a gzip bomb is stopped, named, and keeps what came before", async () => {
  const body = gzipSync(`${urlset("https://x.example/1").replace("</urlset>", "")}${" ".repeat(200_000_000)}</urlset>`);
  const { paths, tally } = await read({ "/sitemap.xml": { body } });
  assert.deepEqual(paths, ["https://x.example/1"]);
  assert.deepEqual(reasons(tally), ["too_large"]);
});

test("broken gzip is named", async () => {
  const { paths, tally } = await read({ "/sitemap.xml": { body: gzipSync(urlset("/1")).subarray(0, 40) } });
  assert.deepEqual(paths, []);
  assert.deepEqual(reasons(tally), ["bad_gzip"]);
});

test("a text sitemap gives one page a line", async () => {
  const { paths, tally } = await read({
    "/sitemap.xml": text("\uFEFFhttps://x.example/1\r\n\r\n https://x.example/2 \nhttps://x.example/3"),
  });
  assert.deepEqual(paths, ["https://x.example/1", "https://x.example/2", "https://x.example/3"]);
  assert.equal(tally.problems, 0);
});

test("namespaces and prefixes do not matter, and locs of images are not pages", async () => {
  const body = `<?xml version="1.0"?><s:urlset xmlns:s="urn:whatever" xmlns:image="urn:i">
    <s:url><s:loc>https://x.example/1</s:loc><image:image><image:loc>https://x.example/1.png</image:loc></image:image></s:url>
    <url><loc><![CDATA[https://x.example/2?a=1&b=2]]></loc></url></s:urlset>`;
  assert.deepEqual((await read({ "/sitemap.xml": body })).paths, [
    "https://x.example/1",
    "https://x.example/2?a=1&b=2",
  ]);
});

test("a loc is trimmed, its blanks and line breaks removed and its entities decoded", async () => {
  const body = "<urlset><url><loc>\n  https://x.example/a?b=1&amp;c=\n   2&#x21; </loc></url></urlset>";
  assert.deepEqual((await read({ "/sitemap.xml": body })).paths, ["https://x.example/a?b=1&c=2!"]);
});

test("a page listed twice, in one file or two, is given once and counted", async () => {
  const { paths, tally } = await read({
    "/sitemap.xml": sitemapIndex("/one.xml", "/two.xml"),
    "/one.xml": urlset("/1", "/1", "/2"),
    "/two.xml": urlset("/2", "/3"),
  });
  assert.deepEqual(paths, ["/1", "/2", "/3"]);
  assert.equal(tally.duplicates, 2);
});

test("relative and odd locs are named, not guessed at", async () => {
  const invalid: string[] = [];
  const body = "<urlset><url><loc>/rel</loc></url><url><loc>mailto:a@b</loc></url><url><loc></loc></url></urlset>";
  const { paths, tally } = await read({ "/sitemap.xml": body }, { onInvalid: (loc) => void invalid.push(loc) });
  assert.deepEqual(paths, []);
  assert.equal(tally.invalid, 2);
  assert.deepEqual(invalid, ["/rel", "mailto:a@b"]);
  assert.deepEqual(
    tally.namedInvalid.map(({ loc }) => loc),
    ["/rel", "mailto:a@b"],
  );
});

const charsets = {
  "Latin-1 by its XML declaration": Buffer.from(
    '<?xml version="1.0" encoding="ISO-8859-1"?><urlset><url><loc>https://x.example/\u00fc</loc></url></urlset>',
    "latin1",
  ),
  "UTF-16 with a byte order mark": Buffer.from(
    '\uFEFF<?xml version="1.0" encoding="UTF-16"?><urlset><url><loc>https://x.example/\u00fc</loc></url></urlset>',
    "utf16le",
  ),
  "UTF-8 with a byte order mark and a line break before the declaration": Buffer.from(
    '\uFEFF\n<?xml version="1.0" encoding="UTF-8"?><urlset><url><loc>https://x.example/\u00fc</loc></url></urlset>',
  ),
};
for (const [name, body] of Object.entries(charsets)) {
  test(`a sitemap in ${name} is read`, async () => {
    const { paths, tally } = await read({ "/sitemap.xml": { type: "application/xml", body } });
    assert.deepEqual(paths, ["https://x.example/\u00fc"]);
    assert.equal(tally.problems, 0);
  });
}

const faults: Readonly<Record<string, readonly [RouteSource, string]>> = {
  "an HTML page": [{ type: "text/html", body: "<!DOCTYPE html><html><head><br></head></html>" }, "html"],
  "an XHTML page": [
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>Not found</body></html>',
    "html",
  ],
  "plain text": [text("this is not xml & never was <oops"), "not_xml"],
  JSON: [{ type: "application/json", body: "[1]" }, "not_xml"],
  nothing: [text(""), "not_xml"],
  blanks: [text(" \n \n"), "not_xml"],
  "an RSS feed": ["<rss><channel><link>https://x.example/</link></channel></rss>", "not_a_sitemap"],
  "an entity bomb": [
    '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><urlset><url><loc>https://x.example/&b;</loc></url></urlset>',
    "dtd",
  ],
  "a DTD from elsewhere": ['<!DOCTYPE urlset SYSTEM "http://x.example/x.dtd"><urlset/>', "dtd"],
  "elements nested without end": [`<urlset>${"<a>".repeat(10_000)}`, "too_deep"],
  "an unknown encoding": ['<?xml version="1.0" encoding="klingon"?><urlset/>', "charset"],
};
for (const [name, [route, reason]] of Object.entries(faults)) {
  test(`${name} in place of a sitemap is named as ${reason}`, async () => {
    const { paths, tally } = await read({ "/sitemap.xml": route });
    assert.deepEqual(paths, []);
    assert.deepEqual(reasons(tally), [reason]);
    assert.equal(tally.incomplete, true);
  });
}

test("XML that breaks off gives what came before and is named with its line", async () => {
  const { paths, tally } = await read({
    "/sitemap.xml": "<urlset>\n<url><loc>https://x.example/1</loc></url>\n<url><loc>https://x",
  });
  assert.deepEqual(paths, ["https://x.example/1"]);
  assert.deepEqual(reasons(tally), ["malformed"]);
  assert.match(tally.namedProblems[0]?.message ?? "", /not well-formed XML at line 3/);
});

test("an empty urlset is no problem by itself", async () => {
  const { paths, tally } = await read({ "/sitemap.xml": urlset() });
  assert.deepEqual(paths, []);
  assert.deepEqual([tally.problems, tally.incomplete], [0, false]);
});

test("reading stops with the reader: of a huge sitemap only the beginning is parsed", async () => {
  const urls = Array.from({ length: 50_000 }, (_, n) => `https://x.example/dataset/${n}`);
  await using site = await startSite({ "/sitemap.xml": urlset(...urls) });
  await using fetcher = quickFetcher();
  let breaths = 0;
  const breathe = (): Promise<void> => Promise.resolve(void (breaths += 1));
  const { locs, tally } = readSitemaps({ roots: [`${site.origin}/sitemap.xml`], fetcher, breathe });
  for await (const loc of locs) if (loc.endsWith("/10")) break;
  assert.ok(breaths <= 1, `${breaths} pieces`);
  assert.equal(tally.urls, 11);
});

test("50,000 pages are all given, with the thread let go in between", async () => {
  const urls = Array.from({ length: 50_000 }, (_, n) => `https://x.example/dataset/${n}`);
  let breaths = 0;
  const { paths } = await read(
    { "/sitemap.xml": urlset(...urls) },
    { breathe: () => Promise.resolve(void (breaths += 1)) },
  );
  assert.equal(paths.length, 50_000);
  assert.ok(breaths > 20, `${breaths} pieces`);
});
