import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { isEngineError } from "../../engine/core/errors.ts";
import type { ErrorCode } from "../../engine/core/errors.ts";
import type { ObjectDetails, ObjectReading, ObjectStore } from "../../engine/core/ports/object-store.ts";
import { compareUtf8 } from "../../engine/core/utf8-order.ts";

/** A store with an empty bucket of its own for one test. */
export interface ObjectStoreRig extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly bucket: string;
}

export interface ObjectStoreContract {
  readonly open: () => Promise<ObjectStoreRig>;
  /** The declared difference between stores: keys that S3 takes and this one refuses. */
  readonly refusedKeys: readonly string[];
}

/** Registers the tests that every object store passes. */
export function objectStoreContract({ open, refusedKeys }: ObjectStoreContract): void {
  registerObjects(open);
  registerMetadata(open);
  registerStreams(open);
  registerListings(open);
  registerRemovalsAndCopies(open);
  registerFailures(open, refusedKeys);
}

type Open = ObjectStoreContract["open"];

function registerObjects(open: Open): void {
  test("an object that was put is read back with its details", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const body = '{"@id":"https://example.org/é"}';
    const put = await store.put({ bucket, key: "summoned/iris/1.jsonld", body, contentType: "application/ld+json" });
    const read = await store.get({ bucket, key: "summoned/iris/1.jsonld" });
    assert.equal((await bytesOf(read)).toString(), body);
    assertSameDetails(read.details, put);
    assertSameDetails(await store.head({ bucket, key: put.key }), put);
    assert.equal(put.key, "summoned/iris/1.jsonld");
    assert.equal(put.sizeBytes, Buffer.byteLength(body));
    assert.equal(put.etag, md5(body));
    assert.equal(put.contentType, "application/ld+json");
    assert.deepEqual({ ...put.metadata }, {});
    assert.ok(Math.abs(put.modifiedAtMs - Date.now()) < 60_000);
  });

  test("an object without a content type is application/octet-stream", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "x.json", body: Buffer.from([0, 255, 10, 13, 128]) });
    const read = await store.get({ bucket, key: "x.json" });
    assert.equal(read.details.contentType, "application/octet-stream");
    assert.deepEqual(await bytesOf(read), Buffer.from([0, 255, 10, 13, 128]));
  });

  test("an object can be empty", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "empty", body: "" });
    const read = await store.get({ bucket, key: "empty" });
    assert.equal(read.details.sizeBytes, 0);
    assert.equal((await bytesOf(read)).length, 0);
  });

  test("a second put replaces content, content type, metadata and ETag", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const old = await store.put({ bucket, key: "k", body: "old", contentType: "text/plain", metadata: { a: "1" } });
    await store.put({ bucket, key: "k", body: "newer", contentType: "text/csv", metadata: { b: "2" } });
    const read = await store.get({ bucket, key: "k" });
    assert.equal((await bytesOf(read)).toString(), "newer");
    assert.equal(read.details.contentType, "text/csv");
    assert.deepEqual({ ...read.details.metadata }, { b: "2" });
    assert.notEqual(read.details.etag, old.etag);
  });

  test("a reader sees one put whole, content and metadata, while others replace it", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const write = (letter: string) =>
      store.put({ bucket, key: "k", body: letter.repeat(300_000), metadata: { letter } });
    await write("a");
    const writers = ["b", "c", "d", "e", "f", "g", "h", "i"].map(write);
    const readers = Array.from({ length: 8 }, async () => {
      const read = await store.get({ bucket, key: "k" });
      const content = (await bytesOf(read)).toString();
      assert.equal(content, (content[0] ?? "").repeat(300_000));
      assert.deepEqual({ ...read.details.metadata }, { letter: content[0] });
      assert.equal(read.details.etag, md5(content));
    });
    await Promise.all([...writers, ...readers]);
  });

  test("hundreds of puts and gets at the same time all succeed", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const keys = Array.from({ length: 400 }, (_, index) => `many/${index % 7}/${index}`);
    await Promise.all(keys.map((key) => store.put({ bucket, key, body: key })));
    const bodies = await Promise.all(keys.map(async (key) => bytesOf(await store.get({ bucket, key }))));
    assert.deepEqual(
      bodies.map((body) => body.toString()),
      keys,
    );
  });
}

