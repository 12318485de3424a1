import assert from "node:assert/strict";
import { test } from "node:test";
import { defineAsset, defineJob, isEngineError, staticPartitions } from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";
import { recordRig } from "../../rigs/record.ts";

const keys = staticPartitions("keys", ["a", "b", "c", "d"]);

test("a pool lets as many steps run as it has slots, and a waiting step names who holds them", async () => {
  const gates = new Map(["a", "b", "c"].map((key) => [key, gate()]));
  const running = new Set<string>();
  const crawl = defineAsset({
    key: "crawl",
    partitions: keys,
    pool: "harvest",
    async run({ partition }) {
      running.add(partition.key);
      await gates.get(partition.key)?.passed;
      running.delete(partition.key);
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [crawl, defineJob({ name: "j", assets: [crawl] })],
    limits: [{ kind: "pool", key: "harvest", maximum: 2 }],
  });
  const runs = new Map<string, string>();
  for (const key of ["a", "b", "c"]) runs.set(key, await rig.start("j", key));
  await rig.settle();
  assert.deepEqual([...running], ["a", "b"]);
  const waiting = rig.step(runs.get("c") ?? "", "crawl");
  assert.equal(waiting.status, "waiting");
  assert.match(waiting.waitReason ?? "", new RegExp(`pool harvest.*${runs.get("a")}`));
  gates.get("a")?.open();
  await rig.ended(runs.get("a") ?? "");
  await rig.settle();
  assert.deepEqual([...running], ["b", "c"]);
  for (const one of gates.values()) one.open();
  await rig.ended(runs.get("b") ?? "");
  await rig.ended(runs.get("c") ?? "");
  assert.ok(rig.engine.queries.limits().every((limit) => limit.used === 0));
});

test("a limit on a tag holds back its runs and no others", async () => {
  const open = gate();
  const started: string[] = [];
  const step = (key: string) =>
    defineAsset({
      key,
      partitions: keys,
      async run({ partition }) {
        started.push(`${key} ${partition.key}`);
        await open.passed;
        return 1;
      },
    });
  const docker = step("docker");
  const plain = step("plain");
  await using rig = await engineRig({
    definitions: [
      docker,
      plain,
      defineJob({ name: "docker", assets: [docker], tags: { ingest: "docker" } }),
      defineJob({ name: "plain", assets: [plain] }),
    ],
    limits: [{ kind: "tag", key: "ingest", value: "docker", maximum: 1 }],
  });
  await rig.start("docker", "a");
  const held = await rig.start("docker", "b");
  await rig.start("plain", "a");
  await rig.settle();
  assert.deepEqual(started, ["docker a", "plain a"]);
  assert.match(rig.engine.queries.run(held).waitingFor ?? "", /limit of 1 on ingest=docker/);
  open.open();
  assert.equal((await rig.ended(held)).status, "succeeded");
});

test("a limit that an operator raises lets waiting runs start at once", async () => {
  const open = gate();
  const busy = defineAsset({ key: "busy", partitions: keys, run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({
    definitions: [busy, defineJob({ name: "j", assets: [busy] })],
    limits: [{ kind: "runs", maximum: 1 }],
  });
  await rig.start("j", "a");
  const second = await rig.start("j", "b");
  await rig.settle();
  assert.equal(rig.engine.queries.run(second).status, "queued");
  await rig.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 2 }, operator);
  await rig.settle();
  assert.equal(rig.engine.queries.run(second).status, "running");
  open.open();
});

test("two runs never make the same partition at the same time", async () => {
  const gates = [gate(), gate()];
  let live = 0;
  let most = 0;
  let call = 0;
  const one = defineAsset({
    key: "one",
    partitions: keys,
    async run() {
      live++;
      most = Math.max(most, live);
      await gates[call++]?.passed;
      live--;
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [one, defineJob({ name: "j", assets: [one] })] });
  const first = await rig.start("j", "a");
  await rig.settle();
  const second = await rig.start("j", "a");
  await rig.settle();
  assert.match(rig.step(second, "one").waitReason ?? "", new RegExp(first));
  gates[0]?.open();
  await rig.ended(first);
  gates[1]?.open();
  await rig.ended(second);
  assert.equal(most, 1);
});

test("a run of higher priority starts before older ones", async () => {
  const open = gate();
  const order: string[] = [];
  const asset = defineAsset({
    key: "a",
    partitions: keys,
    async run({ partition }) {
      order.push(partition.key);
      if (partition.key === "a") await open.passed;
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [asset, defineJob({ name: "j", assets: [asset] })],
    limits: [{ kind: "runs", maximum: 1 }],
  });
  await rig.start("j", "a");
  await rig.settle();
  await rig.start("j", "b");
  const { run } = await rig.engine.commands.triggerJob("j", { partition: "c", priority: 5, actor: operator });
  open.open();
  await rig.ended(run);
  await rig.settle();
  assert.deepEqual(order, ["a", "c", "b"]);
});

test("a run key is used once, and the second request is answered with the first run", async () => {
  const asset = defineAsset({ key: "a", run: () => 1 });
  await using rig = await engineRig({ definitions: [asset, defineJob({ name: "j", assets: [asset] })] });
  const first = await rig.engine.commands.triggerJob("j", { runKey: "monday", actor: operator });
  await rig.ended(first.run);
  const second = await rig.engine.commands.triggerJob("j", { runKey: "monday", actor: operator });
  assert.deepEqual(second, { run: first.run, created: false });
});

test("a limit on each value of a dimension holds back its own value's runs and nobody behind them", async () => {
  const open = gate();
  const started: string[] = [];
  const one = defineAsset({
    key: "one",
    partitions: keys,
    async run({ partition }) {
      started.push(partition.key);
      await open.passed;
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    limits: [{ kind: "tag_value", key: "keys", maximum: 1 }],
  });
  const held = await Promise.all(Array.from({ length: 300 }, () => rig.start("j", "a")));
  await rig.start("j", "b");
  await rig.settle();
  assert.deepEqual(started, ["a", "b"]);
  assert.match(rig.engine.queries.run(held.at(-1) ?? "").waitingFor ?? "", /limit of 1 on keys=a/);
  const { items } = await rig.engine.queries.runs({ status: ["queued"], limit: 500 });
  for (const run of items) await rig.engine.commands.cancelRun(run.id, operator);
  open.open();
});

test("every run that waits for a place among all runs, or for its tags, says so", async () => {
  const open = gate();
  const one = defineAsset({ key: "one", partitions: keys, run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one], tags: { kind: "slow" } })],
    limits: [{ kind: "runs", maximum: 1 }],
  });
  await rig.start("j", "a");
  await rig.settle();
  const waiting = [await rig.start("j", "b"), await rig.start("j", "c"), await rig.start("j", "d")];
  await rig.settle();
  for (const id of waiting) assert.match(rig.engine.queries.run(id).waitingFor ?? "", /limit of 1 on all runs/);
  await rig.engine.commands.setLimit({ kind: "tag", key: "kind", value: "slow", maximum: 1 }, operator);
  await rig.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 9 }, operator);
  await rig.settle();
  for (const id of waiting) assert.match(rig.engine.queries.run(id).waitingFor ?? "", /limit of 1 on kind=slow/);
  open.open();
});

