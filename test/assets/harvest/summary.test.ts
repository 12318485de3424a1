import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { Parser } from "n3";
import { isEngineError } from "../../../engine/core/errors.ts";
import { BUCKET, dataset, releaseRig, type ReleaseRig } from "../../rigs/release.ts";

const RELEASES = path.join(import.meta.dirname, "../../data/releases");
const KEY = "graphs/summary/s_release.ttl";
const SCHEMA = "https://schema.org/";

type Record = ReadonlyMap<string, string>;

/** The records of a summary by their graph: property → value. */
function recordsOf(turtle: string): ReadonlyMap<string, Record> {
  const records = new Map<string, Map<string, string>>();
  for (const { subject, predicate, object } of new Parser().parse(turtle)) {
    const record = records.get(subject.value) ?? new Map<string, string>();
    records.set(subject.value, record);
    record.set(predicate.value.replace(SCHEMA, "").replace(/.*#type$/, "a"), object.value.replace(SCHEMA, ""));
  }
  return records;
}

/** The published file was read as Latin-1 once too often. */
function mended(text: string | undefined): string | undefined {
  return text?.includes("â\u0080") === true ? Buffer.from(text, "latin1").toString("utf8") : text;
}

async function summaryOf(rig: ReleaseRig): Promise<readonly Record[]> {
  await rig.release();
  await rig.summarize();
  return [...recordsOf(rig.text(KEY)).values()];
}

async function recordOf(more: Readonly<{ [key: string]: unknown }>): Promise<{ readonly [key: string]: string }> {
  const rig = await releaseRig();
  await rig.document("a", dataset("1", { description: "d", ...more }));
  const [record] = await summaryOf(rig);
  return Object.fromEntries(record ?? []);
}

test("a published release gives the published summary", async () => {
  const rig = await releaseRig();
  const body = readFileSync(path.join(RELEASES, "iris_release.nq"));
  await rig.store.put({ bucket: BUCKET, key: "graphs/latest/s_release.nq", body });
  const report = await rig.summarize();
  assert.deepEqual([report.graphs, report.summarized, report.skipped.count], [28, 28, 0]);
  const byRecord = (records: ReadonlyMap<string, Record>): ReadonlyMap<string, Record> =>
    new Map([...records.values()].map((record) => [record.get("subjectOf") ?? "", record]));
  const published = byRecord(recordsOf(readFileSync(path.join(RELEASES, "iris_summary.ttl"), "utf8")));
  const made = byRecord(recordsOf(rig.text(KEY)));
  assert.equal(made.size, 28);
  const words = (text: string | undefined): readonly string[] =>
    (text ?? "")
      .split(",")
      .map((word) => word.trim())
      .toSorted();
  for (const [subject, record] of made) {
    const expected = published.get(subject);
    assert.ok(expected, subject);
    for (const property of ["a", "name", "description", "place"]) {
      assert.equal(record.get(property), mended(expected.get(property)), `${subject} ${property}`);
    }
    assert.deepEqual(words(record.get("keywords")), words(expected.get("keywords")));
    // The published one is older: since then the source's name stands for "No Publisher".
    assert.deepEqual([expected.get("publisher"), record.get("publisher")], ["No Publisher", "s"]);
  }
});

test("a record has the graph as its subject and the properties in their order", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1", { description: 'd "q"\n', keywords: ["b", "a"], datePublished: "2020-01-02" }));
  await rig.release();
  await rig.summarize();
  assert.equal(
    rig.text(KEY),
    `@prefix ecsummary: <https://schema.org/> .

<urn:gleaner.io:rig:s:data:a>
    a ecsummary:Dataset ;
    ecsummary:name "1" ;
    ecsummary:description "d \\"q\\"\\n" ;
    ecsummary:keywords "a, b" ;
    ecsummary:publisher "s" ;
    ecsummary:place "No spatialCoverage" ;
    ecsummary:date "2020-01-02" ;
    ecsummary:subjectOf <https://x.example/1> .
`,
  );
});

test("publisher, place and keywords are found where they stand", async () => {
  const record = await recordOf({
    publisher: { name: "P" },
    provider: { name: "Q" },
    spatialCoverage: [{ name: "Z" }, { name: "Y" }, { geo: {} }],
    keywords: ["k", { "@type": "DefinedTerm", name: "term" }, { "@id": "http://k/" }, { "@type": "Nameless" }],
  });
  assert.equal(record["publisher"], "P");
  assert.equal(record["place"], "Y, Z");
  assert.equal(record["keywords"], "http://k/, k, term");
  assert.equal((await recordOf({ sdPublisher: "S", provider: { name: "Q" } }))["publisher"], "S");
  assert.equal((await recordOf({ provider: { name: "Q" } }))["publisher"], "Q");
  assert.equal((await recordOf({ publisher: { name: "No Publisher" } }))["publisher"], "s");
});

test("what is missing is empty, has its word or is left out", async () => {
  const record = await recordOf({});
  assert.deepEqual([record["keywords"], record["place"], "date" in record], ["", "No spatialCoverage", false]);
});

test("a graph tells of its dataset, not of what the dataset points to", async () => {
  const rig = await releaseRig();
  await rig.document("a", {
    "@context": { "@vocab": SCHEMA },
    "@graph": [
      { "@id": "https://a/part", "@type": "Dataset", name: "part", description: "d" },
      { "@id": "https://a/org", "@type": "Organization", name: "org", description: "d" },
      { "@id": "https://a/me", "@type": ["Person"], name: "me", description: "d" },
      {
        "@id": "https://z/whole",
        "@type": "Dataset",
        name: "whole",
        description: "d",
        hasPart: { "@id": "https://a/part" },
      },
    ],
  });
  const [record] = await summaryOf(rig);
  assert.equal(record?.get("name"), "whole");
});

test("a graph without a dataset tells of what it has, by its own type; a person is no record", async () => {
  const rig = await releaseRig();
  await rig.document("a", {
    "@context": { "@vocab": SCHEMA },
    "@id": "https://t/",
    "@type": "SoftwareApplication",
    name: "tool",
    description: "d",
  });
  await rig.document("b", {
    "@context": { "@vocab": SCHEMA },
    "@id": "https://p/",
    "@type": "Person",
    name: "me",
    description: "d",
  });
  await rig.document("c", dataset("nameless", { name: null, description: "d" }));
  const records = await summaryOf(rig);
  assert.deepEqual(
    records.map((record) => record.get("a")),
    ["SoftwareApplication"],
  );
  const report = await rig.summarize();
  assert.deepEqual(report.withoutRecord, ["urn:gleaner.io:rig:s:data:b", "urn:gleaner.io:rig:s:data:c"]);
  assert.deepEqual([report.graphs, report.summarized], [3, 1]);
});

test("an unchanged summary is not written again", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1", { description: "d" }));
  await rig.release();
  assert.equal((await rig.summarize()).changed, true);
  const writes = rig.store.writes.length;
  assert.equal((await rig.summarize()).changed, false);
  assert.deepEqual(rig.store.writes.slice(writes), ["scratch/s_release.ttl"]);
  assert.deepEqual(rig.store.keys(BUCKET, "scratch/"), []);
});

