import assert from "node:assert/strict";
import { test } from "node:test";
import { foldersOf, keysOf, rejectsWith } from "./support.ts";
import type { OpenObjectStore } from "./support.ts";

export function registerFailures(open: OpenObjectStore, refusedKeys: readonly string[]): void {
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
