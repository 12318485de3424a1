import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { extractPages } from "../../../assets/harvest/document-tasks.ts";
import { isEngineError } from "../../../engine/core/errors.ts";
import { startDemo, type Demo } from "../../../ui/demo/demo.ts";
import { systemIds } from "../../../engine/adapters/system-clock.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

const ids = systemIds();

/** A demo in a folder of its own; both gone at the end. */
async function demoRig(dataDir?: string): Promise<Demo & AsyncDisposable & { readonly dataDir: string }> {
  const folder = dataDir === undefined ? await temporaryFolder() : null;
  const path = dataDir ?? folder?.path ?? "";
  const demo = await startDemo({ dataDir: path, ids });
  return {
    ...demo,
    dataDir: path,
    async [Symbol.asyncDispose]() {
      await demo.close();
      await folder?.[Symbol.asyncDispose]();
    },
  };
}

async function page(demo: Demo, path: string): Promise<{ status: number; contentType: string; body: Buffer }> {
  const response = await fetch(demo.origin + path);
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, contentType: response.headers.get("content-type") ?? "", body };
}

const locations = (xml: Buffer): string[] =>
  [...xml.toString().matchAll(/<loc>(.*?)<\/loc>/g)].map((found) => found[1] ?? "");

async function documentsOf(demo: Demo, site: string, paths: readonly string[]): Promise<Map<string, string[]>> {
  const pages = await Promise.all(
    paths.map(async (path) => {
      const { body, contentType } = await page(demo, path);
      return { url: demo.origin + path, contentType, body };
    }),
  );
  const outcomes = await extractPages({
    pages,
    options: {
      sourceName: site,
      identifierType: "identifiersha",
      identifierPath: "",
      fixContextOption: 1,
      contextStrict: false,
      kind: "page",
    },
  });
  return new Map(
    outcomes.map(({ url, documents }) => [new URL(url).pathname, documents.map((document) => document.text)]),
  );
}

test("a plain sitemap lists every page of its site, each with one document", async () => {
  await using demo = await demoRig();
  const paths = locations((await page(demo, "/iris/sitemap.xml")).body).map((url) => new URL(url).pathname);
  assert.equal(paths.length, 27);
  const documents = await documentsOf(demo, "iris", paths);
  assert.deepEqual(
    [...documents.values()].map((found) => found.length),
    paths.map(() => 1),
  );
});

test("a sitemap index has a plain child and a compressed one", async () => {
  await using demo = await demoRig();
  const [cruises = "", archive = ""] = locations((await page(demo, "/marine/sitemap.xml")).body);
  const first = locations((await page(demo, new URL(cruises).pathname)).body);
  const packed = await page(demo, new URL(archive).pathname);
  assert.equal(packed.contentType, "application/gzip");
  const second = locations(gunzipSync(packed.body));
  assert.deepEqual([first.length, second.length], [4, 6]);
  const documents = await documentsOf(
    demo,
    "marine",
    [...first, ...second].map((url) => new URL(url).pathname),
  );
  assert.equal([...documents.values()].flat().length, 10);
});

test("a site of type robots names its sitemap in robots.txt", async () => {
  await using demo = await demoRig();
  const robots = (await page(demo, "/watershed/robots.txt")).body.toString();
  assert.match(robots, new RegExp(`^Sitemap: ${demo.origin}/watershed/sitemap.xml$`, "m"));
  assert.equal(locations((await page(demo, "/watershed/sitemap.xml")).body).length, 6);
});

test("a sitegraph holds all documents of its site in one file", async () => {
  await using demo = await demoRig();
  const { contentType, body } = await page(demo, "/obis/sitegraph.jsonld");
  assert.equal(contentType, "application/ld+json");
  const graph = JSON.parse(body.toString()) as { "@graph": { name: string }[] };
  assert.equal(graph["@graph"].length, 4);
});

test("the odd pages are odd in the ways that they claim", async () => {
  await using demo = await demoRig();
  const paths = locations((await page(demo, "/geolab/sitemap.xml")).body).map((url) => new URL(url).pathname);
  const documents = await documentsOf(demo, "geolab", paths);
  const counts = Object.fromEntries(
    [...documents].map(([path, found]) => [path.slice("/geolab/".length), found.length]),
  );
  assert.deepEqual(counts, {
    "earthchem-1572.html": 1,
    "earthchem-981.html": 1,
    "stations.html": 2,
    "experiments.html": 2,
    "oklahoma-asphalt.html": 1,
    "about.html": 0,
    "withdrawn.html": 0,
  });
  assert.equal((await page(demo, "/geolab/withdrawn.html")).status, 404);
  const latin = await page(demo, "/geolab/oklahoma-asphalt.html");
  assert.equal(latin.contentType, "text/html");
  assert.ok(latin.body.includes(0xa9), "the copyright sign is one byte");
  assert.match(documents.get("/geolab/oklahoma-asphalt.html")?.[0] ?? "", /©/);
  assert.match((await page(demo, "/geolab/earthchem-981.html")).body.toString(), /"dateModified": ,/);
});