function registerMetadata(open: Open): void {
  test("names of user metadata come back in lower case and without prefix", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const metadata = {
      Url: "https://example.org/a b?c=d&e=%20",
      "X-Amz-Meta-Sha1": "ab",
      "cache-control": "mine",
      empty: "",
    };
    await store.put({ bucket, key: "k", body: "x", metadata });
    const expected = { url: metadata.Url, sha1: "ab", "cache-control": "mine", empty: "" };
    assert.deepEqual({ ...(await store.head({ bucket, key: "k" }))?.metadata }, expected);
  });

  test("user metadata named like a header does not become one", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: "x", contentType: "text/csv", metadata: { "content-type": "mine" } });
    const details = await store.head({ bucket, key: "k" });
    assert.equal(details?.contentType, "text/csv");
    assert.deepEqual({ ...details?.metadata }, { "content-type": "mine" });
  });

  test("blanks around and runs of blanks within a value are not kept", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: "x", metadata: { a: "  one   two " } });
    assert.deepEqual({ ...(await store.head({ bucket, key: "k" }))?.metadata }, { a: "one two" });
  });

  test("user metadata of 2 kB, its prefixes among them, is kept and of a byte more refused", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: "x", metadata: { a: "v".repeat(2036) } });
    assert.equal((await store.head({ bucket, key: "k" }))?.metadata["a"]?.length, 2036);
    const tooMuch = store.put({ bucket, key: "l", body: "x", metadata: { a: "v".repeat(2037) } });
    await rejectsWith(tooMuch, "object_metadata_refused");
    assert.equal(await store.head({ bucket, key: "l" }), null);
  });

  for (const [what, metadata] of [
    ["beyond ASCII", { matched: "Zürich" }],
    ["with a line break", { matched: "a\nx-amz-acl: public-read" }],
    ["with a name that no header can have", { "a b": "c" }],
    ["given twice in different case", { Url: "1", url: "2" }],
  ] as const) {
    test(`user metadata ${what} is refused`, async () => {
      await using rig = await open();
      const { store, bucket } = rig;
      await rejectsWith(store.put({ bucket, key: "k", body: "x", metadata }), "object_metadata_refused");
    });
  }
}

function registerStreams(open: Open): void {
  test("a streamed body of any size arrives whole", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (const chunks of [0, 1, 3, 5, 350]) {
      const expected = createHash("sha256");
      const stream = async function* () {
        for (let index = 0; index < chunks; index++) {
          const chunk = Buffer.alloc(60_000, index);
          expected.update(chunk);
          yield chunk;
        }
      };
      const put = await store.put({ bucket, key: `s/${chunks}`, body: stream(), metadata: { n: String(chunks) } });
      assert.equal(put.sizeBytes, chunks * 60_000);
      const read = await store.get({ bucket, key: `s/${chunks}` });
      assertSameDetails(read.details, put);
      const found = createHash("sha256").update(await bytesOf(read));
      assert.equal(found.digest("hex"), expected.digest("hex"), `${chunks} chunks`);
    }
  });

  test("an object's body can be the stream of another object", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "a", body: Buffer.alloc(900_000, "x") });
    const { body } = await store.get({ bucket, key: "a" });
    const put = await store.put({ bucket, key: "b", body });
    assert.equal(put.sizeBytes, 900_000);
  });

  test("a body that fails leaves the old object and throws its own error", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: "old" });
    for (const bytes of [1_000, 12_000_000]) {
      const failure = Object.assign(new Error("the source broke off"), { code: "ECONNRESET", syscall: "read" });
      const stream = async function* () {
        yield Buffer.alloc(bytes);
        throw failure;
      };
      await assert.rejects(store.put({ bucket, key: "k", body: stream() }), (error) => error === failure);
    }
    assert.equal((await bytesOf(await store.get({ bucket, key: "k" }))).toString(), "old");
    assert.deepEqual(await keysOf(store, bucket, ""), ["k"]);
  });

  test("an abort ends a put whose body keeps silent, and nothing is written", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (const bytes of [1_000, 12_000_000]) {
      const abort = new AbortController();
      const reason = new Error("canceled by ada");
      const stream = async function* () {
        yield Buffer.alloc(bytes);
        abort.abort(reason);
        await new Promise(() => undefined);
      };
      const put = store.put({ bucket, key: "k", body: stream(), signal: abort.signal });
      await assert.rejects(put, (error) => error === reason);
    }
    assert.equal(await store.head({ bucket, key: "k" }), null);
  });

  test("an abort ends the reading of a body", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: Buffer.alloc(8_000_000) });
    const abort = new AbortController();
    const { body } = await store.get({ bucket, key: "k", signal: abort.signal });
    await assert.rejects(async () => {
      for await (const chunk of body) {
        assert.ok(chunk.length > 0);
        abort.abort(new Error("canceled by ada"));
      }
    });
  });

  test("a body that is not read can be destroyed", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: Buffer.alloc(8_000_000) });
    for (let round = 0; round < 50; round++) {
      const { body } = await store.get({ bucket, key: "k" });
      body.destroy();
    }
    assert.equal((await store.head({ bucket, key: "k" }))?.sizeBytes, 8_000_000);
  });
}

