import assert from "node:assert/strict";
import { test } from "node:test";
import { rejectsWith } from "./support.ts";
import type { OpenObjectStore } from "./support.ts";

export function registerMetadata(open: OpenObjectStore): void {
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
