import assert from "node:assert/strict";
import { test } from "node:test";
import { AGING_MS_PER_PRIORITY } from "../../../engine/core/queue-order.ts";
import { defineAsset, defineJob, staticPartitions } from "../../../engine/index.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";

const keys = staticPartitions("keys", ["first", "a", "b", "c", "d"]);

/** One run at a time, the first of which is held until `go`; `order` tells who started. */
async function queueRig(pool?: string) {
  const open = gate();
  const order: string[] = [];
  const one = defineAsset({
    key: "one",
    partitions: keys,
    ...(pool === undefined ? {} : { pool }),
    async run({ partition }) {
      order.push(partition.key);
      if (partition.key === "first") await open.passed;
      return 1;
    },
  });
  const rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    limits: [pool === undefined ? { kind: "runs", maximum: 1 } : { kind: "pool", key: pool, maximum: 1 }],
  });
  await rig.start("j", "first");
  await rig.settle();
  const ask = async (partition: string, priority: number): Promise<string> => {
    const { run } = await rig.engine.commands.triggerJob("j", { partition, priority, actor: operator });
    await rig.settle();
    return run;
  };
  const go = async (): Promise<readonly string[]> => {
    open.open();
    for (let round = 0; order.length < 5 && round < 50; round++) await rig.settle();
    return order;
  };
  return { rig, ask, go };
}

const wait = (rig: EngineRig, priorities: number): Promise<void> => rig.advance(priorities * AGING_MS_PER_PRIORITY);

for (const [what, pool] of [
  ["a queued run", undefined],
  ["a step that waits for a slot", "p"],
] as const) {
  test(`${what} is overtaken by those of higher priority only as long as its waiting does not make up for it`, async () => {
    const { rig, ask, go } = await queueRig(pool);
    await using _rig = rig;
    await ask("a", 0);
    await wait(rig, 2.9);
    await ask("b", 3);
    await wait(rig, 0.2);
    await ask("c", 3);
    await ask("d", 4);
    assert.deepEqual(await go(), ["first", "d", "b", "a", "c"]);
  });
}

test("a queued run whose priority is changed has its turn by the new one, and its history says who changed it", async () => {
  const { rig, ask, go } = await queueRig();
  await using _rig = rig;
  await ask("a", 0);
  const second = await ask("b", 0);
  await ask("c", 5);
  const last = await ask("d", 9);
  await rig.engine.commands.setPriority(second, { priority: 7, actor: operator });
  await rig.engine.commands.setPriority(last, { priority: -1, actor: operator });
  assert.deepEqual(await go(), ["first", "b", "c", "a", "d"]);
  const { items } = await rig.engine.queries.events(second, {});
  assert.ok(items.some((event) => event.message === "tester gave the run the priority 7."));
  await assert.rejects(rig.engine.commands.setPriority(second, { priority: 1, actor: operator }), { code: "conflict" });
  await assert.rejects(rig.engine.commands.setPriority("none", { priority: 1, actor: operator }), {
    code: "not_found",
  });
  await assert.rejects(rig.engine.commands.setPriority(second, { priority: 1.5, actor: operator }), {
    code: "invalid_request",
  });
});

test("a priority beyond its bounds is refused wherever it is given", async () => {
  const one = defineAsset({ key: "one", run: () => 1 });
  assert.throws(() => defineJob({ name: "j", assets: [one], priority: 1e9 }), { code: "invalid_request" });
  await using rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  await assert.rejects(rig.engine.commands.triggerJob("j", { priority: 1e9, actor: operator }), {
    code: "invalid_request",
  });
});
