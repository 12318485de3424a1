import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, dynamicPartitions, isEngineError } from "../../../engine/index.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";

const sources = dynamicPartitions("sources");

function slowAsset() {
  const open = gate();
  let fail = false;
  const asset = defineAsset({
    key: "a",
    partitions: sources,
    async run() {
      await open.passed;
      if (fail) throw new Error("no");
      return 1;
    },
  });
  return {
    open,
    failFromNow: () => (fail = true),
    definitions: [asset, defineJob({ name: "j", assets: [asset] })],
  };
}

const counts = (rig: EngineRig): Record<string, number> => {
  const { partitions } = rig.engine.queries.asset("a");
  assert.ok(partitions);
  const { total, materialized, missing, failed, running, retired } = partitions;
  assert.equal(materialized + missing + failed + running, total, "the four words add up");
  return { materialized, missing, failed, running, retired };
};
const change = (rig: EngineRig, how: "addPartitions" | "retirePartitions", key: string) =>
  rig.engine.commands[how]("sources", { keys: [key], actor: operator });

test("a key that is retired while it is made stands outside the counts, and comes back as what was made of it", async () => {
  const { open, definitions } = slowAsset();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "x");
  const id = await rig.start("j", "x");
  await rig.settle();
  assert.deepEqual(counts(rig), { materialized: 0, missing: 0, failed: 0, running: 1, retired: 0 });
  await change(rig, "retirePartitions", "x");
  assert.deepEqual(counts(rig), { materialized: 0, missing: 0, failed: 0, running: 0, retired: 1 });
  open.open();
  assert.equal((await rig.ended(id)).status, "succeeded");
  assert.deepEqual(counts(rig), { materialized: 0, missing: 0, failed: 0, running: 0, retired: 1 });
  await change(rig, "addPartitions", "x");
  assert.deepEqual(counts(rig), { materialized: 1, missing: 0, failed: 0, running: 0, retired: 0 });
});

test("a key that is retired and restored while it is made is running again, and then failed", async () => {
  const { open, failFromNow, definitions } = slowAsset();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "x");
  const id = await rig.start("j", "x");
  await rig.settle();
  await change(rig, "retirePartitions", "x");
  await change(rig, "addPartitions", "x");
  assert.deepEqual(counts(rig), { materialized: 0, missing: 0, failed: 0, running: 1, retired: 0 });
  failFromNow();
  open.open();
  await rig.ended(id);
  assert.deepEqual(counts(rig), { materialized: 0, missing: 0, failed: 1, running: 0, retired: 0 });
});

test("a run that was asked for before its key was retired still runs, and the record keeps what it made", async () => {
  const { open, definitions } = slowAsset();
  await using rig = await engineRig({ definitions, limits: [{ kind: "runs", maximum: 1 }] });
  await change(rig, "addPartitions", "x");
  await change(rig, "addPartitions", "y");
  await rig.start("j", "x");
  const waiting = await rig.start("j", "y");
  await change(rig, "retirePartitions", "y");
  open.open();
  assert.equal((await rig.ended(waiting)).status, "succeeded");
  assert.deepEqual(counts(rig), { materialized: 1, missing: 0, failed: 0, running: 0, retired: 1 });
  assert.equal(rig.engine.queries.assetPartition("a", "y").latest?.value, 1);
});

test("a kill while a retired key is made leaves nothing running", async () => {
  const { definitions } = slowAsset();
  await using rig = await engineRig({ definitions });
  await change(rig, "addPartitions", "x");
  const id = await rig.start("j", "x");
  await rig.settle();
  await change(rig, "retirePartitions", "x");
  await rig.engine.commands.cancelRun(id, operator);
  const after = await rig.crash();
  assert.equal((await after.ended(id)).status, "canceled");
  await change(after, "addPartitions", "x");
  assert.deepEqual(counts(after), { materialized: 0, missing: 1, failed: 0, running: 0, retired: 0 });
});

test("only what was there is restored, and all of it or nothing", async () => {
  const { definitions, open } = slowAsset();
  open.open();
  await using rig = await engineRig({ definitions });
  const { commands, queries } = rig.engine;
  await commands.addPartitions("sources", { keys: ["iris"], actor: operator });
  await change(rig, "retirePartitions", "iris");
  const restore = (keys: readonly string[]) => commands.restorePartitions("sources", { keys, actor: operator });
  await assert.rejects(restore(["iris", "irs"]), (error) => isEngineError(error) && error.code === "not_found");
  const states = async () => (await queries.partitionKeys("sources", {})).items.map(({ key, state }) => [key, state]);
  assert.deepEqual(await states(), [["iris", "retired"]]);
  assert.deepEqual(await restore(["iris"]), { restored: 1 });
  assert.deepEqual(await states(), [["iris", "active"]]);
  assert.deepEqual(await restore(["iris"]), { restored: 0 });
});
