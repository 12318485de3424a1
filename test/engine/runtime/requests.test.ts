import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, dynamicPartitions, isEngineError, productPartitions } from "../../../engine/index.ts";
import type { PartitionRequest } from "../../../engine/runtime/operations.ts";
import { engineRig, type EngineRig, operator } from "../../rigs/engine.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });
const release = defineAsset({ key: "release", partitions: sources, run: () => 1 });
const load = defineAsset({ key: "load", partitions: pairs, deps: { release }, run: () => 1 });

async function requestRig(): Promise<EngineRig> {
  const rig = await engineRig({ definitions: [release, load, tenants], limits: [{ kind: "runs", maximum: 0 }] });
  await rig.engine.commands.addPartitions("sources", { keys: ["a", "b", "c", "d"], actor: operator });
  await rig.engine.commands.addPartitions("tenants", { keys: ["t", "u"], actor: operator });
  await rig.engine.commands.addPartitions("pairs", { keys: ["a|t", "a|u", "b|t", "c|u"], actor: operator });
  return rig;
}

async function keysOf(rig: EngineRig, asset: string, partitions: PartitionRequest): Promise<readonly string[]> {
  const preview = await rig.engine.commands.preview({ assets: [asset], partitions });
  return preview.waves[0]?.keys ?? [];
}

test("partitions are asked for by keys, a range, a word, or dimensions of their own set or of one that relates", async () => {
  await using rig = await requestRig();
  const cases: readonly (readonly [string, PartitionRequest, readonly string[]])[] = [
    ["release", "all", ["a", "b", "c", "d"]],
    ["release", "missing", ["a", "b", "c", "d"]],
    ["release", "failed", []],
    ["release", ["c", "a", "c"], ["c", "a"]],
    ["release", { from: "b", to: "c" }, ["b", "c"]],
    ["release", { from: "c", to: "b" }, []],
    ["release", { source: ["d", "a"] }, ["a", "d"]],
    ["release", { tenant: "u" }, ["a", "c"]],
    ["release", ["u"], ["a", "c"]],
    ["load", { source: "a" }, ["a|t", "a|u"]],
    ["load", { source: ["a", "b"], tenant: "t" }, ["a|t", "b|t"]],
    ["load", ["a"], ["a|t", "a|u"]],
  ];
  for (const [asset, partitions, expected] of cases) {
    assert.deepEqual(await keysOf(rig, asset, partitions), expected, `${asset} ${JSON.stringify(partitions)}`);
  }
});

test("stale partitions are those that were made of what is not the newest any more", async () => {
  let version = 1;
  const made = defineAsset({ key: "made", partitions: sources, run: () => version });
  const below = defineAsset({ key: "below", partitions: sources, deps: { made }, run: ({ inputs }) => inputs.made });
  await using rig = await engineRig({ definitions: [sources, made, below] });
  await rig.engine.commands.addPartitions("sources", { keys: ["a", "b", "c", "d"], actor: operator });
  const make = async (asset: string, partitions: PartitionRequest): Promise<void> => {
    const { runs, backfill } = await rig.engine.commands.materialize({ assets: [asset], partitions }, operator);
    if (backfill !== null) await rig.endedBackfill(backfill);
    for (const run of runs) await rig.ended(run);
  };
  await make("made", "all");
  await make("below", ["a", "b", "c"]);
  assert.deepEqual(await keysOf(rig, "below", "stale"), []);
  version = 2;
  await make("made", ["b", "c", "d"]);
  assert.deepEqual(await keysOf(rig, "below", "stale"), ["b", "c"]);
  await rig.engine.commands.retirePartitions("sources", { keys: ["c"], actor: operator });
  assert.deepEqual(await keysOf(rig, "below", "stale"), ["b"]);
  await make("below", "stale");
  assert.deepEqual(await keysOf(rig, "below", "stale"), []);
  assert.deepEqual(await keysOf(rig, "below", "missing"), ["d"]);
});

const refusals: readonly (readonly [string, PartitionRequest, RegExp])[] = [
  ["no dimension at all", {}, /names no dimension/],
  ["a dimension that no set has", { source: "a", planet: "mars" }, /no partition set has the dimension planet/],
  ["a key that is none", ["a", "nope"], /has no key "nope"/],
  ["a pair that is none", { source: "d", tenant: "t" }, /has no key "d\|t"/],
  ["a range whose end is no key", { from: "a", to: "z" }, /has no key "z"/],
];

