import assert from "node:assert/strict";
import { test } from "node:test";
import { loadReportS3 } from "../../../assets/reports/load-report.ts";
import { HEAD_CONCURRENCY } from "../../../assets/reports/summoned-objects.ts";
import { EngineError } from "../../../engine/index.ts";
import type { ObjectStore } from "../../../engine/index.ts";
import { BUCKET, listing, summonedRig } from "../../rigs/summoned.ts";

const iris = { name: "iris", url: "https://iris.example/sitemap.xml", sourceType: "sitemap" };
const page = (name: string): string => `https://iris.example/${name}`;

async function rig(pages: readonly string[]) {
  const { clock, store, summon } = await summonedRig();
  for (const name of pages) await summon("iris", `${name}.jsonld`, { url: page(name) });
  const report = (urls: readonly string[], failure?: Error) =>
    loadReportS3({ store, bucket: BUCKET, source: iris, sitemapUrls: listing(urls, failure), clock });
  return { clock, store, summon, report };
}

test("the report has the fields that its readers know, in their order", async () => {
  const { report } = await rig(["a", "b"]);
  assert.deepEqual(Object.entries(await report([page("a"), page("c")])), [
    ["source", "iris"],
    ["graph", null],
    ["sitemap", "https://iris.example/sitemap.xml"],
    ["date", "2026-03-01"],
    ["bucket", "gleaner"],
    ["s3store", "memory"],
    ["sitemap_geturls_time", 0],
    ["s3_geturls_time", 0],
    ["sitemap_count", 2],
    ["summoned_count", 2],
    ["missing_sitemap_summon_count", 1],
    ["missing_sitemap_summon", [page("c")]],
    ["extra_in_summon_count", 1],
    ["extra_in_summon", [page("b")]],
    ["summoned_without_url_count", 0],
  ]);
});

test("missing pages come in the sitemap's order, extra ones in key order, each once", async () => {
  const { report, summon } = await rig(["z", "a"]);
  await summon("iris", "m.jsonld", { url: page("a") });
  const found = await report([page("q"), page("b"), page("q"), " ", page("b")]);
  assert.equal(found.sitemap_count, 2);
  assert.deepEqual(found.missing_sitemap_summon, [page("q"), page("b")]);
  assert.equal(found.summoned_count, 3);
  assert.deepEqual(found.extra_in_summon, [page("a"), page("z")]);
});

test("a source with no objects misses every page and nothing else", async () => {
  const { report } = await rig([]);
  const found = await report([page("a"), page("b")]);
  assert.deepEqual([found.summoned_count, found.missing_sitemap_summon_count, found.extra_in_summon_count], [0, 2, 0]);
});

test("a source with no objects and an empty sitemap has zeros everywhere", async () => {
  const { report } = await rig([]);
  const found = await report([]);
  assert.deepEqual([found.sitemap_count, found.summoned_count, found.missing_sitemap_summon], [0, 0, []]);
});

test("objects without metadata count as summoned, and are told apart", async () => {
  const { report, summon } = await rig(["a"]);
  await summon("iris", "bare.jsonld");
  await summon("iris", "empty.jsonld", { url: "" });
  const found = await report([page("a")]);
  assert.equal(found.summoned_count, 3);
  assert.equal(found.summoned_without_url_count, 2);
  assert.deepEqual([found.missing_sitemap_summon, found.extra_in_summon], [[], []]);
});

test("a sitemap that answers 500 is told in the report, and what is about it is null", async () => {
  const { report } = await rig(["a", "b"]);
  const found = await report([page("a")], new EngineError("harvest", "https://iris.example/sitemap.xml answered 500."));
  assert.equal(found.sitemap_error, "https://iris.example/sitemap.xml answered 500.");
  assert.deepEqual(
    [found.sitemap_count, found.missing_sitemap_summon_count, found.extra_in_summon_count],
    [null, null, null],
  );
  assert.deepEqual([found.missing_sitemap_summon, found.extra_in_summon], [[], []]);
  assert.equal(found.summoned_count, 2);
});

test("a source whose name another one begins with is counted alone", async () => {
  const { report, summon } = await rig(["a"]);
  await summon("iris2", "x.jsonld", { url: page("x") });
  assert.equal((await report([page("a")])).summoned_count, 1);
});

test("a page with non-ASCII letters in its URL is found again in the metadata", async () => {
  const { report, summon } = await rig([]);
  await summon("iris", "u.jsonld", { url: "https://iris.example/gr%C3%B6%C3%9Fe" });
  const found = await report([" https://iris.example/größe\n"]);
  assert.deepEqual([found.missing_sitemap_summon, found.extra_in_summon], [[], []]);
});

test("the document of a sitegraph, which has no metadata, is the graph's", async () => {
  const { clock, store, summon } = await summonedRig();
  await summon("oih", "x.jsonld");
  const source = { name: "oih", url: "https://oih.example/graph.json", sourceType: "sitegraph" };
  const found = await loadReportS3({ store, bucket: BUCKET, source, sitemapUrls: listing([source.url]), clock });
  assert.deepEqual([found.summoned_without_url_count, found.missing_sitemap_summon], [0, []]);
});

test("reading the sitemap and the bucket are timed in seconds", async () => {
  const { clock, store } = await rig([]);
  async function* slow(): AsyncGenerator<string> {
    await clock.sleep(1_500);
    yield page("a");
  }
  const reported = loadReportS3({ store, bucket: BUCKET, source: iris, sitemapUrls: slow(), clock });
  await clock.advance(1_500);
  assert.equal((await reported).sitemap_geturls_time, 1.5);
});

test("an aborted report rejects with the signal's reason, and not with a report", async () => {
  const { clock, store } = await rig([]);
  const abort = new AbortController();
  async function* aborting(): AsyncGenerator<string> {
    yield page("a");
    abort.abort(new EngineError("canceled", "stop"));
    throw new Error("socket closed");
  }
  const params = { store, bucket: BUCKET, source: iris, sitemapUrls: aborting(), clock, signal: abort.signal };
  await assert.rejects(loadReportS3(params), { code: "canceled" });
});

test("a store that fails fails the report", async () => {
  const { clock, store } = await rig(["a", "b"]);
  const failing: ObjectStore = {
    ...store,
    head: () => Promise.reject(new EngineError("store_unavailable", "gone", { retryable: true })),
  };
  const params = { store: failing, bucket: BUCKET, source: iris, sitemapUrls: listing([]), clock };
  await assert.rejects(loadReportS3(params), { code: "store_unavailable" });
});

test("an object that goes while the report is made is left out", async () => {
  const { clock, store } = await rig(["a", "b"]);
  const racing: ObjectStore = {
    ...store,
    head: async (ref) => (ref.key.endsWith("a.jsonld") ? null : store.head(ref)),
  };
  const params = { store: racing, bucket: BUCKET, source: iris, sitemapUrls: listing([page("b")]), clock };
  assert.equal((await loadReportS3(params)).summoned_count, 1);
});

test("objects are asked for several at a time, never more than the limit, and counted in key order", async () => {
  const { clock, store } = await rig(Array.from({ length: 100 }, (_, index) => `p${index}`));
  let underWay = 0;
  let most = 0;
  const watched: ObjectStore = {
    ...store,
    async head(ref) {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return store.head(ref);
    },
  };
  const params = { store: watched, bucket: BUCKET, source: iris, sitemapUrls: listing([]), clock };
  const found = await loadReportS3(params);
  assert.equal(most, HEAD_CONCURRENCY);
  assert.deepEqual(found.extra_in_summon, found.extra_in_summon.toSorted());
});
