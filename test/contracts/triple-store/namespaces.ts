import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chunked,
  documents,
  failure,
  namespaceRig,
  prefixOf,
  type OpenTripleStore,
  type TripleStoreDifferences,
} from "./support.ts";

export function registerNamespaces(open: OpenTripleStore, differences: TripleStoreDifferences): void {
  test("the store answers a ping and describes itself without a secret", async () => {
    await using rig = await namespaceRig(open, "quads");
    await rig.store.ping();
    assert.match(rig.store.description, /\S/u);
    assert.doesNotMatch(rig.store.description, /secret/u);
  });

  test("a namespace is created once, and listed with its kind", async () => {
    await using rig = await namespaceRig(open, "triples");
    const { store, namespace } = rig;
    assert.equal(await store.createNamespace({ namespace, kind: "triples" }), "exists");
    const listed = (await store.listNamespaces()).find((info) => info.namespace === namespace);
    assert.deepEqual(listed, { namespace, kind: "triples" });
  });

  test("a namespace of the other kind is not taken for the one that was asked for", async () => {
    await using rig = await namespaceRig(open, "quads");
    await failure("namespace_kind", rig.store.createNamespace({ namespace: rig.namespace, kind: "triples" }));
  });

  test("a dropped namespace is gone with all that was in it", async () => {
    await using rig = await namespaceRig(open, "quads");
    const { store, namespace } = rig;
    await rig.load("iris", documents("iris", [1, 2]));
    assert.equal(await rig.count(), 4);
    assert.equal(await store.dropNamespace(namespace), true);
    assert.equal(await store.dropNamespace(namespace), false);
    await failure("namespace_not_found", store.query({ namespace, query: "ASK {}" }));
    assert.equal(await store.createNamespace({ namespace, kind: "quads" }), "created");
    assert.equal(await rig.count(), 0);
  });

  test("a namespace that does not exist is named by every call that needs it", async () => {
    await using rig = await namespaceRig(open, "quads");
    const { store } = rig;
    const namespace = `${rig.namespace}_not`;
    const scope = { unit: "release/iris", prefixes: [prefixOf("iris")] };
    const body = chunked(documents("iris", [1]));
    const calls: readonly (() => Promise<unknown>)[] = [
      () => store.replace({ namespace, scope, format: "application/n-quads", body }),
      () => store.remove({ namespace, scope }),
      () => store.query({ namespace, query: "ASK {}" }),
      () => store.update({ namespace, update: "CLEAR ALL" }),
    ];
    for (const call of calls) assert.match((await failure("namespace_not_found", call())).message, /_not\b/u);
  });

  test("names that could leave the store are refused", async () => {
    await using rig = await namespaceRig(open, "quads");
    const { store } = rig;
    for (const namespace of [
      "",
      ".",
      "..",
      "a/b",
      "../x",
      "a b",
      "a\n",
      "é",
      "a".repeat(129),
      "a%2fb",
      "a?b=c",
      "a\0",
    ]) {
      await failure("invalid_request", store.createNamespace({ namespace, kind: "quads" }));
      await failure("invalid_request", store.dropNamespace(namespace));
      await failure("invalid_request", store.query({ namespace, query: "ASK {}" }));
    }
  });

  test("names of dashes and 128 characters are fine, and with a dot where the adapter says so", async () => {
    await using rig = await namespaceRig(open, "quads");
    const { store, namespace } = rig;
    const dotted = `${namespace}.v1`;
    if (!differences.dotsInNames)
      await failure("invalid_request", store.createNamespace({ namespace: dotted, kind: "quads" }));
    const names = [`${namespace}_1-2`, namespace.padEnd(128, "x"), ...(differences.dotsInNames ? [dotted] : [])];
    for (const name of names) {
      assert.equal(await store.createNamespace({ namespace: name, kind: "quads" }), "created");
      assert.equal((await store.query({ namespace: name, query: "ASK { ?s ?p ?o }" })).body.includes("false"), true);
      assert.equal(await store.dropNamespace(name), true);
    }
  });
}
