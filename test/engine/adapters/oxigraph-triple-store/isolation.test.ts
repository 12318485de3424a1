import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineError } from "../../../../engine/core/errors.ts";
import type { OxigraphTripleStore } from "../../../../engine/adapters/oxigraph-triple-store.ts";
import { documents, prefixOf } from "../../../contracts/triple-store/support.ts";
import { manualClock, type ManualClock } from "../../../rigs/manual-clock.ts";
import { count, load, oxigraphRig, rows } from "./support.ts";

const namespace = "eco";
const endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }";
const ids = Array.from({ length: 200 }, (_, index) => index);

async function filled(store: OxigraphTripleStore): Promise<void> {
  await store.createNamespace({ namespace, kind: "quads" });
  await load(store, { namespace, unit: "iris", body: documents("iris", ids) });
}

/** Lets the real threads work, without time going by on the clock, until something waits for more than before. */
async function untilTimers(clock: ManualClock, more: number): Promise<void> {
  while (clock.pending < more) await clock.settle();
}

test("while a query never ends, another worker answers, and loads go through", async () => {
  const clock = manualClock();
  await using rig = await oxigraphRig({ clock });
  const { store } = rig;
  await filled(store);
  assert.equal(await count(store, namespace), 400);
  const stuck = assert.rejects(store.query({ namespace, query: endless }), { code: "query_limit" });
  await untilTimers(clock, 3);
  const waiting = count(store, namespace);
  await untilTimers(clock, 4);
  await clock.advance(1_000);
  assert.equal(await waiting, 400);
  await load(store, { namespace, unit: "ocean", body: documents("ocean", [1]) });
  assert.equal(await count(store, namespace), 402);
  await clock.advance(30_000);
  await stuck;
  assert.equal(await count(store, namespace), 402);
});

test("queries that wait for a worker that is killed are answered by the next", async () => {
  const clock = manualClock();
  await using rig = await oxigraphRig({ clock, limits: { copies: 1 } });
  const { store } = rig;
  await filled(store);
  assert.equal(await count(store, namespace), 400);
  const stuck = assert.rejects(store.query({ namespace, query: endless, timeoutMs: 5_000 }), { code: "query_limit" });
  const waiting = [1, 2, 3].map(() => count(store, namespace));
  await untilTimers(clock, 3);
  await clock.advance(5_000);
  await stuck;
  assert.deepEqual(await Promise.all(waiting), [400, 400, 400]);
});

test("a query that takes too much memory is ended before its time", async () => {
  await using rig = await oxigraphRig({ limits: { evaluationBytes: 40_000_000 } });
  const { store } = rig;
  await filled(store);
  const query = "SELECT * { GRAPH ?g1 { ?a ?b ?c } GRAPH ?g2 { ?d ?e ?f } GRAPH ?g3 { ?g ?h ?i } } ORDER BY ?c ?f ?i";
  await assert.rejects(store.query({ namespace, query }), { code: "query_limit", message: /memory/u });
  assert.equal(await count(store, namespace), 400);
});

test("a query that nests without end breaks nothing", async () => {
  await using rig = await oxigraphRig();
  const { store } = rig;
  await filled(store);
  for (const query of [
    `SELECT * { ?s ?p ?o FILTER(${"(".repeat(50_000)}1${")".repeat(50_000)}) }`,
    `SELECT * ${"{".repeat(50_000)} ?s ?p ?o ${"}".repeat(50_000)}`,
    `ASK { ?s ${"<urn:p>/".repeat(50_000)}<urn:p> ?o }`,
  ]) {
    await store.query({ namespace, query, timeoutMs: 3_000 }).then(
      () => undefined,
      (error: { code: string }) => assert.ok(["query_limit", "sparql_syntax"].includes(error.code), error.code),
    );
    assert.equal(await count(store, namespace), 400);
  }
});

test("an update that cannot be kept leaves nothing in memory either", async () => {
  await using rig = await oxigraphRig();
  const { store } = rig;
  await filled(store);
  const nameless = 'INSERT { GRAPH ?b { <urn:s> <urn:p> "x" } } WHERE { BIND(BNODE() AS ?b) }';
  await assert.rejects(store.update({ namespace, update: nameless }), {
    code: "sparql_syntax",
    message: /blank node/u,
  });
  const tripleTerm = "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> <<( <urn:a> <urn:b> <urn:c> )>> } }";
  await assert.rejects(store.update({ namespace, update: tripleTerm }), {
    code: "sparql_syntax",
    message: /triple term/u,
  });
  assert.equal(await count(store, namespace), 400);
  const body = `<urn:s> <urn:p> <<( <urn:a> <urn:b> "x" )>> <${prefixOf("iris")}1> .\n`;
  await assert.rejects(load(store, { namespace, unit: "iris", body }), { code: "rdf_syntax", message: /triple term/u });
  assert.equal(await count(store, namespace), 400);
});