/** Keys that need care in URLs, XML, headers or orders. */
const ODD_KEYS = [
  "007",
  "1e5",
  "0x1F",
  "a b/c d.json",
  "a+b",
  "a%20b",
  "a#b?c=d&e",
  "quote'\"quote",
  "<tag>&amp;",
  "back\\slash",
  "comma,semi;colon:at@",
  "dots..in..it",
  "tilde~",
  "Ünïcode/日本語",
  "emoji/😀",
  "emoji/\uff5e",
  " leading blank",
  "trailing blank ",
  ".hidden",
  "=equals",
  "(round)[square]{curly}",
];

function registerListings(open: Open): void {
  test("keys with odd characters are kept, listed and copied as they are", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (const key of ODD_KEYS) await store.put({ bucket, key: `odd/${key}`, body: key });
    for (const key of ODD_KEYS) {
      assert.equal((await bytesOf(await store.get({ bucket, key: `odd/${key}` }))).toString(), key);
      await store.copy({ bucket, from: `odd/${key}`, to: `copied/${key}` });
      assert.equal((await bytesOf(await store.get({ bucket, key: `copied/${key}` }))).toString(), key, key);
    }
    const expected = ODD_KEYS.map((key) => `odd/${key}`).toSorted(compareUtf8);
    assert.deepEqual(await keysOf(store, bucket, "odd/"), expected);
    await store.remove({ bucket, keys: expected });
    assert.deepEqual(await keysOf(store, bucket, "odd/"), []);
  });

  test("a key that looks like a number is listed as it is", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (const key of ["007", "1e5", "0x1f", "12"]) await store.put({ bucket, key, body: "" });
    assert.deepEqual(await keysOf(store, bucket, ""), ["007", "0x1f", "12", "1e5"]);
  });

  test("a listing is in the order of the keys' bytes, folders or not", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const keys = ["a-b", "a.b", "a/b", "a/b-", "a/c/d", "a0", "aa", "B", "b/\u{10000}", "b/\uffee", "b/\u007f"];
    for (const key of keys.toReversed()) await store.put({ bucket, key, body: key });
    const byBytes = keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    assert.deepEqual(await keysOf(store, bucket, ""), byBytes);
  });

  test("a listing tells key, size, ETag and time as head does", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const { key, sizeBytes, etag } = await store.put({ bucket, key: "a/b", body: "12345", metadata: { x: "y" } });
    const [listed] = await all(store.list({ bucket, prefix: "" }));
    assert.deepEqual({ key: listed?.key, sizeBytes: listed?.sizeBytes, etag: listed?.etag }, { key, sizeBytes, etag });
    const head = await store.head({ bucket, key });
    // S3 tells the time to the millisecond in listings and to the second in headers.
    assert.ok(Math.abs((listed?.modifiedAtMs ?? 0) - (head?.modifiedAtMs ?? 0)) < 1000);
  });

  test("a prefix is a raw string, and one that ends in a slash takes one folder alone", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (const key of ["summoned/iris/1", "summoned/iris2/1", "summoned/ir", "orgs/iris.nq"]) {
      await store.put({ bucket, key, body: key });
    }
    assert.deepEqual(await keysOf(store, bucket, "summoned/iris/"), ["summoned/iris/1"]);
    assert.deepEqual(await keysOf(store, bucket, "summoned/iris"), ["summoned/iris/1", "summoned/iris2/1"]);
    assert.deepEqual(await keysOf(store, bucket, "summoned/iris/1"), ["summoned/iris/1"]);
    assert.deepEqual(await keysOf(store, bucket, "nothing/"), []);
    assert.deepEqual(await keysOf(store, bucket, "summoned//"), []);
  });

  test("a listing of more than a thousand objects is whole, and can be left early", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const keys = Array.from({ length: 1_203 }, (_, index) => `n/${String(index).padStart(5, "0")}`);
    await Promise.all(keys.map((key) => store.put({ bucket, key, body: "" })));
    assert.deepEqual(await keysOf(store, bucket, "n/"), keys);
    for await (const { key } of store.list({ bucket, prefix: "n/" })) {
      if (key === keys[5]) break;
    }
    await store.remove({ bucket, keys });
    assert.deepEqual(await keysOf(store, bucket, ""), []);
  });

  test("an abort ends a listing", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: "" });
    const reason = new Error("canceled by ada");
    const listing = all(store.list({ bucket, prefix: "", signal: AbortSignal.abort(reason) }));
    await assert.rejects(listing, (error) => error === reason);
  });

  test("folders are told once each, with what lies below them left out", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (const key of ["orgs/a.nq", "orgs/b c/1", "orgs/b c/2/3", "orgs/007/x", "orgs/b/1", "top", "z/1"]) {
      await store.put({ bucket, key, body: "" });
    }
    assert.deepEqual(await foldersOf(store, bucket, "orgs/"), ["orgs/007/", "orgs/b c/", "orgs/b/"]);
    assert.deepEqual(await foldersOf(store, bucket, ""), ["orgs/", "z/"]);
    assert.deepEqual(await foldersOf(store, bucket, "none/"), []);
    await rejectsWith(foldersOf(store, bucket, "org"), "invalid_request");
  });
}

