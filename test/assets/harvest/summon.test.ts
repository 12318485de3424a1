import assert from "node:assert/strict";
import { test } from "node:test";
import type { SummonProgress, SummonReport } from "../../../assets/harvest/summon.ts";
import { closedPort, datasetPage, sitemapIndex, urlset, type RouteSource } from "../../rigs/site.ts";
import { rejectedHarvest, summonRig, type SummonRig } from "../../rigs/summon.ts";

/** A site of `count` pages `/1`, `/2`, …, each with one dataset of its own. */
function pages(...numbers: readonly number[]): Record<string, RouteSource> {
  const routes: Record<string, RouteSource> = { "/sitemap.xml": urlset(...numbers.map((number) => `/${number}`)) };
  for (const number of numbers) routes[`/${number}`] = dataset(number);
  return routes;
}

function dataset(id: number | string, more: Readonly<Record<string, unknown>> = {}): RouteSource {
  return datasetPage({ "@id": `https://x.example/${id}`, name: `Dataset ${id}`, ...more });
}

/** The pages that the stored documents name, sorted. */
async function urlsIn(rig: SummonRig): Promise<readonly string[]> {
  return (await rig.documents()).map(({ url }) => url).toSorted();
}

function plain(report: SummonReport) {
  const { found, fetched, stored, unchanged, failed, keys, pruned } = report;
  return { found, fetched, stored, unchanged, failed, keys, gone: report.gone.count, pruned };
}

test("every page of a sitemap is fetched, its document stored, and prov and organization written", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  const report = await rig.summon();
  assert.deepEqual(plain(report), {
    found: 3,
    fetched: 3,
    stored: 3,
    unchanged: 0,
    failed: 0,
    keys: 3,
    gone: 0,
    pruned: 0,
  });
  assert.equal(report.complete, true);
  assert.deepEqual(await urlsIn(rig), ["/1", "/2", "/3"]);
  assert.equal(rig.store.keys("gleaner", "prov/s/").length, 3);
  assert.deepEqual(rig.store.keys("gleaner", "orgs/"), ["orgs/s.nq"]);
  const details = await rig.store.head({ bucket: "gleaner", key: (await rig.documents())[0]?.key ?? "" });
  assert.equal(details?.contentType, "application/ld+json");
});

test("a second run of an unchanged site writes nothing and has the same data version", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  const first = await rig.summon();
  const writes = rig.store.writes.length;
  const second = await rig.summon();
  assert.equal(rig.store.writes.length, writes);
  assert.deepEqual(plain(second), {
    found: 3,
    fetched: 3,
    stored: 0,
    unchanged: 3,
    failed: 0,
    keys: 3,
    gone: 0,
    pruned: 0,
  });
  assert.equal(second.dataVersion, first.dataVersion);
});

test("a changed page is written again under its key and changes the data version", async () => {
  await using rig = await summonRig(pages(1, 2));
  const first = await rig.summon();
  rig.site.set("/2", dataset(2, { name: "Renamed" }));
  const second = await rig.summon();
  assert.deepEqual([second.stored, second.unchanged, second.keys], [1, 1, 2]);
  assert.notEqual(second.dataVersion, first.dataVersion);
  rig.site.set("/2", dataset(2));
  assert.equal((await rig.summon()).dataVersion, first.dataVersion);
});

test("a page that moved keeps its document and gives it the new URL", async () => {
  await using rig = await summonRig({ ...pages(1, 2), "/old": dataset(3), "/new": dataset(3) });
  rig.site.set("/sitemap.xml", urlset("/1", "/old"));
  await rig.summon();
  rig.site.set("/sitemap.xml", urlset("/1", "/new"));
  const report = await rig.summon();
  assert.deepEqual([report.stored, report.unchanged, report.gone.count, report.duplicates.count], [1, 1, 0, 0]);
  assert.deepEqual(await urlsIn(rig), ["/1", "/new"]);
});

test("documents of pages that left the sitemap are named, and stay without prune", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  await rig.summon();
  rig.site.set("/sitemap.xml", urlset("/1"));
  const report = await rig.summon();
  assert.equal(report.gone.count, 2);
  assert.equal(report.gone.first.length, 2);
  assert.equal(report.pruned, 0);
  assert.equal((await rig.documents()).length, 3);
});

