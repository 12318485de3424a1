import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { DiskStep } from "../../../../engine/adapters/oxigraph-triple-store/namespace-disk.ts";
import type { OxigraphTripleStore } from "../../../../engine/adapters/oxigraph-triple-store.ts";
import { seededIds } from "../../../rigs/manual-clock.ts";
import { chunked, documents, prefixOf } from "../../../contracts/triple-store/support.ts";
import { oxigraphRig, type OxigraphRig } from "./support.ts";

const namespace = "crash";
const child = join(import.meta.dirname, "crash-child.ts");

/** A closed store that holds ten old documents of iris and two of ocean. */
async function filledRig(): Promise<OxigraphRig> {
  const rig = await oxigraphRig();
  const { store } = rig;
  await store.createNamespace({ namespace, kind: "quads" });
  for (const [unit, count] of [
    ["iris", 10],
    ["ocean", 2],
  ] as const) {
    const ids = Array.from({ length: count }, (_, index) => index);
    await store.replace({
      namespace,
      scope: { unit: `release/${unit}`, prefixes: [prefixOf(unit)] },
      format: "application/n-quads",
      body: chunked(documents(unit, ids, "old")),
    });
  }
  await store.close();
  return rig;
}

interface Ending {
  readonly output: string;
  readonly signal: NodeJS.Signals | null;
}

async function runChild(args: readonly string[], killAfterMs?: number): Promise<Ending> {
  const running = spawn(process.execPath, [child, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  running.stdout.on("data", (data: Buffer) => {
    const isFirst = output === "";
    output += data.toString();
    if (isFirst && killAfterMs !== undefined) setTimeout(() => running.kill("SIGKILL"), killAfterMs);
  });
  const [, signal] = (await once(running, "exit")) as [number | null, NodeJS.Signals | null];
  return { output, signal };
}

/** The versions of names in a source's documents, with how many there are of each. */
async function versions(store: OxigraphTripleStore, unit: string): Promise<Record<string, number>> {
  const query =
    "SELECT ?version (COUNT(*) AS ?n) { GRAPH ?g { ?s <https://schema.org/name> ?name } " +
    `BIND(STRBEFORE(?name, " ") AS ?version) FILTER(STRSTARTS(STR(?g), "${prefixOf(unit)}")) } GROUP BY ?version`;
  const { body } = await store.query({ namespace, query, accept: "text/csv" });
  const rows = body.toString().trim().split("\r\n").slice(1);
  return Object.fromEntries(rows.map((row) => row.split(",")).map(([version = "", n]) => [version, Number(n)]));
}

/** What is on disk beside what the manifests name. */
async function leftovers({ directory }: OxigraphRig): Promise<string[]> {
  const left = (await readdir(join(directory, "temporary"))).map((name) => `temporary/${name}`);
  for (const name of await readdir(join(directory, "namespaces"))) {
    const files = await readdir(join(directory, "namespaces", name));
    const manifest = await readFile(join(directory, "namespaces", name, "manifest"), "utf8");
    const named = JSON.parse(manifest.split("\n")[0] ?? "") as { files: { name: string }[] };
    const expected = new Set(["manifest", ...named.files.map((file) => file.name)]);
    left.push(...files.filter((file) => !expected.has(file)).map((file) => `${name}/${file}`));
  }
  return left;
}

for (const [step, version, count] of [
  ["body spooled", "old", 10],
  ["manifest written", "old", 10],
  ["manifest switched", "new", 30],
  ["old files removed", "new", 30],
] as const satisfies readonly (readonly [DiskStep, string, number])[]) {
  test(`a load that is killed at "${step}" leaves the ${version} content, whole`, async () => {
    await using rig = await filledRig();
    const { signal, output } = await runChild([rig.directory, "replace", step]);
    assert.equal(signal, "SIGKILL", output);
    const store = await rig.reopen();
    assert.deepEqual(await versions(store, "iris"), { [version]: count });
    assert.deepEqual(await versions(store, "ocean"), { old: 2 });
    assert.deepEqual(await leftovers(rig), []);
    assert.deepEqual(store.problems(), []);
  });
}

for (const [step, isKept] of [
  ["manifest written", false],
  ["manifest switched", true],
  ["old files removed", true],
] as const satisfies readonly (readonly [DiskStep, boolean])[]) {
  test(`an update that is killed at "${step}" is ${isKept ? "there" : "not there"} after it`, async () => {
    await using rig = await filledRig();
    assert.equal((await runChild([rig.directory, "update", step])).signal, "SIGKILL");
    const store = await rig.reopen();
    const { body } = await store.query({ namespace, query: 'ASK { ?s ?p "updated" }' });
    assert.equal(body.includes("true"), isKept);
    assert.deepEqual(await versions(store, "iris"), { old: 10 });
    assert.deepEqual(await leftovers(rig), []);
  });
}

for (const [action, step, names] of [
  ["create", "namespace written", ["crash"]],
  ["create", "namespace made", ["crash", "created"]],
  ["drop", "namespace moved away", []],
] as const satisfies readonly (readonly [string, DiskStep, readonly string[]])[]) {
  test(`a namespace whose ${action} is killed at "${step}" is there or not, never half`, async () => {
    await using rig = await filledRig();
    assert.equal((await runChild([rig.directory, action, step])).signal, "SIGKILL");
    const store = await rig.reopen();
    assert.deepEqual(
      (await store.listNamespaces()).map((info) => info.namespace),
      names,
    );
    assert.deepEqual(await leftovers(rig), []);
  });
}

const seed = process.env["CRASH_SEED"] ?? "1";
const random = seededIds(seed);
for (let round = 0; round < 8; round++) {
  const killAfterMs = Math.round(random.random() * 700);
  test(`loads and updates that are killed after ${killAfterMs} ms (${seed}/${round}) leave one version of each unit`, async () => {
    await using rig = await filledRig();
    assert.equal((await runChild([rig.directory, "churn"], killAfterMs)).signal, "SIGKILL");
    const store = await rig.reopen();
    const found = await versions(store, "iris");
    const allowed = [{ old: 10 }, { even: 20 }, { odd: 30 }];
    assert.ok(
      allowed.some((one) => JSON.stringify(one) === JSON.stringify(found)),
      JSON.stringify(found),
    );
    assert.deepEqual(await versions(store, "ocean"), { old: 2 });
    assert.deepEqual(await leftovers(rig), []);
    assert.deepEqual(await versions(await rig.reopen(), "iris"), found);
  });
}

test("what a kill has left behind is swept when the store opens", async () => {
  await using rig = await filledRig();
  const folder = join(rig.directory, "namespaces", namespace);
  await writeFile(join(folder, "00000009.nq"), "half a li");
  await writeFile(join(folder, "manifest.next"), "{");
  await writeFile(join(rig.directory, "temporary", "body"), "x");
  await mkdir(join(rig.directory, "temporary", "namespace"));
  const store = await rig.reopen();
  await store.ping();
  assert.deepEqual(await leftovers(rig), []);
  assert.deepEqual(await versions(store, "iris"), { old: 10 });
});
