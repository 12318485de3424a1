import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { assertSameDetails, bytesOf, keysOf } from "./support.ts";
import type { OpenObjectStore } from "./support.ts";

export function registerStreams(open: OpenObjectStore): void {
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
    const reason = new Error("canceled by ada");
    const { body } = await store.get({ bucket, key: "k", signal: abort.signal });
    const reading = async () => {
      for await (const chunk of body) {
        assert.ok(chunk.length > 0);
        abort.abort(reason);
      }
    };
    await assert.rejects(reading, (error) => error === reason);
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
