import assert from "node:assert/strict";
import { test } from "node:test";
import { createDocumentIndex } from "../../../../assets/harvest/summon/document-index.ts";
import { createDocumentShelf, type ShelvedDocument } from "../../../../assets/harvest/summon/document-shelf.ts";
import { createSummonLedger } from "../../../../assets/harvest/summon/summon-ledger.ts";
import type { PutObjectParams } from "../../../../engine/core/ports/object-store.ts";
import { manualClock } from "../../../rigs/manual-clock.ts";
import { memoryObjectStore, type MemoryObjectStore } from "../../../rigs/memory-object-store.ts";

const bucket = "gleaner";

/** The document with id `id` that the page at place `order` of the sitemap gives. */
function item(order: number, { id = "same", text = `text of ${order}` } = {}): ShelvedDocument {
  const url = `https://x.example/${order}`;
  const metadata = { url, sha1: id };
  return { order, url, document: { id, key: `summoned/s/${id}.jsonld`, text, metadata } };
}

async function emptyStore(): Promise<MemoryObjectStore> {
  const store = memoryObjectStore({ clock: manualClock() });
  await store.ensureBucket(bucket);
  return store;
}

/** One crawl that gives these documents in this order; says what it counted and whose prov it wrote. */
async function crawl(store: MemoryObjectStore, items: readonly ShelvedDocument[]) {
  const index = createDocumentIndex();
  for await (const { key, etag } of store.list({ bucket, prefix: "summoned/s/" })) index.list(key, etag);
  const ledger = createSummonLedger({ clock: manualClock(), onProgress: () => undefined });
  const prov: number[] = [];
  const shelf = createDocumentShelf({
    store,
    bucket,
    index,
    ledger,
    writeProv: ({ order }) => Promise.resolve(void prov.push(order)),
    keep: () => undefined,
    signal: new AbortController().signal,
  });
  const before = store.writes.length;
  await Promise.all(items.map((each) => shelf.shelve(each)));
  const early = store.writes.length - before;
  await shelf.flush();
  const { stored, unchanged } = ledger.counts;
  return {
    early,
    stored,
    unchanged,
    duplicates: ledger.duplicateCount,
    prov: prov.toSorted((a, b) => a - b),
    version: index.dataVersion(),
  };
}

async function holder(store: MemoryObjectStore): Promise<string | undefined> {
  const details = await store.head({ bucket, key: "summoned/s/same.jsonld" });
  assert.equal(store.text(bucket, "summoned/s/same.jsonld"), `text of ${details?.metadata["url"]?.split("/").at(-1)}`);
  return details?.metadata["url"];
}

const arrivals = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

for (const orders of arrivals) {
  test(`pages ${orders.join(", ")} of one id, in this order of arrival, leave the last page's document`, async () => {
    const store = await emptyStore();
    const first = await crawl(
      store,
      orders.map((order) => item(order)),
    );
    assert.equal(await holder(store), "https://x.example/2");
    assert.deepEqual([first.stored, first.unchanged, first.duplicates], [1, 0, 2]);
    assert.deepEqual(first.prov, [0, 1, 2], "each page of a new id has its prov");

    const writes = store.writes.length;
    const second = await crawl(
      store,
      orders.map((order) => item(order)),
    );
    assert.equal(store.writes.length, writes, "a second crawl writes nothing");
    assert.deepEqual([second.stored, second.unchanged, second.duplicates], [0, 1, 2]);
    assert.deepEqual(second.prov, []);
    assert.equal(second.version, first.version);
  });

  for (const held of [0, 1]) {
    test(`arrival ${orders.join(", ")} replaces page ${held}'s document by the last page's and counts it once`, async () => {
      const store = await emptyStore();
      await crawl(store, [item(held)]);
      const report = await crawl(
        store,
        orders.map((order) => item(order)),
      );
      assert.equal(await holder(store), "https://x.example/2");
      assert.deepEqual([report.stored, report.unchanged, report.duplicates], [1, 0, 2]);
    });
  }
}

test("a document of the same metadata and another text is written", async () => {
  const store = await emptyStore();
  await crawl(store, [item(0, { text: "text of 0" })]);
  const report = await crawl(store, [item(0, { text: "another text" })]);
  assert.deepEqual([report.stored, report.unchanged], [1, 0]);
});

test("metadata that the store keeps with fewer blanks is the same metadata", async () => {
  const store = await emptyStore();
  const given = item(0);
  const document = { ...given.document, metadata: { ...given.document.metadata, matchedstring: " [a   b] " } };
  await crawl(store, [{ ...given, document }]);
  assert.equal((await crawl(store, [{ ...given, document }])).unchanged, 1);
});

test("two documents of one key are not written at the same time", async () => {
  const store = await emptyStore();
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const put = async (params: PutObjectParams) => {
    running += 1;
    most = Math.max(most, running);
    await gate.promise;
    running -= 1;
    return store.put(params);
  };
  const crawled = crawl({ ...store, put }, [item(0), item(1)]);
  await new Promise((resolve) => setImmediate(resolve));
  gate.resolve();
  await crawled;
  assert.equal(most, 1);
  assert.equal(await holder(store), "https://x.example/1");
});

test("documents of different keys are written at the same time", async () => {
  const store = await emptyStore();
  const both = Promise.withResolvers<void>();
  let running = 0;
  const put = async (params: PutObjectParams) => {
    running += 1;
    if (running === 2) both.resolve();
    await both.promise;
    return store.put(params);
  };
  const report = await crawl({ ...store, put }, [item(0, { id: "a" }), item(1, { id: "b" })]);
  assert.equal(report.stored, 2);
});

test("documents too large to be deferred are written at once", async () => {
  const store = await emptyStore();
  const large = (order: number): ShelvedDocument =>
    item(order, { text: `${order}`.repeat(9_000_000), id: `id${order % 3}` });
  await crawl(store, [large(0), large(1), large(2)]);
  const { early, stored } = await crawl(store, [large(3), large(4), large(5)]);
  assert.deepEqual([early, stored], [2, 3], "one fits into what may be deferred");
  for (const id of [0, 1, 2]) {
    const details = await store.head({ bucket, key: `summoned/s/id${id}.jsonld` });
    assert.equal(details?.metadata["url"], `https://x.example/${id + 3}`);
  }
});