test("with prune they are removed, and the data version is that of a site without them", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  await rig.summon();
  rig.site.set("/sitemap.xml", urlset("/2"));
  const report = await rig.summon({ prune: true });
  assert.deepEqual([report.gone.count, report.pruned, report.keys], [2, 2, 1]);
  assert.deepEqual(await urlsIn(rig), ["/2"]);
  await using smaller = await summonRig(pages(2));
  assert.equal((await smaller.summon()).dataVersion, report.dataVersion);
});

test("a page that fails this time keeps its document, whatever it answers", async () => {
  for (const failure of [{ status: 404 }, { status: 500 }, { status: 200, body: "<p>maintenance</p>" }] as const) {
    await using rig = await summonRig(pages(1, 2));
    await rig.summon();
    rig.site.set("/2", failure);
    const report = await rig.summon({ prune: true });
    assert.deepEqual([report.failed, report.gone.count, report.pruned], [1, 0, 0], JSON.stringify(failure));
    assert.equal((await rig.documents()).length, 2);
  }
});

test("a page that gives another document than before leaves the old one gone", async () => {
  await using rig = await summonRig(pages(1, 2));
  await rig.summon();
  rig.site.set("/2", dataset("other"));
  const report = await rig.summon({ prune: true });
  assert.deepEqual([report.stored, report.pruned, report.keys], [1, 1, 2]);
});

test("nothing is gone while a sitemap of the index is dead", async () => {
  await using rig = await summonRig({
    ...pages(1, 2),
    "/sitemap.xml": sitemapIndex("/a.xml", "/b.xml"),
    "/a.xml": urlset("/1"),
    "/b.xml": urlset("/2"),
  });
  await rig.summon();
  rig.site.set("/b.xml", { status: 500 });
  const report = await rig.summon({ prune: true });
  assert.equal(report.complete, false);
  assert.deepEqual([report.unchanged, report.gone.count, report.pruned, report.keys], [1, 0, 0, 2]);
  assert.deepEqual(
    report.problems.first.map(({ kind }) => kind),
    ["RepoServerError"],
  );
});

test("a source does not see the documents of one whose name begins the same", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  await rig.summon({ source: { name: "ab" } });
  rig.site.set("/sitemap.xml", urlset("/1"));
  const report = await rig.summon({ source: { name: "a" }, prune: true });
  assert.deepEqual([report.keys, report.gone.count, report.pruned], [1, 0, 0]);
  assert.equal(rig.store.keys("gleaner", "summoned/ab/").length, 3);
});

const deadSitemaps: Readonly<Record<string, readonly [RouteSource, string, number | null]>> = {
  "answers 404": [{ status: 404, type: "text/html", body: "<!doctype html>" }, "BadURL404", 404],
  "answers 500": [{ status: 500 }, "RepoServerError", 500],
  "is an HTML page": [{ type: "text/html", body: "<!doctype html><title>x</title>" }, "html", 200],
  "is empty": [urlset(), "empty", null],
  "is no XML": [{ type: "text/plain", body: "oops" }, "not_xml", 200],
};
for (const [name, [route, reason, status]] of Object.entries(deadSitemaps)) {
  test(`a source whose sitemap ${name} fails and says so, and its documents stay`, async () => {
    await using rig = await summonRig(pages(1, 2));
    await rig.summon();
    rig.site.set("/sitemap.xml", route);
    const error = await rejectedHarvest(rig.summon({ prune: true }));
    assert.equal(error.details?.["reason"], reason);
    assert.equal(error.details?.["status"], status);
    assert.match(error.message, /^Source s: no pages\. /);
    assert.equal((await rig.documents()).length, 2);
  });
}

test("a source whose sitemap cannot be reached fails, and another time may be better", async () => {
  await using rig = await summonRig({});
  const url = `http://127.0.0.1:${await closedPort()}/sitemap.xml`;
  const error = await rejectedHarvest(rig.summon({ source: { url } }));
  assert.equal(error.details?.["reason"], "refused");
  assert.equal(error.retryable, true);
});