test("a graph that has become empty is not found any more", async () => {
  await using rig = await oxigraphRig();
  const { store } = rig;
  await filled(store);
  const graphs = "SELECT ?g { GRAPH ?g {} } ORDER BY ?g";
  assert.equal((await rows(store, namespace, graphs)).length, 200);
  await load(store, { namespace, unit: "iris", body: documents("iris", [1, 2]) });
  assert.equal((await rows(store, namespace, graphs)).length, 2);
  await store.update({ namespace, update: `DELETE WHERE { GRAPH <${prefixOf("iris")}2> { ?s ?p ?o } }` });
  assert.deepEqual(await rows(store, namespace, graphs), [`${prefixOf("iris")}1`]);
});

test("a namespace that nobody asks for leaves the memory, and comes back", async () => {
  const clock = manualClock();
  await using rig = await oxigraphRig({ clock });
  const { store } = rig;
  await filled(store);
  assert.equal(await count(store, namespace), 400);
  await clock.advance(59_000);
  assert.equal(await count(store, namespace), 400);
  await clock.advance(60_000);
  assert.equal(clock.pending, 0, "no thread is at rest any more");
  assert.equal(await count(store, namespace), 400);
});

test("more namespaces than workers take turns", async () => {
  await using rig = await oxigraphRig({ limits: { workers: 1 } });
  const { store } = rig;
  const names = ["a", "b", "c"];
  for (const name of names) await store.createNamespace({ namespace: name, kind: "quads" });
  for (const [index, name] of names.entries()) {
    await load(store, { namespace: name, unit: "iris", body: documents("iris", ids.slice(0, index + 1)) });
  }
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(await Promise.all(names.map((name) => count(store, name))), [2, 4, 6]);
  }
});

test("what is over a limit is refused with the limit's name, and changes nothing", async () => {
  const limits = { namespaceStatements: 10, bodyBytes: 5_000, textBytes: 1_000, waiting: 1 };
  await using rig = await oxigraphRig({ limits });
  const { store } = rig;
  await store.createNamespace({ namespace, kind: "quads" });
  await load(store, { namespace, unit: "iris", body: documents("iris", [1, 2]) });
  const tooMany = load(store, { namespace, unit: "ocean", body: documents("ocean", [1, 2, 3, 4]) });
  await assert.rejects(tooMany, {
    code: "too_large",
    details: { limit: "namespaceStatements", namespaceStatements: 10, statements: 12 },
  });
  await assert.rejects(load(store, { namespace, unit: "iris", body: documents("iris", ids) }), {
    code: "too_large",
    message: /5000 bytes/u,
  });
  await assert.rejects(store.query({ namespace, query: `ASK {} #${"x".repeat(1_000)}` }), { code: "too_large" });
  const [, second] = await Promise.allSettled([1, 2].map(() => store.query({ namespace, query: "ASK {}" })));
  assert.equal(second?.status, "rejected");
  const { code, retryable } = second.reason as EngineError;
  assert.deepEqual({ code, retryable }, { code: "query_limit", retryable: true });
  assert.equal(await count(store, namespace), 4);
});

test("closing cancels what runs and what waits", async () => {
  await using rig = await oxigraphRig();
  const { store } = rig;
  await filled(store);
  assert.equal(await count(store, namespace), 400);
  const running = [endless, "ASK {}"].map((query) => store.query({ namespace, query }));
  const update = store.update({
    namespace,
    update: "INSERT { GRAPH <urn:g> { ?a ?b ?c } } WHERE { GRAPH ?g { ?a ?b ?c } }",
  });
  const all = Promise.allSettled([...running, update]);
  await store.close();
  for (const outcome of await all) {
    assert.equal(outcome.status, "rejected");
    assert.equal((outcome.reason as { code: string }).code, "canceled");
  }
  await assert.rejects(store.ping(), { code: "canceled" });
  assert.equal(await count(await rig.reopen(), namespace), 400);
});
