import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSitemap, MAX_CHECKED_URLS, type SitemapCheck } from "../../../assets/harvest/check-sitemap.ts";
import type { SourceConfig } from "../../../assets/harvest/source-config.ts";
import { quickFetcher } from "../../rigs/crawler.ts";
import { closedPort, sitemapIndex, startGoldenSite, startSite, urlset, type RouteSource } from "../../rigs/site.ts";
import { sourceConfig } from "../../rigs/sources.ts";

async function check(
  routes: Readonly<Record<string, RouteSource>>,
  given: Partial<SourceConfig> = {},
): Promise<SitemapCheck> {
  await using site = await startSite(routes);
  await using fetcher = quickFetcher();
  const url = `${site.origin}${given.url ?? "/sitemap.xml"}`;
  return await checkSitemap({ source: sourceConfig({ name: "s", ...given, url }), fetcher });
}

test("a sitemap that answers is alive, with its number of pages", async () => {
  const result = await check({ "/sitemap.xml": urlset("/1", "/2") });
  assert.deepEqual(result, { ok: true, count: 2, atLeast: false, message: "Lists 2 pages.", warnings: [] });
});

test("counting a large sitemap stops early and says so", async () => {
  const urls = Array.from({ length: 2 * MAX_CHECKED_URLS }, (_, n) => `/${n}`);
  const result = await check({ "/sitemap.xml": urlset(...urls) });
  assert.ok(result.ok);
  assert.equal(result.count, MAX_CHECKED_URLS);
  assert.equal(result.atLeast, true);
});

test("a dead child of a live index is a warning", async () => {
  const result = await check({ "/sitemap.xml": sitemapIndex("/dead.xml", "/1.xml"), "/1.xml": urlset("/1") });
  assert.ok(result.ok);
  assert.equal(result.count, 1);
  assert.equal(result.warnings.length, 1);
  assert.match(result.warnings[0] ?? "", /dead\.xml answered 404/);
});

const dead = [
  ["404.xml", 404, "BadURL404", /\/dead\/404\.xml answered 404\.$/],
  ["404-xhtml.xml", 404, "BadURL404", /answered 404\.$/],
  ["500.xml", 500, "RepoServerError", /answered 500\.$/],
  ["notxml.xml", 200, "not_xml", /neither XML nor a list of URLs/],
  ["empty.xml", null, "empty", /lists no page/],
  [
    "relocs.xml",
    null,
    "bad_url",
    /None of the 1 locs is an absolute http or https URL; the first is "\/rocks\/iris\.html"/,
  ],
] as const;
for (const [file, status, reason, message] of dead) {
  test(`the sitemap ${file} is dead for the reason ${reason}`, async () => {
    await using site = await startGoldenSite();
    await using fetcher = quickFetcher();
    const result = await checkSitemap({
      source: sourceConfig({ name: "s", url: `${site.origin}/dead/${file}` }),
      fetcher,
    });
    assert.ok(!result.ok);
    assert.equal(result.status, status);
    assert.equal(result.reason, reason);
    assert.match(result.message, message);
  });
}

test("an HTML page that answers 200 is dead for the reason html", async () => {
  const result = await check({ "/sitemap.xml": { type: "text/html", body: "<!doctype html><html></html>" } });
  assert.ok(!result.ok);
  assert.deepEqual([result.status, result.reason], [200, "html"]);
  assert.match(result.message, /an HTML page, not a sitemap\.$/);
});

test("a refused connection is dead, and another time may be better", async () => {
  await using fetcher = quickFetcher();
  const source = sourceConfig({ name: "s", url: `http://127.0.0.1:${await closedPort()}/sitemap.xml` });
  const result = await checkSitemap({ source, fetcher });
  assert.ok(!result.ok);
  assert.deepEqual([result.status, result.reason, result.retryable], [null, "refused", true]);
});

test("a sitemap that hangs is dead for the reason timeout", async () => {
  await using site = await startSite({ "/sitemap.xml": { raw: () => undefined } });
  await using fetcher = quickFetcher({ timeouts: { headersMs: 20 } });
  const result = await checkSitemap({
    source: sourceConfig({ name: "s", url: `${site.origin}/sitemap.xml` }),
    fetcher,
  });
  assert.ok(!result.ok);
  assert.equal(result.reason, "timeout");
});

test("a robots source is alive when a sitemap that it names is", async () => {
  const routes = { "/robots.txt": "Sitemap: {{BASE}}/s.xml\n", "/s.xml": urlset("/1") };
  const result = await check(routes, { sourceType: "robots", url: "/robots.txt" });
  assert.ok(result.ok);
  assert.equal(result.count, 1);
});

test("a robots source without a Sitemap line is dead", async () => {
  const result = await check({ "/robots.txt": "User-agent: *\n" }, { sourceType: "robots", url: "/robots.txt" });
  assert.ok(!result.ok);
  assert.equal(result.reason, "empty");
  assert.match(result.message, /names no sitemap/);
});

test("a robots source whose file is missing is dead with its status", async () => {
  const result = await check({}, { sourceType: "robots", url: "/robots.txt" });
  assert.ok(!result.ok);
  assert.equal(result.status, 404);
});

const sitegraphs = [
  ["JSON", { type: "application/json", body: `{"@graph":[]}${" ".repeat(200_000)}` }, null],
  ["an array after a byte order mark", "\uFEFF [1]", null],
  ["an HTML page", "<!DOCTYPE html><html></html>", "html"],
  ["something else", "oops", "not_json"],
  ["nothing", "", "empty"],
  ["a 404", { status: 404 }, "BadURL404"],
] as const;
for (const [name, route, reason] of sitegraphs) {
  test(`a sitegraph that answers with ${name} is ${reason === null ? "alive" : `dead: ${reason}`}`, async () => {
    const result = await check({ "/all.json": route }, { sourceType: "sitegraph", url: "/all.json" });
    assert.equal(result.ok ? null : result.reason, reason);
  });
}

test("an api source is checked by its first page", async () => {
  const alive = await check({ "/api?page=0": "{}" }, { sourceType: "api", url: "/api?page=%d" });
  assert.ok(alive.ok && alive.atLeast);
  const gone = await check({}, { sourceType: "api", url: "/api?page=%d" });
  assert.ok(!gone.ok && gone.status === 404);
  const wrong = await check({}, { sourceType: "api", url: "/api" });
  assert.ok(!wrong.ok && wrong.reason === "bad_url");
});

for (const [given, message] of [
  [{ headless: true }, /headless: true.*headless Chrome/],
  [{ sourceType: "googledrive" }, /Google Drive: it needs the gleaner container/],
  [{ sourceType: "csv" }, /sourcetype "csv", which is not known; expected one of sitemap, robots/],
] as const) {
  test(`a source with ${JSON.stringify(given)} answers what it needs without a request`, async () => {
    await using site = await startSite();
    await using fetcher = quickFetcher();
    const source = sourceConfig({ name: "s", url: `${site.origin}/x`, ...given });
    const result = await checkSitemap({ source, fetcher });
    assert.ok(!result.ok);
    assert.equal(result.reason, "needs");
    assert.match(result.message, message);
    assert.equal(site.requests.length, 0);
  });
}
