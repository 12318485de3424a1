import assert from "node:assert/strict";
import { test } from "node:test";
import { extractInBatch } from "../../../assets/harvest/batch.ts";
import { BUCKET, dataset, releaseRig } from "../../rigs/release.ts";
import { extract, extractOptions, pageOf } from "../../rigs/documents.ts";
import { threadWorkers } from "../../rigs/thread-workers.ts";

const VOCAB = { "@vocab": "https://schema.org/" };

/** Blank nodes that all point to each other: telling them apart takes factorial time. */
function clique(size: number): object {
  const nodes = Array.from({ length: size }, (_, index) => ({
    "@id": `_:n${index}`,
    knows: Array.from({ length: size }, (_unused, other) => ({ "@id": `_:n${other}` })).filter(
      (_node, other) => other !== index,
    ),
  }));
  return { "@context": VOCAB, "@id": "https://x/clique", name: "clique", "@graph": nodes };
}

/** A tree of twins: every node has `width` equal children. */
function twins(depth: number, width: number): object {
  return depth === 0
    ? { name: "leaf" }
    : { name: "twin", knows: Array.from({ length: width }, () => twins(depth - 1, width)) };
}

function nested(levels: number): string {
  return `{"@context":{"@vocab":"https://schema.org/"},"a":${'{"a":'.repeat(levels)}1${"}".repeat(levels)}}`;
}

test("a graph of blank nodes that cannot be told apart is named in the release, and the others go on", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("a"));
  await rig.document("b", clique(10));
  await rig.document("c", dataset("c", { creator: [{ name: "A" }, { name: "A" }] }));
  const { documents, skipped } = await rig.release();
  assert.equal(documents, 2);
  assert.deepEqual(
    skipped.named.map(({ key, kind }) => [key, kind]),
    [["summoned/s/b.jsonld", "too_complex"]],
  );
});

test("such a document is still stored, under its identifier", async () => {
  const { documents, problems } = await extract({ body: pageOf(JSON.stringify(clique(10))) });
  assert.deepEqual(problems, []);
  assert.equal(documents[0]?.metadata["matchedstring"], "[https://x/clique]");
  assert.equal(documents[0]?.metadata["jsonsha"]?.length, 40);
});

test("twins and plain repetition are no trouble", async () => {
  const rig = await releaseRig();
  await rig.document("a", dataset("a", { creator: [twins(3, 2), twins(3, 2)] }));
  await rig.document("b", dataset("b", { keywords: Array.from({ length: 3_000 }, () => ({ name: "same" })) }));
  await rig.document("c", dataset("c", { "https://x/list": { "@list": Array.from({ length: 150 }, () => 0) } }));
  const { documents, skipped } = await rig.release();
  assert.deepEqual([documents, skipped.count], [3, 0]);
});

test("a page that hangs its worker is one problem; the other pages of the batch are answered", async () => {
  await using workers = threadWorkers();
  const page = (name: string, json: object) => ({
    url: `https://x.example/${name}`,
    contentType: "text/html",
    body: Buffer.from(pageOf(JSON.stringify(json))),
  });
  const outcomes = await extractInBatch({
    workers,
    pages: [page("1", dataset("1")), page("2", clique(200)), page("3", dataset("3"))],
    options: extractOptions(),
    pageTimeoutMs: 4_000,
  });
  assert.deepEqual(
    outcomes.map(({ documents, problems }) => [documents.length, ...problems.map(({ kind }) => kind)]),
    [[1], [0, "timeout"], [1]],
  );
});

test("ten thousand levels of nesting are a problem in a page and in a release", async () => {
  const { documents, problems } = await extract({ body: pageOf(nested(10_000)) });
  assert.deepEqual(documents, []);
  assert.deepEqual(
    problems.map(({ kind }) => kind),
    ["invalid_json"],
  );
  assert.match(problems[0]?.message ?? "", /nested deeper than 200 levels/);
  const rig = await releaseRig();
  await rig.document("a", dataset("a"));
  await rig.document("b", nested(10_000));
  assert.deepEqual((await rig.release()).skipped.byKind, { invalid_json: 1 });
});