function registerRemovalsAndCopies(open: Open): void {
  test("a removed object is gone, and removing it again is no error", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "a/b/c", body: "x", metadata: { m: "1" } });
    await store.put({ bucket, key: "a/b2", body: "x" });
    await store.remove({ bucket, keys: ["a/b/c", "never/was"] });
    await store.remove({ bucket, keys: ["a/b/c"] });
    await store.remove({ bucket, keys: [] });
    assert.equal(await store.head({ bucket, key: "a/b/c" }), null);
    assert.deepEqual(await keysOf(store, bucket, ""), ["a/b2"]);
    assert.deepEqual(await foldersOf(store, bucket, "a/"), []);
  });

  test("a key can be put where a folder of removed objects was", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "a/b/c", body: "x" });
    await store.remove({ bucket, keys: ["a/b/c"] });
    await store.put({ bucket, key: "a", body: "y" });
    await store.remove({ bucket, keys: ["a"] });
    await store.put({ bucket, key: "a/b/c", body: "z" });
    assert.deepEqual(await keysOf(store, bucket, ""), ["a/b/c"]);
  });

  test("a copy takes content, content type and metadata along", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    const metadata = { url: "https://example.org" };
    const put = await store.put({
      bucket,
      key: "latest/x.nq",
      body: "x",
      contentType: "application/n-quads",
      metadata,
    });
    await store.copy({ bucket, from: "latest/x.nq", to: "archive/x/1.nq" });
    const copied = await store.get({ bucket, key: "archive/x/1.nq" });
    assert.equal((await bytesOf(copied)).toString(), "x");
    const { contentType, etag, sizeBytes } = copied.details;
    assert.deepEqual({ contentType, etag, sizeBytes }, { contentType: put.contentType, etag: put.etag, sizeBytes: 1 });
    assert.deepEqual({ ...copied.details.metadata }, metadata);
  });

  test("a copy's metadata and content type can each be given anew", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "a", body: "x", contentType: "text/csv", metadata: { old: "1" } });
    const shown = async (key: string) => {
      const details = await store.head({ bucket, key });
      return { contentType: details?.contentType, metadata: { ...details?.metadata } };
    };
    await store.copy({ bucket, from: "a", to: "b", metadata: { New: "2" } });
    assert.deepEqual(await shown("b"), { contentType: "text/csv", metadata: { new: "2" } });
    await store.copy({ bucket, from: "a", to: "c", contentType: "text/plain" });
    assert.deepEqual(await shown("c"), { contentType: "text/plain", metadata: { old: "1" } });
    await store.copy({ bucket, from: "a", to: "a", metadata: {} });
    assert.deepEqual(await shown("a"), { contentType: "text/csv", metadata: {} });
    await store.copy({ bucket, from: "b", to: "b" });
    assert.deepEqual(await shown("b"), { contentType: "text/csv", metadata: { new: "2" } });
  });

  test("a copy of what is not there throws object_not_found", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await rejectsWith(store.copy({ bucket, from: "a", to: "b" }), "object_not_found");
    await rejectsWith(store.copy({ bucket, from: "a", to: "a" }), "object_not_found");
    assert.deepEqual(await keysOf(store, bucket, ""), []);
  });
}

