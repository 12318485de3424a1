import assert from "node:assert/strict";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { oxigraphTripleStore, type OxigraphTripleStore } from "../../../../engine/adapters/oxigraph-triple-store.ts";
import { systemClock, systemIds } from "../../../../engine/adapters/system-clock.ts";
import { documents, prefixOf } from "../../../contracts/triple-store/support.ts";
import { count, load, oxigraphRig, rows } from "./support.ts";

const namespace = "eco";

test("closing and opening again gives the same counts, of both kinds of namespaces", async () => {
  await using rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  await rig.store.createNamespace({ namespace: "eco_summary", kind: "triples" });
  await load(rig.store, { namespace, unit: "iris", body: documents("iris", [1, 2, 3]) });
  await load(rig.store, { namespace, unit: "ocean", body: documents("ocean", [1]) });
  const summary = `<${prefixOf("iris")}1> <urn:p> [ <urn:q> "x" ] .`;
  await load(rig.store, { namespace: "eco_summary", unit: "iris", body: summary, format: "text/turtle" });
  const counts = async (store: OxigraphTripleStore) => [
    await count(store, namespace),
    await count(store, "eco_summary"),
  ];
  assert.deepEqual(await counts(rig.store), [8, 2]);
  for (let round = 0; round < 2; round++) {
    const store = await rig.reopen();
    assert.deepEqual(await store.listNamespaces(), [
      { namespace, kind: "quads" },
      { namespace: "eco_summary", kind: "triples" },
    ]);
    assert.deepEqual(await counts(store), [8, 2]);
  }
});

test("what updates did is there after a restart, and belongs to the units that it lies in", async () => {
  await using rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  await load(rig.store, { namespace, unit: "iris", body: documents("iris", [1, 2]) });
  await load(rig.store, { namespace, unit: "ocean", body: documents("ocean", [1]) });
  const update =
    `INSERT DATA { <urn:s> <urn:p> "default graph" GRAPH <urn:n:1> { <urn:s> <urn:p> "loose" } ` +
    `GRAPH <${prefixOf("iris")}1> { <urn:s> <urn:p> "in iris" } } ; ` +
    `DELETE WHERE { GRAPH <${prefixOf("iris")}2> { ?s ?p ?o } }`;
  await rig.store.update({ namespace, update });
  const values = (store: OxigraphTripleStore) => rows(store, namespace, "SELECT ?o { <urn:s> <urn:p> ?o } ORDER BY ?o");
  assert.deepEqual(await values(rig.store), ["default graph", "in iris", "loose"]);
  let store = await rig.reopen();
  assert.deepEqual(await values(store), ["default graph", "in iris", "loose"]);
  assert.equal(await count(store, namespace), 7);
  const outcome = await load(store, { namespace, unit: "iris", body: documents("iris", [1]) });
  assert.equal(outcome.replaced, 3);
  assert.equal(outcome.goneGraphCount, 0);
  store = await rig.reopen();
  assert.deepEqual(await values(store), ["default graph", "loose"]);
  assert.equal(await count(store, namespace), 6);
});

test("a blank node that an update shared between the graphs of two units is one after a restart", async () => {
  await using rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  await load(rig.store, { namespace, unit: "iris", body: documents("iris", [1]) });
  await load(rig.store, { namespace, unit: "ocean", body: documents("ocean", [1]) });
  const update = `INSERT DATA { GRAPH <${prefixOf("iris")}1> { _:b <urn:left> "l" } GRAPH <${prefixOf("ocean")}1> { _:b <urn:right> "r" } }`;
  await rig.store.update({ namespace, update });
  const shared = "SELECT ?r { ?b <urn:left> ?l . ?b <urn:right> ?r }";
  assert.deepEqual(await rows(rig.store, namespace, shared), ["r"]);
  assert.deepEqual(await rows(await rig.reopen(), namespace, shared), ["r"]);
});