test("as many levels as are allowed are expanded", async () => {
  let value: object | number = 1;
  for (let level = 0; level < 190; level += 1) value = { [`a${level}`]: value };
  const { documents, problems } = await extract({ body: pageOf(JSON.stringify({ "@context": VOCAB, b: value })) });
  assert.deepEqual([documents.length, problems], [1, []]);
});

test("a document of ten megabytes is converted", async () => {
  const description = "é\n".repeat(3_400_000);
  const json = JSON.stringify(dataset("big", { description }));
  const { documents, problems } = await extract({ body: pageOf(json) });
  assert.deepEqual(problems, []);
  assert.equal(documents[0]?.text, json);
  const rig = await releaseRig();
  await rig.document("big", json);
  const { bytes } = await rig.release();
  assert.ok(bytes > 10_000_000);
});

test("a page, a block and a sitegraph over their limits are told as too large", async () => {
  const page = await extract({ body: Buffer.alloc(33 * 1024 * 1024, 0x20) });
  assert.deepEqual(
    page.problems.map(({ kind }) => kind),
    ["too_large"],
  );
  const block = await extract({
    body: pageOf(JSON.stringify({ x: "y".repeat(17 * 1024 * 1024) }), JSON.stringify(dataset("a"))),
  });
  assert.deepEqual([block.documents.length, block.problems.map(({ kind }) => kind)], [1, ["too_large"]]);
});

test("an object that is too large for a release is named without being read", async () => {
  const rig = await releaseRig((store) => ({
    ...store,
    async *list(params) {
      for await (const object of store.list(params)) {
        yield object.key.includes("huge") ? { ...object, sizeBytes: 10 ** 12 } : object;
      }
    },
  }));
  await rig.document("a", dataset("a"));
  await rig.document("huge", "");
  assert.deepEqual((await rig.release()).skipped.byKind, { too_large: 1 });
});

test("invalid UTF-8, lone surrogates, NUL and control characters come through as text or are told", async () => {
  const json = '{"@context":{"@vocab":"https://schema.org/"},"@id":"https://x/","name":"\\ud800 \\u0000 \\u0001"}';
  const { documents, problems } = await extract({ body: pageOf(json) });
  assert.deepEqual([documents[0]?.text, problems], [json, []]);
  const rig = await releaseRig();
  await rig.document("a", json);
  await rig.release();
  assert.match(rig.text("graphs/latest/s_release.nq"), /"\uFFFD \\u0000 \\u0001"/);
  const raw = await extract({ body: pageOf('{"name":"\u0001"}') });
  assert.deepEqual(
    raw.problems.map(({ kind }) => kind),
    ["invalid_json"],
  );
  const nul = await extract({ body: pageOf('{"@id":"https://x/","name":"\u0000"}') });
  assert.equal(nul.documents.length + nul.problems.length, 1);
});

test("ten thousand blocks in a page are ten thousand documents", async () => {
  const scripts = Array.from({ length: 10_000 }, (_, index) => `{"@id":"https://x/${index}"}`);
  assert.equal((await extract({ body: pageOf(...scripts) })).documents.length, 10_000);
});

test("a release of many documents holds few of them at a time", async () => {
  const size = 600;
  let open = 0;
  let most = 0;
  const rig = await releaseRig((store) => ({
    ...store,
    get: async (ref) => {
      open += 1;
      most = Math.max(most, open);
      const reading = await store.get(ref);
      return reading;
    },
    put: async (params) => {
      const { body } = params;
      if (typeof body === "string" || body instanceof Uint8Array) return store.put(params);
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of body) {
          // What was written so far is no longer held.
          open = 0;
          yield chunk;
        }
      };
      return store.put({ ...params, body: counted() });
    },
  }));
  for (let index = 0; index < size; index += 1) await rig.document(`d${index}`, dataset(String(index)));
  assert.equal((await rig.release()).documents, size);
  assert.ok(most < 200, `${most} documents were read ahead`);
  assert.equal(rig.store.keys(BUCKET, "scratch/").length, 0);
});
