import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Store } from "oxigraph";
import { EngineError, isEngineError } from "../../../engine/core/errors.ts";
import type { ReleaseProgress } from "../../../assets/harvest/release.ts";
import { BUCKET, dataset, releaseRig } from "../../rigs/release.ts";

const KEY = "graphs/latest/s_release.nq";
const ARCHIVE = "graphs/archive/s/summoned__s_2026-01-01-00-00-00_release.nq";

test("a release is one graph a document, in key order, sorted within, and a catalogue of them", async () => {
  const rig = await releaseRig();
  await rig.document("b", dataset("2", { creator: { name: "B" } }));
  await rig.document("a", dataset("1"));
  const report = await rig.release();
  const lines = rig.text(KEY).split("\n").slice(0, -1);
  const graphs = lines.map((line) => /<([^<>]*)> \.$/.exec(line)?.[1]?.replace(/:[0-9a-f]{64}$/, ":#"));
  assert.deepEqual(
    [...new Set(graphs)],
    ["urn:gleaner.io:rig:s:data:a", "urn:gleaner.io:rig:s:data:b", "urn:gleaner.io:rig:s:datacatalog:#"],
  );
  assert.deepEqual(lines.slice(0, 2), lines.slice(0, 2).toSorted());
  assert.equal(report.documents, 2);
  assert.equal(report.quads, lines.length);
  assert.equal(report.bytes, Buffer.byteLength(rig.text(KEY)));
  assert.equal(report.sha256, createHash("sha256").update(rig.text(KEY)).digest("hex"));
});

test("the same documents give the same bytes, whenever and in whatever order they came", async () => {
  const documents = Array.from({ length: 70 }, (_, index) =>
    dataset(String(index), {
      creator: [{ name: "A" }, { name: "A" }],
      spatialCoverage: { geo: { latitude: index / 7 } },
    }),
  );
  const one = await releaseRig();
  for (const [index, document] of documents.entries()) await one.document(`d${index}`, document);
  const two = await releaseRig();
  await two.clock.advance(86_400_000);
  for (const [index, document] of [...documents.entries()].toReversed()) {
    const shuffled = Object.fromEntries(Object.entries(document).toReversed());
    await two.document(`d${index}`, JSON.stringify(shuffled, null, 2));
  }
  const [first, second] = [await one.release(), await two.release()];
  assert.equal(first.sha256, second.sha256);
  assert.equal(one.text(KEY), two.text(KEY));
});

test("a release is written once and kept in the archive; without a change nothing is written", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1"));
  const first = await rig.release();
  assert.deepEqual([first.changed, first.archiveKey], [true, ARCHIVE]);
  assert.deepEqual(rig.store.keys(BUCKET, "graphs/"), [ARCHIVE, KEY]);
  assert.equal(rig.text(ARCHIVE), rig.text(KEY));
  await rig.clock.advance(60_000);
  const writes = rig.store.writes.length;
  const second = await rig.release();
  assert.deepEqual([second.changed, second.archiveKey, second.sha256], [false, null, first.sha256]);
  assert.deepEqual(rig.store.writes.slice(writes), ["scratch/s_release.nq"]);
  await rig.document("a", dataset("1", { version: 2 }));
  const third = await rig.release();
  assert.deepEqual([third.changed, third.archiveKey], [true, ARCHIVE.replace("00-00-00", "00-01-00")]);
  assert.deepEqual(rig.store.keys(BUCKET, "scratch/"), []);
});

test("a release that nabu wrote counts as different", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1"));
  await rig.release();
  const body = rig.text(KEY);
  await rig.store.put({ bucket: BUCKET, key: KEY, body });
  assert.equal((await rig.release()).changed, true);
});

test("latest and archive are of the type that nabu gives them, with the hash as metadata", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1"));
  const { sha256 } = await rig.release();
  for (const key of [KEY, ARCHIVE]) {
    const details = await rig.store.head({ bucket: BUCKET, key });
    assert.equal(details?.contentType, "application/octet-stream");
    assert.deepEqual(details.metadata, { sha256 });
  }
});

test("a source takes nothing of another whose name begins with its own", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1"), "iris");
  await rig.document("b", dataset("2"), "iris2");
  const report = await rig.release({ source: "iris" });
  assert.equal(report.documents, 1);
  assert.equal(rig.text(report.key).includes("iris2"), false);
});

test("names with dots, slashes and spaces are kept whole in keys and graphs", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("1"), "x.y z");
  const report = await rig.release({ source: "x.y z" });
  assert.equal(report.key, "graphs/latest/x.y z_release.nq");
  assert.match(rig.text(report.key), /<urn:gleaner\.io:rig:x\.y%20z:data:a>/);
  await rig.document("a", dataset("1"), "a%2Fb");
  assert.equal((await rig.release({ source: "a/b" })).key, "graphs/latest/a%2Fb_release.nq");
});