test("one site is served that the configuration does not list", async () => {
  await using demo = await demoRig();
  assert.equal(locations((await page(demo, "/topography/sitemap.xml")).body).length, 5);
});

test("the same port gives the same bytes", async () => {
  await using folder = await temporaryFolder();
  const read = async (): Promise<string[]> => {
    await using demo = await demoRig(folder.path);
    const paths = [
      "/marine/sitemap-archive.xml.gz",
      "/geolab/stations.html",
      "/obis/sitegraph.jsonld",
      "/iris/sitemap.xml",
    ];
    return await Promise.all(paths.map(async (path) => (await page(demo, path)).body.toString("base64")));
  };
  assert.deepEqual(await read(), await read());
});

test("HEAD answers as GET does, without a body, and an unknown path is 404", async () => {
  await using demo = await demoRig();
  const head = await fetch(`${demo.origin}/iris/sitemap.xml`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.ok(Number(head.headers.get("content-length")) > 0);
  assert.equal((await page(demo, "/iris/nothing.html")).status, 404);
});

test("a page and a sitemap fail while they are switched to, and only by POST", async () => {
  await using demo = await demoRig();
  const post = async (path: string): Promise<number> => (await fetch(demo.origin + path, { method: "POST" })).status;
  assert.equal((await page(demo, "/_switch/page/fail")).status, 405);
  assert.equal((await page(demo, "/iris/syngine.html")).status, 200);
  assert.equal(await post("/_switch/page/fail"), 200);
  assert.equal((await page(demo, "/iris/syngine.html")).status, 500);
  assert.equal((await page(demo, "/geolab/sitemap.xml")).status, 200);
  assert.equal(await post("/_switch/sitemap/fail"), 200);
  assert.equal((await page(demo, "/geolab/sitemap.xml")).status, 500);
  assert.match((await page(demo, "/_switch")).body.toString(), /_switch\/sitemap\/work/);
  assert.equal(await post("/_switch/sitemap/work"), 200);
  demo.setSwitch("page", false);
  assert.equal((await page(demo, "/geolab/sitemap.xml")).status, 200);
  assert.equal((await page(demo, "/iris/syngine.html")).status, 200);
  assert.equal(await post("/_switch/moon/fail"), 404);
});

test("the port is kept from start to start", async () => {
  await using folder = await temporaryFolder();
  const ports: number[] = [];
  for (let start = 0; start < 3; start++) {
    await using demo = await demoRig(folder.path);
    ports.push(demo.port);
    assert.equal(demo.movedFrom, null);
  }
  assert.equal(new Set(ports).size, 1);
});

test("a port that was taken in the meantime is left and remembered", async () => {
  await using folder = await temporaryFolder();
  const first = await startDemo({ dataDir: folder.path, ids });
  await first.close();
  const squatter = createServer().listen(first.port, "127.0.0.1");
  await once(squatter, "listening");
  try {
    await using second = await demoRig(folder.path);
    assert.equal(second.movedFrom, first.port);
    assert.notEqual(second.port, first.port);
    assert.deepEqual(second.formerPorts, [first.port]);
  } finally {
    squatter.close();
  }
  await using third = await demoRig(folder.path);
  assert.equal(third.movedFrom, null, "the new port is the kept one");
  assert.deepEqual(third.formerPorts, [first.port]);
});

test("the first free port of those drawn is taken", async () => {
  await using first = await demoRig();
  await using folder = await temporaryFolder();
  const draws = [(first.port - 20_000) / 10_000, 0.5];
  const second = await startDemo({ dataDir: folder.path, ids: { random: () => draws.shift() ?? ids.random() } });
  assert.notEqual(second.port, first.port);
  await second.close();
});

test("a damaged demo.json is refused with what it should hold", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "demo.json");
  await writeFile(file, '{ "port": "eighty" }');
  await assert.rejects(startDemo({ dataDir: folder.path, ids }), (error) => isEngineError(error, "config"));
  assert.equal(await readFile(file, "utf8"), '{ "port": "eighty" }');
});