function registerFailures(open: Open, refusedKeys: readonly string[]): void {
  test("a store that answers passes its ping, and a bucket is made once", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.ping();
    await store.put({ bucket, key: "k", body: "x" });
    await store.ensureBucket(bucket);
    assert.deepEqual(await keysOf(store, bucket, ""), ["k"]);
  });

  test("an object that is not there is null to head and object_not_found to get", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "a/b", body: "x" });
    for (const key of ["none", "a", "a/", "a/b/c"]) {
      assert.equal(await store.head({ bucket, key }), null, key);
      await rejectsWith(store.get({ bucket, key }), "object_not_found");
    }
  });

  test("a bucket that is not there is named by put, list and remove", async () => {
    await using rig = await open();
    const { store } = rig;
    const bucket = "no-such-bucket";
    await rejectsWith(store.put({ bucket, key: "k", body: "x" }), "not_found");
    await rejectsWith(keysOf(store, bucket, ""), "not_found");
    await rejectsWith(foldersOf(store, bucket, ""), "not_found");
    await rejectsWith(store.remove({ bucket, keys: ["k"] }), "not_found");
    await rejectsWith(store.get({ bucket, key: "k" }), "object_not_found");
    assert.equal(await store.head({ bucket, key: "k" }), null);
  });

  test("what is no name of a bucket is refused by every call", async () => {
    await using rig = await open();
    const { store } = rig;
    for (const bucket of [
      "",
      "..",
      "a",
      "A-B-C",
      ".sheaf-store",
      "a/b",
      "a..b",
      "-abc",
      "192.168.0.1",
      "x".repeat(64),
    ]) {
      await rejectsWith(store.ensureBucket(bucket), "invalid_request");
      await rejectsWith(store.put({ bucket, key: "k", body: "x" }), "invalid_request");
      await rejectsWith(store.get({ bucket, key: "k" }), "invalid_request");
      await rejectsWith(keysOf(store, bucket, ""), "invalid_request");
      await rejectsWith(store.remove({ bucket, keys: ["k"] }), "invalid_request");
    }
  });

  test("a key that the store cannot hold is refused by put and copy, and absent to the others", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "ok", body: "x" });
    for (const key of ["", "k".repeat(1025), "half \ud800", ...refusedKeys]) {
      await rejectsWith(store.put({ bucket, key, body: "x" }), "object_key_refused");
      await rejectsWith(store.copy({ bucket, from: "ok", to: key }), "object_key_refused");
      await rejectsWith(store.copy({ bucket, from: key, to: "other" }), "object_not_found");
      await rejectsWith(store.get({ bucket, key }), "object_not_found");
      assert.equal(await store.head({ bucket, key }), null);
      await store.remove({ bucket, keys: [key] });
    }
    assert.deepEqual(await keysOf(store, bucket, ""), ["ok"]);
  });

  test("a call whose signal has aborted throws the reason and does nothing", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    await store.put({ bucket, key: "k", body: "x" });
    const reason = new Error("canceled by ada");
    const signal = AbortSignal.abort(reason);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(store.put({ bucket, key: "l", body: "x", signal }), isReason);
    await assert.rejects(store.get({ bucket, key: "k", signal }), isReason);
    await assert.rejects(store.head({ bucket, key: "k", signal }), isReason);
    await assert.rejects(store.remove({ bucket, keys: ["k"], signal }), isReason);
    await assert.rejects(store.copy({ bucket, from: "k", to: "l", signal }), isReason);
    await assert.rejects(store.ping(signal), isReason);
    await assert.rejects(store.ensureBucket(bucket, signal), isReason);
    assert.deepEqual(await keysOf(store, bucket, ""), ["k"]);
  });
}

function md5(content: string): string {
  return createHash("md5").update(content).digest("hex");
}

/** S3 tells the time of a put only by its answer's date, which may be a second off. */
function assertSameDetails(found: ObjectDetails | null, expected: ObjectDetails): void {
  assert.ok(found !== null);
  const { modifiedAtMs: foundAtMs, metadata: foundMetadata, ...foundRest } = found;
  const { modifiedAtMs, metadata, ...rest } = expected;
  assert.deepEqual({ ...foundRest, ...foundMetadata }, { ...rest, ...metadata });
  assert.ok(Math.abs(foundAtMs - modifiedAtMs) <= 2000, `${foundAtMs} and ${modifiedAtMs}`);
}

async function bytesOf(read: ObjectReading): Promise<Buffer> {
  return buffer(read.body);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

async function keysOf(store: ObjectStore, bucket: string, prefix: string): Promise<string[]> {
  return (await all(store.list({ bucket, prefix }))).map(({ key }) => key);
}

async function foldersOf(store: ObjectStore, bucket: string, prefix: string): Promise<string[]> {
  return all(store.listFolders({ bucket, prefix }));
}

async function rejectsWith(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(call, (error) => isEngineError(error, code));
}