for (const [what, partitions, message] of refusals) {
  test(`a request with ${what} is refused and makes nothing`, async () => {
    await using rig = await requestRig();
    const asset = what === "a pair that is none" ? "load" : "release";
    await assert.rejects(
      rig.engine.commands.materialize({ assets: [asset], partitions }, operator),
      (error) => isEngineError(error) && message.test(error.message),
    );
    assert.equal((await rig.engine.queries.runs({})).items.length, 0);
  });
}

test("a retired key is refused as such, and asking for all leaves it out", async () => {
  await using rig = await requestRig();
  await rig.engine.commands.retirePartitions("sources", { keys: ["b"], actor: operator });
  await assert.rejects(
    rig.engine.commands.materialize({ assets: ["release"], partitions: ["b"] }, operator),
    /has retired its key "b"/,
  );
  assert.deepEqual(await keysOf(rig, "release", "all"), ["a", "c", "d"]);
});

test("keys are added and retired by the thousand, every one told of", async () => {
  await using rig = await engineRig({ definitions: [release, tenants] });
  const keys = Array.from({ length: 2500 }, (_, index) => `k${index}`);
  let told = { added: 0, retired: 0 };
  rig.engine.onCommit((events) => {
    for (const event of events) {
      if (event.type !== "partitions.changed") continue;
      told = { added: told.added + event.data.added, retired: told.retired + event.data.retired };
    }
  });
  assert.deepEqual(await rig.engine.commands.addPartitions("sources", { keys, actor: operator }), { added: 2500 });
  assert.deepEqual(await rig.engine.commands.addPartitions("sources", { keys, actor: operator }), { added: 0 });
  const few = keys.slice(0, 1500);
  const retired = await rig.engine.commands.retirePartitions("sources", { keys: few, actor: operator });
  assert.deepEqual(retired, { retired: 1500 });
  assert.deepEqual(told, { added: 2500, retired: 1500 });
  assert.equal(rig.engine.queries.partitionSet("sources").active, 1000);
});

test("an unknown key among those to retire is refused, and none is retired", async () => {
  await using rig = await requestRig();
  await assert.rejects(
    rig.engine.commands.retirePartitions("sources", { keys: ["a", "nope"], actor: operator }),
    /has no key "nope"/,
  );
  assert.equal(rig.engine.queries.partitionSet("sources").active, 4);
});

test("a limit that is no whole number is refused", async () => {
  await using rig = await requestRig();
  for (const maximum of [-1, 1.5, Number.NaN]) {
    await assert.rejects(
      rig.engine.commands.setLimit({ kind: "pool", key: "p", value: "", maximum }, operator),
      (error) => isEngineError(error, "invalid_request"),
    );
  }
});

test("partitions that are named for what has none are refused, and nothing runs", async () => {
  const list = defineAsset({ key: "list", run: () => 1 });
  const job = defineJob({ name: "list_job", assets: [list] });
  await using rig = await engineRig({ definitions: [release, list, job, sources] });
  const { commands, queries } = rig.engine;
  await commands.addPartitions("sources", { keys: ["a"], actor: operator });
  const isRefused = (error: unknown): boolean =>
    isEngineError(error) && error.code === "invalid_request" && /leave the partition/.test(error.message);
  await assert.rejects(commands.triggerJob("list_job", { partition: "typo", runKey: "k", actor: operator }), isRefused);
  for (const partitions of [["typo"], { from: "a", to: "b" }, { source: "a" }] satisfies PartitionRequest[]) {
    await assert.rejects(commands.materialize({ assets: ["list"], partitions }, operator), isRefused);
    await assert.rejects(commands.preview({ job: "list_job", partitions }), isRefused);
  }
  assert.deepEqual((await queries.runs({})).items, []);
  assert.equal((await commands.triggerJob("list_job", { runKey: "k", actor: operator })).created, true);
  // A word is of all that has partitions, and so are keys where something has.
  assert.equal((await commands.preview({ assets: ["list"], partitions: "missing" })).runs, 1);
  assert.equal((await commands.preview({ assets: ["list", "release"], partitions: ["a"] })).runs, 2);
});
