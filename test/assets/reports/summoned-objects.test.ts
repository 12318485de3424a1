import assert from "node:assert/strict";
import { test } from "node:test";
import { HEAD_CONCURRENCY, summonedObjects } from "../../../assets/reports/summoned-objects.ts";
import type { ObjectStore, ObjectSummary } from "../../../engine/index.ts";
import { collect } from "../../rigs/collect.ts";
import { BUCKET, summonedRig } from "../../rigs/summoned.ts";

test("an object tells what its metadata holds, and null for the rest", async () => {
  const { store, summon } = await summonedRig();
  await summon("x.y", "a.b.jsonld", {
    url: "https://x/1",
    identifiertype: "identifiersha",
    matchedpath: "$.url",
    uniqueid: "a.b",
  });
  await summon("x.y", "deep/c.jsonld");
  const atMs = Date.UTC(2026, 2, 1, 12);
  assert.deepEqual(await collect(summonedObjects({ store, bucket: BUCKET, source: "x.y" })), [
    {
      key: "summoned/x.y/a.b.jsonld",
      fileName: "a.b.jsonld",
      id: "a.b",
      modifiedAtMs: atMs,
      url: "https://x/1",
      identifierType: "identifiersha",
      matchedPath: "$.url",
      uniqueId: "a.b",
    },
    {
      key: "summoned/x.y/deep/c.jsonld",
      fileName: "deep/c.jsonld",
      id: "deep/c",
      modifiedAtMs: atMs,
      url: null,
      identifierType: null,
      matchedPath: null,
      uniqueId: null,
    },
  ]);
});

test("the listing is read no further ahead than the objects that are asked for, and closed by who stops", async () => {
  const { store } = await summonedRig();
  let listed = 0;
  let closed = false;
  const endless: ObjectStore = {
    ...store,
    async *list(): AsyncGenerator<ObjectSummary> {
      try {
        for (;;) {
          const key = `summoned/iris/${String(listed).padStart(9, "0")}.jsonld`;
          listed += 1;
          yield { key, sizeBytes: 1, etag: "e", modifiedAtMs: 0 };
        }
      } finally {
        closed = true;
      }
    },
    async head({ key }) {
      return { key, sizeBytes: 1, etag: "e", modifiedAtMs: 0, contentType: "application/ld+json", metadata: {} };
    },
  };
  let read = 0;
  for await (const object of summonedObjects({ store: endless, bucket: BUCKET, source: "iris" })) {
    read += 1;
    assert.ok(listed - read < HEAD_CONCURRENCY);
    assert.equal(object.id, String(read - 1).padStart(9, "0"));
    if (read === 1_000) break;
  }
  assert.equal(closed, true);
});