test("opening reads manifests only: a namespace's files are read by its first query", async () => {
  await using rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  await load(rig.store, { namespace, unit: "iris", body: documents("iris", [1]) });
  const before = workers();
  const store = await rig.reopen();
  await store.ping();
  assert.equal(workers(), before - 1, "the thread that prepared the load is gone, no other has started");
  assert.equal(await count(store, namespace), 2);
  assert.equal(workers(), before);
});

test("the files of a unit are sorted N-Quads that any tool reads, and the same for the same content", async () => {
  await using rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  const contents: string[] = [];
  for (const ids of [
    [2, 1, 3],
    [3, 2, 1],
  ]) {
    await load(rig.store, { namespace, unit: "iris", body: documents("iris", ids) });
    const folder = join(rig.directory, "namespaces", namespace);
    const names = (await readdir(folder)).filter((name) => name.endsWith(".nq"));
    assert.equal(names.length, 1);
    contents.push(await readFile(join(folder, names[0] ?? ""), "utf8"));
  }
  assert.equal(contents[0], contents[1]);
  assert.deepEqual(contents[0]?.split("\n").toSorted(), documents("iris", [1, 2, 3]).split("\n").toSorted());
});

test("loads leave nothing behind but what the manifest names, with and without a copy in memory", async () => {
  await using rig = await oxigraphRig();
  const { store } = rig;
  await store.createNamespace({ namespace, kind: "quads" });
  const blank = (text: string): string => `_:b <urn:p> "${text}" <${prefixOf("iris")}1> .\n`;
  for (const body of [documents("iris", [1, 2]), blank("x"), blank("y"), documents("iris", [2])]) {
    await load(store, { namespace, unit: "iris", body });
    await count(store, namespace);
  }
  await assert.rejects(load(store, { namespace, unit: "iris", body: "bad" }));
  await assert.rejects(store.update({ namespace, update: "bad" }));
  assert.deepEqual(await readdir(join(rig.directory, "temporary")), []);
  assert.equal((await readdir(join(rig.directory, "namespaces", namespace))).length, 2);
});

test("a folder that cannot be opened is told by every call, and makes nothing worse", async () => {
  await using rig = await oxigraphRig();
  await rig.store.ping();
  await rig.store.close();
  const blocked = join(rig.directory, "file");
  await writeFile(blocked, "");
  await chmod(blocked, 0o400);
  const store = await rig.reopen({ directory: blocked });
  await assert.rejects(store.ping(), { code: "triplestore_unavailable" });
  await assert.rejects(store.listNamespaces(), { code: "triplestore_unavailable" });
});

function workers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "MessagePort" || name === "Worker").length;
}

test("a store that is closed before it was used touches nothing, and one that only reads changes nothing", async () => {
  await using rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  await load(rig.store, { namespace, unit: "iris", body: documents("iris", [1]) });
  const folder = join(rig.directory, "namespaces", namespace);
  const written = [join(rig.directory, "temporary", "a-body-that-is-loaded"), join(folder, "9.nq")];
  for (const file of written) await writeFile(file, "");
  const params = { directory: rig.directory, clock: systemClock(), ids: systemIds() };
  await oxigraphTripleStore(params).close();
  const reading = oxigraphTripleStore({ ...params, readOnly: true });
  await reading.ping();
  assert.equal(await count(reading, namespace), 2);
  await assert.rejects(reading.update({ namespace, update: "CLEAR ALL" }), { code: "conflict" });
  await assert.rejects(load(reading, { namespace, unit: "iris", body: "" }), { code: "conflict" });
  await assert.rejects(reading.dropNamespace(namespace), { code: "conflict" });
  await reading.close();
  for (const file of written) assert.equal(await readFile(file, "utf8"), "");
  const missing = join(rig.directory, "missing");
  const nowhere = oxigraphTripleStore({ ...params, directory: missing, readOnly: true });
  assert.deepEqual(await nowhere.listNamespaces(), []);
  await nowhere.close();
  assert.equal((await readdir(rig.directory)).includes("missing"), false);
  const next = await rig.reopen();
  next.open();
  assert.equal(await count(next, namespace), 2);
  assert.deepEqual(await readdir(join(rig.directory, "temporary")), []);
});
