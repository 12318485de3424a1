import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { StoreProblem } from "../../../../engine/adapters/oxigraph-triple-store/namespace-registry.ts";
import { documents } from "../../../contracts/triple-store/support.ts";
import { count, load, oxigraphRig, type OxigraphRig } from "./support.ts";

const namespace = "eco";

/** A closed store of two units, and the file of the first. */
async function twoUnits(): Promise<{ readonly rig: OxigraphRig; readonly irisFile: string }> {
  const rig = await oxigraphRig();
  await rig.store.createNamespace({ namespace, kind: "quads" });
  await load(rig.store, { namespace, unit: "iris", body: documents("iris", [1, 2, 3]) });
  const folder = join(rig.directory, "namespaces", namespace);
  const name = (await readdir(folder)).find((file) => file.endsWith(".nq")) ?? "";
  await load(rig.store, { namespace, unit: "ocean", body: documents("ocean", [1]) });
  await rig.store.close();
  return { rig, irisFile: join(folder, name) };
}

const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
  "with a byte changed": async (file) => writeFile(file, (await readFile(file, "utf8")).replace("name 2", "name 9")),
  "cut off": async (file) => writeFile(file, (await readFile(file)).subarray(0, 100)),
  "that is no RDF any more": async (file) => writeFile(file, Buffer.alloc(300, 0xff)),
  "that is missing": async (file) => rm(file),
};

for (const [name, damage] of Object.entries(damages)) {
  test(`a unit's file ${name} is reported by name, and the rest serves`, async () => {
    const { rig, irisFile } = await twoUnits();
    await using _ = rig;
    await damage(irisFile);
    const told: StoreProblem[] = [];
    const store = await rig.reopen({ onProblem: (problem) => told.push(problem) });
    assert.equal(await count(store, namespace), 2);
    const [problem] = store.problems();
    assert.deepEqual(told, [problem]);
    assert.equal(problem?.file, irisFile);
    assert.equal(problem.unit, "release/iris");
    assert.match(problem.message, /is damaged .*load it again/u);
  });

  test(`loading a unit again heals its file ${name}`, async () => {
    const { rig, irisFile } = await twoUnits();
    await using _ = rig;
    await damage(irisFile);
    const store = await rig.reopen();
    const outcome = await load(store, { namespace, unit: "iris", body: documents("iris", [1, 2]) });
    assert.equal(outcome.replaced, 0);
    assert.equal(await count(store, namespace), 6);
    assert.deepEqual(store.problems(), []);
    assert.equal(await count(await rig.reopen(), namespace), 6);
  });
}

test("an update leaves a damaged file where it is, and it stays reported", async () => {
  const { rig, irisFile } = await twoUnits();
  await using _ = rig;
  const sound = await readFile(irisFile);
  await writeFile(irisFile, "");
  let store = await rig.reopen();
  await store.update({ namespace, update: 'INSERT DATA { GRAPH <urn:n:1> { <urn:s> <urn:p> "x" } }' });
  assert.equal(await count(store, namespace), 3);
  assert.equal(store.problems().length, 1);
  await store.close();
  await writeFile(irisFile, sound);
  store = await rig.reopen();
  assert.equal(await count(store, namespace), 9);
  assert.deepEqual(store.problems(), []);
});

test("a damaged manifest takes its namespace out of service by name, and no other", async () => {
  const { rig } = await twoUnits();
  await using _ = rig;
  let store = await rig.reopen();
  await store.createNamespace({ namespace: "other", kind: "quads" });
  await load(store, { namespace: "other", unit: "iris", body: documents("iris", [1]) });
  await store.close();
  const manifest = join(rig.directory, "namespaces", namespace, "manifest");
  for (const content of ["", "{}", (await readFile(manifest, "utf8")).replace("release/iris", "release/iriz")]) {
    await writeFile(manifest, content);
    store = await rig.reopen();
    assert.equal(await count(store, "other"), 2);
    await assert.rejects(count(store, namespace), { code: "corrupt", message: new RegExp(manifest, "u") });
    await assert.rejects(store.createNamespace({ namespace, kind: "quads" }), { code: "corrupt" });
    assert.deepEqual(
      store.problems().map(({ file, unit }) => ({ file, unit })),
      [{ file: manifest, unit: null }],
    );
  }
  assert.equal(await store.dropNamespace(namespace), true);
  assert.equal(await store.createNamespace({ namespace, kind: "quads" }), "created");
  assert.equal(await count(store, namespace), 0);
  assert.deepEqual(store.problems(), []);
});
