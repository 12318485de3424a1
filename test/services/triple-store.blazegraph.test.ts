import assert from "node:assert/strict";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { blazegraphTripleStore } from "../../engine/adapters/blazegraph-triple-store.ts";
import { systemClock, systemIds } from "../../engine/adapters/system-clock.ts";
import { tripleStoreContract } from "../contracts/triple-store.ts";
import { chunked, documents, namespaceRig, prefixOf } from "../contracts/triple-store/support.ts";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { startBlazegraph } from "./blazegraph.ts";

const server = await startBlazegraph();
const folder = await temporaryFolder();
const store = blazegraphTripleStore({
  url: server.url,
  spoolDirectory: folder.path,
  clock: systemClock(),
  ids: systemIds(),
});
after(async () => {
  await store.close();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
const open = async () => ({ store, [Symbol.asyncDispose]: async () => undefined });

tripleStoreContract({ open, differences: { dotsInNames: false, updatesSeeUnion: true } });

test("what a killed load has left on this disk is swept by the next", async () => {
  await using rig = await namespaceRig(open, "quads");
  await rig.load("iris", documents("iris", [1]));
  const [server1 = ""] = await readdir(folder.path);
  const left = join(folder.path, server1, "left");
  await writeFile(left, "half a load");
  await rig.load("iris", documents("iris", [2]));
  assert.deepEqual(await readdir(join(folder.path, server1)), ["left"], "not while this process may use it");
  const next = blazegraphTripleStore({
    url: server.url,
    spoolDirectory: folder.path,
    clock: systemClock(),
    ids: systemIds(),
  });
  const scope = { unit: "release/iris", prefixes: [prefixOf("iris")] };
  await next.replace({ namespace: rig.namespace, scope, format: "application/n-quads", body: chunked("") });
  await next.close();
  assert.deepEqual(await readdir(join(folder.path, server1)), []);
});

/** More graphs than Blazegraph can drop one by one in a request. */
const manyIds = Array.from({ length: 2_100 }, (_, index) => index);

test("a source of more graphs than one request can drop is removed in one", async () => {
  await using rig = await namespaceRig(open, "quads");
  await rig.load("ocean", documents("ocean", [1]));
  await rig.load("iris", documents("iris", manyIds));
  const outcome = await rig.remove("iris");
  assert.equal(outcome.graphCount, 2_100);
  assert.equal(outcome.graphs.length, 1_000);
  assert.equal(outcome.statements, 4_200);
  assert.equal(await rig.count(), 2);
});

test("blank nodes in more graphs than one request can drop are replaced", async () => {
  await using rig = await namespaceRig(open, "quads");
  const body = manyIds.map((id) => `<urn:s> <urn:p> _:b${id} <${prefixOf("iris")}${id}> .\n`).join("");
  for (let round = 0; round < 2; round++) {
    await rig.load("iris", body);
    assert.equal(await rig.count(), 2_100);
  }
});

test("what the old stack had loaded, with blank nodes and bad IRIs, is replaced whole", async () => {
  await using rig = await namespaceRig(open, "quads");
  const graph = `<${prefixOf("iris")}old>`;
  const loaded = await fetch(`${server.url}/namespace/${rig.namespace}/sparql`, {
    method: "POST",
    headers: { "Content-Type": "text/x-nquads" },
    body:
      `<urn:s> <urn:p> <http://example.org/a b%zz|c> ${graph} .\n` +
      `<urn:s> <urn:p> _:b ${graph} .\n_:b <urn:q> "x\\uD83D\\uDE00" ${graph} .\n` +
      `<urn:s> <urn:p> "elsewhere" <urn:test:iris2:1> .\n`,
  });
  assert.equal(loaded.status, 200, await loaded.text());
  const outcome = await rig.load("iris", documents("iris", [1]));
  assert.equal(outcome.replaced, 3);
  assert.deepEqual(outcome.goneGraphs, [`${prefixOf("iris")}old`]);
  assert.equal(await rig.count(), 3);
});

test("a bad IRI that the old stack had loaded is removed without a blank node to force the update", async () => {
  await using rig = await namespaceRig(open, "quads");
  const graph = `<${prefixOf("iris")}old>`;
  await fetch(`${server.url}/namespace/${rig.namespace}/sparql`, {
    method: "POST",
    headers: { "Content-Type": "text/x-nquads" },
    body: `<urn:s> <urn:p> <http://example.org/a|b%zz> ${graph} .\n`,
  });
  assert.equal((await rig.load("iris", documents("iris", [1]))).replaced, 1);
  assert.equal(await rig.count(), 2);
});

test("blank nodes that hang deep from a subject of a triples namespace go with it", async () => {
  await using rig = await namespaceRig(open, "triples");
  const depth = 20;
  const chain = Array.from({ length: depth }, (_, level) => `_:n${level} <urn:next> _:n${level + 1} .\n`).join("");
  const body = `<${prefixOf("iris")}1> <urn:next> _:n0 .\n${chain}`;
  for (let round = 0; round < 2; round++) {
    await rig.load("iris", body);
    assert.equal(await rig.count(), depth + 1);
  }
  assert.equal((await rig.remove("iris")).statements, depth + 1);
  assert.equal(await rig.count(), 0);
});