test("without a release there is no summary, and that is told", async () => {
  const rig = await releaseRig();
  await assert.rejects(
    rig.summarize(),
    (error) => isEngineError(error, "harvest") && /release it first/.test(error.message),
  );
});

test("a graph that does not parse, or comes in two parts, is named, and the others go on", async () => {
  const rig = await releaseRig();
  const line = (graph: string, property: string): string =>
    `<https://x/> <${SCHEMA}${property}> "v" <urn:x:${graph}> .\n`;
  const body = `${line("a", "name")}${line("a", "description")}<broken> <${SCHEMA}name> "v <urn:x:b> .\n${line("c", "name")}${line("c", "description")}${line("a", "keywords")}`;
  await rig.store.put({ bucket: BUCKET, key: "graphs/latest/s_release.nq", body });
  const report = await rig.summarize();
  assert.deepEqual(
    report.skipped.named.map(({ graph, kind }) => `${graph} ${kind}`),
    ["urn:x:b invalid_rdf", "urn:x:a repeated"],
  );
  assert.deepEqual([...recordsOf(rig.text(KEY)).keys()], ["urn:x:a", "urn:x:c"]);
});

test("blank nodes of a release that nabu wrote for one document are no records' names", async () => {
  const rig = await releaseRig();
  const body = `_:b0 <${SCHEMA}name> "v" <urn:x:a> .\n_:b0 <${SCHEMA}description> "d" <urn:x:a> .\n`;
  await rig.store.put({ bucket: BUCKET, key: "graphs/latest/s_release.nq", body });
  await rig.summarize();
  const [record] = recordsOf(rig.text(KEY)).values();
  assert.deepEqual([record?.get("name"), record?.has("subjectOf")], ["v", false]);
});

test("lines that are cut anywhere by the stream are put together", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1", { description: "é".repeat(40_000) }));
  await rig.document("b", dataset("2", { description: "\u{1f600}".repeat(40_000) }));
  const records = await summaryOf(rig);
  assert.deepEqual(
    records.map((record) => record.get("description")?.length),
    [40_000, 80_000],
  );
});