test("limits that the configuration changes are in force at once, under what an operator set", async () => {
  const open = gate();
  const one = defineAsset({ key: "one", partitions: keys, pool: "p", run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({
    definitions: [one, defineJob({ name: "j", assets: [one] })],
    limits: [
      { kind: "runs", maximum: 2 },
      { kind: "pool", key: "p", maximum: 1 },
    ],
  });
  const runs = [await rig.start("j", "a"), await rig.start("j", "b"), await rig.start("j", "c")];
  const states = () => runs.map((id) => [rig.engine.queries.run(id).status, rig.step(id, "one").status].join());
  await rig.settle();
  assert.deepEqual(states(), ["running,running", "starting,waiting", "queued,pending"]);
  await rig.engine.commands.configureLimits([{ kind: "pool", key: "p", maximum: 2 }]);
  await rig.settle();
  assert.deepEqual(states(), ["running,running", "running,running", "starting,waiting"]);
  await rig.engine.commands.setLimit({ kind: "pool", key: "p", value: "", maximum: 3 }, operator);
  await rig.engine.commands.configureLimits([{ kind: "pool", key: "p", maximum: 1 }]);
  await rig.settle();
  assert.deepEqual(states(), ["running,running", "running,running", "running,running"]);
  const pool = rig.engine.queries.limits().find((limit) => limit.kind === "pool");
  assert.deepEqual([pool?.maximum, pool?.used, pool?.origin], [3, 3, "operator"]);
  open.open();
  for (const id of runs) await rig.ended(id);
});

test("a limit has the key and the value of its kind, and none beside", async () => {
  await using rig = await engineRig({ definitions: [defineAsset({ key: "one", pool: "p", run: () => 1 })] });
  const { commands, queries } = rig.engine;
  const wrong = [
    { kind: "runs", key: "source", value: "" },
    { kind: "runs", key: "", value: "iris" },
    { kind: "pool", key: "", value: "" },
    { kind: "pool", key: "p", value: "x" },
    { kind: "tag_value", key: "source", value: "iris" },
    { kind: "tag", key: "", value: "docker" },
  ] as const;
  for (const limit of wrong) {
    await assert.rejects(
      commands.setLimit({ ...limit, maximum: 1 }, operator),
      (error) => isEngineError(error) && error.code === "invalid_request" && error.message.includes(limit.kind),
      JSON.stringify(limit),
    );
  }
  const before = queries.limits();
  await commands.setLimit({ kind: "tag_value", key: "source", value: "", maximum: 1 }, operator);
  assert.equal(queries.limits().length, before.length + 1);
  await commands.setLimit({ kind: "tag_value", key: "source", value: "", maximum: null }, operator);
  await commands.setLimit({ kind: "tag", key: "urgent", value: "", maximum: 1 }, operator);
  await commands.setLimit({ kind: "tag", key: "urgent", value: "", maximum: null }, operator);
  assert.deepEqual(queries.limits(), before);
});

test("a limit of before names were checked can be taken off by the name that it should have", async () => {
  await using rig = await recordRig();
  const left = await rig.write((tx) => {
    tx.limits.put({ kind: "runs", key: "x", value: "", maximum: 1 });
    tx.limits.put({ kind: "pool", key: "p", value: "x", maximum: 1 });
    tx.limits.put({ kind: "tag", key: "ingest", value: "graph", maximum: 1 });
    for (const kind of ["runs", "pool", "tag"] as const) {
      tx.limits.remove({ kind, key: { runs: "", pool: "p", tag: "ingest" }[kind], value: "" });
    }
    return tx.limits.all();
  });
  assert.deepEqual(left, [{ kind: "tag", key: "ingest", value: "graph", maximum: 1 }]);
});

test("a round begins no more runs than have some hundred steps together", async () => {
  const STEPS = 100;
  const runs = Array.from({ length: 12 }, (_, at) => `run-${at}`);
  const each = staticPartitions("each", runs);
  const assets = Array.from({ length: STEPS }, (_, at) =>
    defineAsset({ key: `a${at}`, partitions: each, run: () => 1 }),
  );
  await using rig = await engineRig({
    definitions: [...assets, defineJob({ name: "wide", assets })],
    limits: [{ kind: "runs", maximum: 0 }],
  });
  for (const run of runs) await rig.start("wide", run);
  const begun: number[] = [];
  rig.engine.onCommit((events) => void begun.push(events.filter(({ type }) => type === "run.started").length));
  await rig.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 64 }, operator);
  for (let round = 0; round < 10; round++) await rig.settle();
  assert.equal(
    begun.reduce((sum, count) => sum + count, 0),
    12,
  );
  assert.equal(Math.max(...begun), 6);
});
