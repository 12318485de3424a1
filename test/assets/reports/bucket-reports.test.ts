import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketUrls } from "../../../assets/reports/bucket-urls.ts";
import { identifierStats } from "../../../assets/reports/identifier-stats.ts";
import { putReport, reportText } from "../../../assets/reports/put-report.ts";
import { collect } from "../../rigs/collect.ts";
import { BUCKET, summonedRig } from "../../rigs/summoned.ts";

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await collect(body)).toString("utf8");
}

test("identifier statistics are columns of groups, as pandas writes them", async () => {
  const { store, summon } = await summonedRig();
  const sha = (id: string) => ({ identifiertype: "identifiersha", matchedpath: "$['@id']", uniqueid: id });
  for (const id of ["a", "b", "c", "d", "e", "f"]) await summon("iris", `${id}.jsonld`, sha(id));
  await summon("iris", "g.jsonld", { identifiertype: "identifiersha", matchedpath: "$.url", uniqueid: "g" });
  await summon("iris", "h.jsonld", { identifiertype: "filesha", uniqueid: "h" });
  await summon("iris", "i.jsonld");
  await summon("iris2", "z.jsonld", sha("z"));
  assert.deepEqual(await identifierStats({ store, bucket: BUCKET, source: "iris" }), {
    Source: { 0: "iris", 1: "iris", 2: "iris", 3: "iris" },
    Identifiertype: { 0: "filesha", 1: "identifiersha", 2: "identifiersha", 3: null },
    Matchedpath: { 0: null, 1: "$.url", 2: "$['@id']", 3: null },
    Uniqueid: { 0: 1, 1: 1, 2: 6, 3: 0 },
    Example: { 0: ["h"], 1: ["g"], 2: ["a", "b", "c", "d", "e"], 3: [null] },
  });
});

test("identifier statistics of a source with no objects are empty columns", async () => {
  const { store } = await summonedRig();
  assert.deepEqual(await identifierStats({ store, bucket: BUCKET, source: "iris" }), {
    Source: {},
    Identifiertype: {},
    Matchedpath: {},
    Uniqueid: {},
    Example: {},
  });
});

test("the list of URLs has a line for each object, all quoted, empty where metadata is missing", async () => {
  const { store, summon } = await summonedRig();
  await summon("iris", "b.jsonld", { url: 'https://x/?a="1",2', identifiertype: "identifiersha" });
  await summon("iris", "a.jsonld");
  const { body, counts } = bucketUrls({ store, bucket: BUCKET, source: "iris" });
  assert.equal(
    await textOf(body),
    [
      '"sha","url","identifiertype","lastmodified"',
      '"a.jsonld","","","2026-03-01 12:00:00+00:00"',
      '"b.jsonld","https://x/?a=""1"",2","identifiersha","2026-03-01 12:00:00+00:00"',
      "",
    ].join("\n"),
  );
  assert.deepEqual(counts, { objects: 2, withoutUrl: 1 });
});

test("the list of URLs of a source with no objects is its header", async () => {
  const { store } = await summonedRig();
  const { body } = bucketUrls({ store, bucket: BUCKET, source: "iris" });
  assert.equal(await textOf(body), '"sha","url","identifiertype","lastmodified"\n');
});

test("the list of URLs streams in pieces", async () => {
  const { store, summon } = await summonedRig();
  for (let index = 0; index < 2_000; index += 1) {
    await summon("iris", `${index}.jsonld`, { url: `https://x.example/${index}`, identifiertype: "identifiersha" });
  }
  const { body } = bucketUrls({ store, bucket: BUCKET, source: "iris" });
  const pieces = await collect(body);
  assert.ok(pieces.length > 1);
  assert.equal(Buffer.concat(pieces).toString("utf8").trimEnd().split("\n").length, 2_001);
});

test("a report is written as the latest and copied to its day, with its content type", async () => {
  const { clock, store } = await summonedRig();
  const body = reportText({ a: 1 });
  const stored = await putReport({ store, bucket: BUCKET, source: "iris", name: "load_report_s3.json", body, clock });
  assert.deepEqual(stored, {
    latestKey: "reports/iris/latest/load_report_s3.json",
    datedKey: "reports/iris/20260301/load_report_s3.json",
    sizeBytes: 13,
  });
  assert.deepEqual(store.writes, [stored.latestKey, stored.datedKey]);
  for (const key of store.writes) {
    assert.equal(store.text(BUCKET, key), '{\n  "a": 1\n}\n');
    assert.equal((await store.head({ bucket: BUCKET, key }))?.contentType, "application/json");
  }
});

test("a second report of the same day takes the first one's place, one of the next day stands beside it", async () => {
  const { clock, store } = await summonedRig();
  const put = (body: string) => putReport({ store, bucket: BUCKET, source: "tenant/dev", name: "x.csv", body, clock });
  await put("1");
  await put("2");
  await clock.advance(12 * 3_600_000);
  await put("3");
  assert.deepEqual(
    store.keys(BUCKET).map((key) => [key, store.text(BUCKET, key)]),
    [
      ["reports/tenant/dev/20260301/x.csv", "2"],
      ["reports/tenant/dev/20260302/x.csv", "3"],
      ["reports/tenant/dev/latest/x.csv", "3"],
    ],
  );
});
