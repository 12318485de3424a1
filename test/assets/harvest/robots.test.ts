import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRobots, MAX_CRAWL_DELAY_MS, parseRobots, robotsUrlOf } from "../../../assets/harvest/robots.ts";
import { quickFetcher } from "../../rigs/crawler.ts";
import { startSite } from "../../rigs/site.ts";

const base = "https://data.example.org/robots.txt";
const at = (path: string): string => `https://data.example.org${path}`;

test("a path rule forbids pages under that path and no others", () => {
  const robots = parseRobots(base, "User-agent: *\nDisallow: /private\n");
  assert.equal(robots.allows(at("/private/a")), false);
  assert.equal(robots.allows(at("/public/private")), true);
});

test("the longest rule wins, and Allow wins a tie", () => {
  const robots = parseRobots(base, "User-agent: *\nDisallow: /data\nAllow: /data/open\nDisallow: /x\nAllow: /x\n");
  assert.equal(robots.allows(at("/data/closed")), false);
  assert.equal(robots.allows(at("/data/open/1")), true);
  assert.equal(robots.allows(at("/x")), true);
});

test("wildcards and the end mark match as RFC 9309 has it", () => {
  const robots = parseRobots(base, "User-agent: *\nDisallow: /*.pdf$\nDisallow: /*?session=\n");
  assert.equal(robots.allows(at("/a/b.pdf")), false);
  assert.equal(robots.allows(at("/a/b.pdf.html")), true);
  assert.equal(robots.allows(at("/a?session=1")), false);
});

test("the group that names the harvester counts instead of the general one", () => {
  const text = "User-agent: *\nDisallow: /\n\nUser-agent: EarthCube_DataBot\nDisallow: /no\nCrawl-delay: 3\n";
  const robots = parseRobots(base, text);
  assert.equal(robots.allows(at("/yes")), true);
  assert.equal(robots.allows(at("/no")), false);
  assert.equal(robots.crawlDelayMs, 3_000);
});

test("rules of one host say nothing about another", () => {
  const robots = parseRobots(base, "User-agent: *\nDisallow: /\n");
  assert.equal(robots.allows(at("/a")), false);
  assert.equal(robots.allows("https://other.example.org/a"), true);
});

test("sitemaps are listed as written, whatever group they stand in", () => {
  const text =
    "Sitemap: https://a.example/1.xml\nUser-agent: x\nDisallow: /\nsitemap:https://a.example/2.xml # second\n";
  assert.deepEqual(parseRobots(base, text).sitemaps, ["https://a.example/1.xml", "https://a.example/2.xml"]);
});

const delays = [
  ["1", 1_000],
  ["0.5", 500],
  ["86400", MAX_CRAWL_DELAY_MS],
  ["-3", 0],
  ["soon", 0],
] as const;
for (const [written, delayMs] of delays) {
  test(`Crawl-delay: ${written} is ${delayMs} ms`, () => {
    assert.equal(parseRobots(base, `User-agent: *\nCrawl-delay: ${written}\n`).crawlDelayMs, delayMs);
  });
}

for (const [name, text] of Object.entries({
  "an HTML page": "<!doctype html><html><body>Not found: really</body></html>",
  "a binary file": "\u0000\u0001:\u0002\n:::\n",
  "an endless line": `User-agent: *\nDisallow: /${"*a".repeat(100_000)}\n`,
  "nothing at all": "",
})) {
  test(`${name} in place of a robots.txt forbids nothing`, () => {
    assert.equal(parseRobots(base, text).allows(at("/aaaa")), true);
  });
}

test("a line of absurd length is left out, and the others count", () => {
  const path = `/${"a".repeat(3_000)}`;
  const robots = parseRobots(base, `User-agent: *\nDisallow: ${path}\nDisallow: /b\n`);
  assert.equal(robots.allows(at(path)), true);
  assert.equal(robots.allows(at("/b")), false);
});

test("a byte order mark does not hide the first group", async () => {
  await using site = await startSite({ "/robots.txt": { body: "\uFEFFUser-agent: *\nDisallow: /a\n" } });
  await using fetcher = quickFetcher();
  const robots = await loadRobots({ url: `${site.origin}/robots.txt`, fetcher });
  assert.equal(robots.allows(`${site.origin}/a`), false);
});

for (const status of [403, 404, 500]) {
  test(`a robots.txt that answers ${status} forbids nothing and says why`, async () => {
    await using site = await startSite({ "/robots.txt": { status, body: "User-agent: *\nDisallow: /\n" } });
    await using fetcher = quickFetcher();
    const robots = await loadRobots({ url: `${site.origin}/robots.txt`, fetcher });
    assert.equal(robots.found, false);
    assert.equal(robots.failure?.status, status);
    assert.equal(robots.allows(`${site.origin}/a`), true);
  });
}

test("of a huge robots.txt the beginning counts", async () => {
  const body = `User-agent: *\nDisallow: /a\n${"# filler\n".repeat(100_000)}Disallow: /b\n`;
  await using site = await startSite({ "/robots.txt": { body } });
  await using fetcher = quickFetcher();
  const robots = await loadRobots({ url: `${site.origin}/robots.txt`, fetcher });
  assert.equal(robots.allows(`${site.origin}/a`), false);
  assert.equal(robots.allows(`${site.origin}/b`), true);
});

test("the robots.txt of a domain is right below it, with or without a final slash", () => {
  assert.equal(robotsUrlOf("https://a.example"), "https://a.example/robots.txt");
  assert.equal(robotsUrlOf(" https://a.example/ "), "https://a.example/robots.txt");
  assert.equal(robotsUrlOf(""), null);
  assert.equal(robotsUrlOf("a.example"), null);
});