test("documents that cannot be converted are counted and named, and the others go on", async () => {
  const rig = await releaseRig();
  await rig.document("0", dataset("0"));
  await rig.document("1", "{ not json }");
  await rig.document("2", "");
  await rig.document("3", Buffer.from('{"name":"\xe9"}', "latin1"));
  await rig.document("4", { "@id": 5 });
  await rig.document("5", { name: "no context" });
  await rig.document("6", { "@context": "https://nowhere.invalid/ctx", name: "x" });
  await rig.document("7", dataset("7"));
  const { documents, skipped } = await rig.release();
  assert.equal(documents, 2);
  assert.equal(skipped.count, 6);
  assert.deepEqual(skipped.byKind, { invalid_json: 2, bad_charset: 1, invalid_jsonld: 2, no_statements: 1 });
  assert.deepEqual(
    skipped.named.map(({ key, kind }) => `${key.slice(-8, -7)} ${kind}`),
    ["1 invalid_json", "2 invalid_json", "3 bad_charset", "4 invalid_jsonld", "5 no_statements", "6 invalid_jsonld"],
  );
  assert.match(skipped.named[5]?.message ?? "", /nowhere\.invalid/);
  assert.equal(rig.logged.length, 6);
});

test("the first hundred skipped documents are named, all are counted", async () => {
  const rig = await releaseRig();
  await rig.document("good", dataset("1"));
  for (let index = 0; index < 130; index += 1) await rig.document(`x${String(index).padStart(3, "0")}`, "{");
  const { skipped } = await rig.release();
  assert.equal(skipped.count, 130);
  assert.equal(skipped.named.length, 100);
  assert.equal(rig.logged.length, 100);
});

test("no document, or none that can be converted, fails and leaves the release before", async () => {
  const rig = await releaseRig();
  await assert.rejects(
    rig.release(),
    (error) => isEngineError(error, "harvest") && /summoned\/s\//.test(error.message),
  );
  await rig.document("a", dataset("1"));
  await rig.release();
  const before = rig.text(KEY);
  await rig.document("a", "{");
  await assert.rejects(
    rig.release(),
    (error) => isEngineError(error, "harvest") && /none of 1 documents/.test(error.message),
  );
  assert.equal(rig.text(KEY), before);
  assert.deepEqual(rig.store.keys(BUCKET, "scratch/"), []);
});

test("a document that goes while the release is made is named, not fatal", async () => {
  const rig = await releaseRig((store) => ({
    ...store,
    get: (ref) =>
      ref.key.includes("gone") ? Promise.reject(new EngineError("object_not_found", "gone")) : store.get(ref),
  }));
  await rig.document("a", dataset("1"));
  await rig.document("gone", dataset("2"));
  assert.deepEqual((await rig.release()).skipped.byKind, { missing: 1 });
});

test("a store that fails ends the release with its error, and what was there stays", async () => {
  let failing = false;
  const rig = await releaseRig((store) => ({
    ...store,
    get: (ref) => (failing ? Promise.reject(new EngineError("store_unavailable", "down")) : store.get(ref)),
  }));
  await rig.document("a", dataset("1"));
  await rig.release();
  const before = rig.text(KEY);
  failing = true;
  await assert.rejects(rig.release(), (error) => isEngineError(error, "store_unavailable"));
  assert.equal(rig.text(KEY), before);
});

test("an abort ends the release with its reason and leaves nothing behind", async () => {
  const rig = await releaseRig();
  for (let index = 0; index < 200; index += 1) await rig.document(`d${index}`, dataset(String(index)));
  const stop = new AbortController();
  const reason = new EngineError("canceled", "enough");
  const onProgress = (): void => stop.abort(reason);
  await assert.rejects(rig.release({ signal: stop.signal, onProgress }), (error) => error === reason);
  assert.deepEqual(rig.store.keys(BUCKET, "graphs/"), []);
  assert.deepEqual(rig.store.keys(BUCKET, "scratch/"), []);
});

test("progress counts up to the report", async () => {
  const rig = await releaseRig();
  for (let index = 0; index < 100; index += 1) await rig.document(`d${index}`, dataset(String(index)));
  const seen: ReleaseProgress[] = [];
  const { documents, quads, bytes } = await rig.release({ onProgress: (progress) => void seen.push(progress) });
  assert.ok(seen.length > 2);
  assert.deepEqual(seen.at(-1), { documents, skipped: 0, quads, bytes });
});

test("a triplestore takes the whole release, and finds as many statements as the report tells", async () => {
  const rig = await releaseRig();
  const nasty = ["http://a/sp ace", "http://a/?q[]=1", "urn:a b", "rel", "http://ok/é", "http://a/%zz"];
  await rig.document("a", dataset("1", { sameAs: nasty.map((id) => ({ "@id": id })), name: 'x"\\\n\u0000\u{1f600}' }));
  await rig.document("b", dataset("2", { name: { "@value": "x", "@language": "en_US" }, creator: { name: "y" } }));
  const report = await rig.release();
  const store = new Store();
  store.load(rig.text(KEY), { format: "application/n-quads" });
  assert.equal(store.size, report.quads);
  // Five of the IRIs, and the tag.
  assert.equal(report.droppedStatements, 6);
});
