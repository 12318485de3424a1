import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameDetails, bytesOf, md5 } from "./support.ts";
import type { OpenObjectStore } from "./support.ts";

export function registerObjects(open: OpenObjectStore): void {
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

  test("puts of one key at the same time leave one of them, content and metadata", async () => {
    await using rig = await open();
    const { store, bucket } = rig;
    for (let round = 0; round < 10; round++) {
      const letters = ["a", "b", "c", "d", "e", "f"].map((letter) => `${letter}${round}`);
      const puts = letters.map((letter) => store.put({ bucket, key: "k", body: letter, metadata: { letter } }));
      await Promise.all(puts);
      const read = await store.get({ bucket, key: "k" });
      const content = (await bytesOf(read)).toString();
      assert.ok(letters.includes(content));
      assert.deepEqual({ ...read.details.metadata }, { letter: content });
    }
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