test("a source of which every page fails, fails with the kinds counted, though older documents are there", async () => {
  await using rig = await summonRig(pages(1, 2, 3, 4));
  await rig.summon();
  for (const [path, status] of [
    ["/1", 403],
    ["/2", 404],
    ["/3", 500],
    ["/4", 503],
  ] as const)
    rig.site.set(path, { status });
  const error = await rejectedHarvest(rig.summon({ prune: true }));
  assert.match(error.message, /none of its 4 pages gave a document \(/);
  assert.deepEqual(error.details?.["failedByKind"], {
    NotAuthorized: 1,
    BadURL404: 1,
    RepoServerError: 1,
    GenericUrlIssue: 1,
  });
  assert.equal((await rig.documents()).length, 4);
});

test("a source whose pages hold no JSON-LD fails and names the first of them", async () => {
  const empty: RouteSource = { type: "text/html", body: "<p>none" };
  await using rig = await summonRig({ "/sitemap.xml": urlset("/1", "/2"), "/1": empty, "/2": empty });
  const error = await rejectedHarvest(rig.summon());
  assert.match(
    error.message,
    /none of its 2 pages gave a document \(2 no_jsonld\)\. The first: http:.*\/1: no JSON-LD/,
  );
  assert.equal(error.retryable, false);
});

test("failures are counted by kind and named in the sitemap's order", async () => {
  const routes = pages(1, 2, 3, 4, 5);
  await using rig = await summonRig({
    ...routes,
    "/1": { status: 404 },
    "/3": { type: "text/html", body: "<p>none" },
    "/5": { status: 403 },
  });
  const report = await rig.summon();
  assert.deepEqual(report.failedByKind, { BadURL404: 1, no_jsonld: 1, NotAuthorized: 1 });
  assert.deepEqual(
    report.failures.map(({ url, kind }) => [url.replace(rig.site.origin, ""), kind]),
    [
      ["/1", "BadURL404"],
      ["/3", "no_jsonld"],
      ["/5", "NotAuthorized"],
    ],
  );
});

test("of two pages with one id the later in the sitemap is kept and the other named", async () => {
  await using rig = await summonRig({
    "/sitemap.xml": urlset("/1", "/2"),
    "/1": dataset("same", { name: "First" }),
    "/2": dataset("same", { name: "Second" }),
  });
  const report = await rig.summon();
  assert.deepEqual(await urlsIn(rig), ["/2"]);
  assert.match((await rig.documents())[0]?.text ?? "", /Second/);
  assert.deepEqual([report.stored, report.unchanged, report.keys, report.duplicates.count], [1, 0, 1, 1]);
  const shown = report.duplicates.first.map(({ kept, dropped }) => [kept, dropped]);
  assert.deepEqual(shown, [[`${rig.site.origin}/2`, `${rig.site.origin}/1`]]);
});

test("two blocks of a page are two documents, and what one in trouble gave before stays", async () => {
  const block = (json: string): string => `<script type="application/ld+json">${json}</script>`;
  const good = (id: number): string =>
    `{"@context":"https://schema.org/","@type":"Dataset","@id":"https://x.example/${id}"}`;
  const page = (second: string): RouteSource => ({ type: "text/html", body: block(good(1)) + block(second) });
  await using rig = await summonRig({ "/sitemap.xml": urlset("/p"), "/p": page(good(2)) });
  assert.equal((await rig.summon()).stored, 2);
  rig.site.set("/p", page("{ broken"));
  const report = await rig.summon({ prune: true });
  assert.deepEqual(
    [report.unchanged, report.failed, report.problems.count, report.pruned, report.keys],
    [1, 0, 1, 0, 2],
  );
});

test("two blocks of a page with one id are one document, that of the later, time and again", async () => {
  const block = (name: string): string =>
    `<script type="application/ld+json">{"@context":"https://schema.org/","@type":"Dataset","@id":"https://x.example/1","name":"${name}"}</script>`;
  await using rig = await summonRig({
    "/sitemap.xml": urlset("/p"),
    "/p": { type: "text/html", body: block("One") + block("Two") },
  });
  assert.deepEqual(plain(await rig.summon()).stored, 1);
  assert.match((await rig.documents())[0]?.text ?? "", /Two/);
  const again = await rig.summon();
  assert.deepEqual([again.stored, again.unchanged, again.duplicates.count], [0, 1, 0]);
  assert.equal(again.problems.first[0]?.kind, "same_id");
});

test("a second run of a site whose pages share an id writes nothing", async () => {
  await using rig = await summonRig({
    "/sitemap.xml": urlset("/1", "/2", "/3"),
    "/1": dataset("same", { name: "One" }),
    "/2": dataset("same", { name: "Two" }),
    "/3": dataset("same", { name: "Three" }),
  });
  await rig.summon();
  assert.deepEqual(await urlsIn(rig), ["/3"]);
  const writes = rig.store.writes.length;
  for (let run = 0; run < 3; run += 1) {
    const report = await rig.summon({ prune: true });
    assert.deepEqual([report.stored, report.unchanged, report.duplicates.count, report.gone.count], [0, 1, 2, 0]);
  }
  assert.equal(rig.store.writes.length, writes);
});

test("when the page that held an id fails, an earlier page with that id takes it over", async () => {
  await using rig = await summonRig({
    "/sitemap.xml": urlset("/1", "/2"),
    "/1": dataset("same", { name: "One" }),
    "/2": dataset("same"),
  });
  await rig.summon();
  rig.site.set("/2", { status: 500 });
  const report = await rig.summon();
  assert.deepEqual(await urlsIn(rig), ["/1"]);
  assert.deepEqual([report.stored, report.keys], [1, 1]);
});

test("robots.txt keeps pages and their rules apart, and rude does not ask", async () => {
  const routes = { ...pages(1, 2), "/robots.txt": "User-agent: *\nDisallow: /2\n" };
  await using rig = await summonRig(routes);
  const source = { domain: rig.site.origin };
  const polite = await rig.summon({ source });
  assert.deepEqual(polite.failedByKind, { robots: 1 });
  assert.ok(!rig.site.paths().includes("/2"));
  const rude = await rig.summon({ source, rude: true });
  assert.deepEqual([rude.stored, rude.unchanged, rude.failed], [1, 1, 0]);
  assert.equal(rig.site.paths().filter((path) => path === "/robots.txt").length, 1);
});

test("a robots source reads the sitemaps that its robots.txt names", async () => {
  await using rig = await summonRig({ ...pages(1, 2), "/robots.txt": "Sitemap: {{BASE}}/sitemap.xml\n" });
  const report = await rig.summon({ source: { sourceType: "robots", url: `${rig.site.origin}/robots.txt` } });
  assert.equal(report.stored, 2);
});

test("a robots source without a sitemap fails", async () => {
  await using rig = await summonRig({ "/robots.txt": "User-agent: *\n" });
  const error = await rejectedHarvest(
    rig.summon({ source: { sourceType: "robots", url: `${rig.site.origin}/robots.txt` } }),
  );
  assert.match(error.message, /names no sitemap/);
});

test("threads bound the requests at the same time", async () => {
  await using rig = await summonRig(pages(...Array.from({ length: 20 }, (_, n) => n + 1)));
  await rig.summon({ harvest: { threads: 3 } });
  assert.ok(rig.site.running.most <= 3, `${rig.site.running.most} at once`);
});

test("a sitegraph is one document under the hash of its bytes", async () => {
  await using rig = await summonRig({
    "/all.json": {
      type: "application/json",
      body: '{"@context":{"@vocab":"https://schema.org/"},"@graph":[{"@id":"https://x.example/1"}]}',
    },
  });
  const report = await rig.summon({ source: { sourceType: "sitegraph", url: `${rig.site.origin}/all.json` } });
  assert.deepEqual([report.found, report.stored, report.keys], [1, 1, 1]);
  assert.match(rig.store.keys("gleaner", "summoned/s/")[0] ?? "", /^summoned\/s\/[0-9a-f]{40}\.jsonld$/);
});

for (const [name, route, reason] of [
  ["answers 404", { status: 404 }, "BadURL404"],
  ["is empty", "", "empty"],
] as const) {
  test(`a sitegraph that ${name} fails and leaves no empty object`, async () => {
    await using rig = await summonRig({ "/all.json": route });
    const error = await rejectedHarvest(
      rig.summon({ source: { sourceType: "sitegraph", url: `${rig.site.origin}/all.json` } }),
    );
    assert.equal(error.details?.["reason"], reason);
    assert.deepEqual(rig.store.keys("gleaner", "summoned/"), []);
  });
}

test("the pages of an api are read from 0 until one is missing", async () => {
  await using rig = await summonRig({ "/api?p=0": dataset(0), "/api?p=1": dataset(1), "/api?p=2": dataset(2) });
  const report = await rig.summon({ source: { sourceType: "api", url: `${rig.site.origin}/api?p=%d` } });
  assert.deepEqual([report.found, report.stored, report.complete], [3, 3, true]);
  assert.deepEqual(rig.site.paths(), ["/api?p=0", "/api?p=1", "/api?p=2", "/api?p=3"]);
});

test("apipagelimit ends an api, and so does a page that repeats itself", async () => {
  await using rig = await summonRig();
  for (let page = 0; page < 10; page += 1) rig.site.set(`/api?p=${page}`, dataset(Math.min(page, 4)));
  const url = `${rig.site.origin}/api?p=%d`;
  assert.equal((await rig.summon({ source: { sourceType: "api", url, apiPageLimit: 2 } })).found, 2);
  assert.equal((await rig.summon({ source: { sourceType: "api", url } })).found, 5);
});

test("an api that breaks off is incomplete, and nothing of it is gone", async () => {
  await using rig = await summonRig({ "/api?p=0": dataset(0), "/api?p=1": dataset(1) });
  const source = { sourceType: "api", url: `${rig.site.origin}/api?p=%d` };
  await rig.summon({ source });
  rig.site.set("/api?p=1", { status: 500 });
  const report = await rig.summon({ source, prune: true });
  assert.deepEqual([report.complete, report.gone.count, report.keys], [false, 0, 2]);
});

for (const source of [{ headless: true }, { sourceType: "googledrive" }, { sourceType: "csv" }]) {
  test(`a source with ${JSON.stringify(source)} says what it needs`, async () => {
    await using rig = await summonRig();
    const error = await rejectedHarvest(rig.summon({ source }));
    assert.equal(error.details?.["reason"], "needs");
    assert.equal(error.retryable, false);
    assert.equal(rig.site.requests.length, 0);
  });
}

const noAnswers: Readonly<Record<string, RouteSource>> = {
  "breaks connections": { raw: (response) => void response.destroy() },
  "answers 503": { status: 503 },
  "answers 429": { status: 429 },
};
for (const [name, route] of Object.entries(noAnswers)) {
  test(`a site that ${name} for page after page is given up, and nothing of it is gone`, async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => n + 1);
    await using rig = await summonRig(pages(...numbers));
    await rig.summon();
    for (const number of numbers.slice(20)) rig.site.set(`/${number}`, route);
    const report = await rig.summon({ prune: true });
    assert.equal(report.complete, false);
    assert.ok(report.failed < 100, `${report.failed} pages were tried`);
    assert.ok(report.problems.first.some(({ kind }) => kind === "site_down"));
    assert.deepEqual([report.found, report.gone.count, report.keys], [200, 0, 200]);
  });
}

