import assert from "node:assert/strict";
import { test } from "node:test";
import { compareUtf8 } from "../../../engine/core/utf8-order.ts";
import { all, bytesOf, foldersOf, keysOf, rejectsWith } from "./support.ts";
import type { OpenObjectStore } from "./support.ts";

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

export function registerListings(open: OpenObjectStore): void {
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
