import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, foldersOf, keysOf, rejectsWith } from "./support.ts";
import type { OpenObjectStore } from "./support.ts";

export function registerRemovalsAndCopies(open: OpenObjectStore): void {
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