test("a site whose pages answer 404 one after the other is not down", async () => {
  const numbers = Array.from({ length: 120 }, (_, n) => n + 1);
  await using rig = await summonRig({
    "/sitemap.xml": urlset(...numbers.map((n) => `/${n}`)),
    "/1": dataset(1),
    "/120": dataset(120),
  });
  const report = await rig.summon();
  assert.deepEqual([report.stored, report.failed, report.complete], [2, 118, true]);
});

test("an abort midway ends everything and keeps what was stored", async () => {
  const controller = new AbortController();
  const reason = new Error("canceled by the operator");
  const hang: RouteSource = () => {
    controller.abort(reason);
    return { raw: () => undefined };
  };
  await using rig = await summonRig({ ...pages(1, 2, 3), "/3": hang });
  await assert.rejects(rig.summon({ signal: controller.signal, harvest: { threads: 1 } }), reason);
  const kept = (await rig.documents()).length;
  assert.ok(kept < 3, `${kept} documents`);
  rig.site.set("/3", dataset(3));
  const report = await rig.summon();
  assert.deepEqual([report.unchanged, report.stored, report.keys], [kept, 3 - kept, 3]);
});

test("a store that fails ends the crawl with the store's error", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  rig.failPuts("summoned/");
  await assert.rejects(rig.summon(), { code: "store_unavailable" });
});

test("a document that the store cannot hold is a failure of its page alone", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  rig.refusePuts("summoned/", 1);
  const report = await rig.summon();
  assert.deepEqual([report.stored, report.failed, report.failedByKind], [2, 1, { not_stored: 1 }]);
});

test("progress is told while it runs and at the end, never more often than twice a second", async () => {
  await using rig = await summonRig(pages(1, 2, 3));
  const seen: SummonProgress[] = [];
  await rig.summon({ onProgress: (progress) => void seen.push(progress) });
  assert.deepEqual(seen.at(-1), { found: 3, listed: true, fetched: 3, stored: 3, unchanged: 0, failed: {}, etaMs: 0 });
});
