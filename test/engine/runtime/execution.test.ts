import assert from "node:assert/strict";
import { test } from "node:test";
import {
  afterEnd,
  defineAsset,
  defineJob,
  defineMultiAsset,
  defineResource,
  dynamicPartitions,
  EngineError,
  materialization,
  productPartitions,
  skip,
} from "../../../engine/index.ts";
import { engineRig, gate, operator } from "../../rigs/engine.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });

test("a run makes its assets upstream first and hands values down", async () => {
  const order: string[] = [];
  const first = defineAsset({ key: "first", run: () => (order.push("first"), { n: 20 }) });
  const second = defineAsset({
    key: "second",
    deps: { first },
    run: ({ inputs }) => (order.push("second"), inputs.first.n + 1),
  });
  const third = defineAsset({
    key: "third",
    deps: { first, second },
    run: ({ inputs }) => inputs.first.n + inputs.second,
  });
  const job = defineJob({ name: "all", assets: [third, second, first] });
  await using rig = await engineRig({ definitions: [first, second, third, job] });
  const run = await rig.run("all");
  assert.equal(run.status, "succeeded");
  assert.deepEqual(order, ["first", "second"]);
  assert.equal(rig.engine.queries.asset("third").latest?.value, 41);
  assert.deepEqual(
    run.steps.map((step) => step.status),
    ["succeeded", "succeeded", "succeeded"],
  );
});

test("steps that do not depend on each other run at the same time", async () => {
  const open = gate();
  let running = 0;
  const make = (key: string) =>
    defineAsset({
      key,
      async run() {
        running++;
        await open.passed;
        return 1;
      },
    });
  const left = make("left");
  const right = make("right");
  await using rig = await engineRig({ definitions: [left, right, defineJob({ name: "both", assets: [left, right] })] });
  const id = await rig.start("both");
  await rig.settle();
  assert.equal(running, 2);
  open.open();
  assert.equal((await rig.ended(id)).status, "succeeded");
});

test("a failed step skips what depends on it, the rest goes on, and the run fails naming it", async () => {
  const bad = defineAsset({
    key: "bad",
    run: (): number => {
      throw new Error("the disk is gone");
    },
  });
  const below = defineAsset({ key: "below", deps: { bad }, run: () => 1 });
  const ended = defineAsset({ key: "ended", deps: { bad: afterEnd(bad) }, run: () => 1 });
  const apart = defineAsset({ key: "apart", run: () => 1 });
  const job = defineJob({ name: "all", assets: [bad, below, ended, apart] });
  await using rig = await engineRig({ definitions: [bad, below, ended, apart, job] });
  const run = await rig.run("all");
  assert.equal(run.status, "failed");
  assert.match(run.error?.message ?? "", /bad failed: the disk is gone/);
  assert.equal(rig.step(run.id, "below").status, "skipped");
  assert.match(rig.step(run.id, "below").waitReason ?? rig.step(run.id, "below").reason, /needs bad, which failed/);
  assert.equal(rig.step(run.id, "ended").status, "succeeded");
  assert.equal(rig.step(run.id, "apart").status, "succeeded");
  const { error } = rig.step(run.id, "bad");
  assert.equal(error?.code, "user_code");
  assert.match(error?.file ?? "", /execution\.test\.ts$/);
  assert.equal(rig.engine.queries.asset("bad").status, "failed");
});

test("a step that skips leaves its partition as it was and its run succeeds", async () => {
  const container = defineAsset({ key: "container", run: () => skip("needs Docker") });
  const below = defineAsset({ key: "below", deps: { container: afterEnd(container) }, run: () => 1 });
  await using rig = await engineRig({
    definitions: [container, below, defineJob({ name: "j", assets: [container, below] })],
  });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  assert.equal(rig.step(run.id, "container").status, "skipped");
  assert.equal(rig.engine.queries.asset("container").status, "missing");
});

test("a multi-asset materializes the outputs that it returns and leaves the others", async () => {
  const both = defineMultiAsset({
    assets: { one: { key: "one" }, two: { key: "two" } },
    run: () => ({ one: materialization({ value: "x", metadata: { rows: 3 } }) }),
  });
  await using rig = await engineRig({
    definitions: [both.one, both.two, defineJob({ name: "j", assets: [both.one] })],
  });
  const run = await rig.run("j");
  assert.equal(run.status, "succeeded");
  assert.equal(run.steps.length, 1);
  assert.deepEqual(rig.engine.queries.asset("one").latest?.metadata, { rows: 3 });
  assert.equal(rig.engine.queries.asset("two").status, "missing");
  assert.equal(rig.engine.queries.asset("two").latest, null);
});

test("a release of one source is loaded once for each of its tenants, and one bad tenant hurts no other", async () => {
  const release = defineAsset({ key: "release", partitions: sources, run: ({ partition }) => `${partition.key}.nq` });
  const load = defineAsset({
    key: "load",
    partitions: pairs,
    deps: { release },
    run({ inputs, partition }) {
      if (partition.parts.tenant === "broken") throw new Error("no such namespace");
      return `${inputs.release} into ${partition.parts.tenant}`;
    },
  });
  const report = defineAsset({ key: "report", partitions: sources, deps: { load: afterEnd(load) }, run: () => 1 });
  const job = defineJob({ name: "release_and_load", assets: [release, load, report], partitions: sources });
  await using rig = await engineRig({ definitions: [release, load, report, job] });
  await rig.engine.commands.addPartitions("sources", { keys: ["iris", "iris2"], actor: operator });
  await rig.engine.commands.addPartitions("pairs", { keys: ["iris|eco", "iris|broken", "iris2|eco"], actor: operator });
  const run = await rig.run("release_and_load", "iris");
  assert.equal(run.status, "failed");
  assert.equal(run.steps.length, 4);
  assert.equal(rig.step(run.id, "load", "iris|eco").status, "succeeded");
  assert.equal(rig.step(run.id, "load", "iris|broken").status, "failed");
  assert.equal(rig.step(run.id, "report").status, "succeeded");
  assert.equal(rig.engine.queries.assetPartition("load", "iris|eco").latest?.value, "iris.nq into eco");
  assert.equal(rig.engine.queries.assetPartition("load", "iris2|eco").status, "missing");
  const { partitions } = rig.engine.queries.asset("load");
  assert.deepEqual(
    { ...partitions, stale: 0 },
    { total: 3, materialized: 1, missing: 1, failed: 1, running: 0, stale: 0, retired: 0 },
  );
});

test("an input that gathers partitions gives each of them with its key", async () => {
  const page = defineAsset({ key: "page", partitions: sources, run: ({ partition }) => partition.key.length });
  const sum = defineAsset({
    key: "sum",
    deps: { page },
    async run({ inputs }) {
      let total = 0;
      for await (const { value } of inputs.page) total += value;
      return { total, keys: inputs.page.keys };
    },
  });
  const pages = defineJob({ name: "pages", assets: [page] });
  await using rig = await engineRig({ definitions: [page, sum, pages, defineJob({ name: "sum", assets: [sum] })] });
  await rig.engine.commands.addPartitions("sources", { keys: ["aa", "bbb", "never"], actor: operator });
  await rig.run("pages", "aa");
  await rig.run("pages", "bbb");
  await rig.run("sum");
  assert.deepEqual(rig.engine.queries.asset("sum").latest?.value, { total: 5, keys: ["aa", "bbb", "never"] });
});

test("an input that was never made is missed only by code that reads it", async () => {
  const never = defineAsset({ key: "never", run: () => 1 });
  const ordered = defineAsset({ key: "ordered", deps: { never }, run: () => 2 });
  const reads = defineAsset({ key: "reads", deps: { never }, run: ({ inputs }) => inputs.never });
  await using rig = await engineRig({
    definitions: [
      never,
      ordered,
      reads,
      defineJob({ name: "o", assets: [ordered] }),
      defineJob({ name: "r", assets: [reads] }),
    ],
  });
  assert.equal((await rig.run("o")).status, "succeeded");
  const failed = await rig.run("r");
  assert.equal(rig.step(failed.id, "reads").error?.code, "missing_input");
});

test("what cannot be kept ends its step with the path of what is wrong", async () => {
  const bad = defineAsset({ key: "bad", run: () => ({ list: [1, Number.NaN] }) });
  await using rig = await engineRig({ definitions: [bad, defineJob({ name: "j", assets: [bad] })] });
  const run = await rig.run("j");
  const { error } = rig.step(run.id, "bad");
  assert.equal(error?.code, "bad_value");
  assert.match(error?.message ?? "", /\$\.list\[1\] is NaN/);
});

test("a value over 64 kB is kept in a file and read back whole", async () => {
  const text = "x".repeat(100_000);
  const large = defineAsset({ key: "large", run: () => text });
  const length = defineAsset({ key: "length", deps: { large }, run: ({ inputs }) => inputs.large.length });
  await using rig = await engineRig({
    definitions: [large, length, defineJob({ name: "j", assets: [large, length] })],
  });
  await rig.run("j");
  assert.equal(rig.engine.queries.asset("length").latest?.value, 100_000);
  assert.equal(rig.engine.queries.asset("large").latest?.value, null);
  assert.equal(rig.engine.queries.asset("large").latest?.valueBytes, 100_002);
});

test("a resource opens once for all steps, may stand on another, and closes with the engine", async () => {
  const told: string[] = [];
  const base = defineResource({
    key: "base",
    open: ({ settings }) => (told.push("open base"), { name: settings["NAME"] ?? "" }),
  });
  const client = defineResource({
    key: "client",
    open: async ({ use }) => (told.push("open client"), { greeting: `hello ${(await use(base)).name}` }),
    close: () => void told.push("close client"),
  });
  const one = defineAsset({ key: "one", resources: { client }, run: ({ resources }) => resources.client.greeting });
  const two = defineAsset({ key: "two", resources: { client, base }, run: ({ resources }) => resources.base.name });
  {
    await using rig = await engineRig({
      definitions: [one, two, defineJob({ name: "j", assets: [one, two] })],
      settings: { NAME: "iris" },
    });
    await rig.run("j");
    assert.equal(rig.engine.queries.asset("one").latest?.value, "hello iris");
    assert.deepEqual(told, ["open client", "open base"]);
  }
  assert.deepEqual(told, ["open client", "open base", "close client"]);
});

test("a context that outlives its attempt can no longer be used", async () => {
  let late: (() => void) | null = null;
  const asset = defineAsset({
    key: "a",
    run({ log }) {
      late = () => log.info("too late");
      return 1;
    },
  });
  await using rig = await engineRig({ definitions: [asset, defineJob({ name: "j", assets: [asset] })] });
  await rig.run("j");
  assert.throws(
    () => late?.(),
    (error: unknown) => error instanceof EngineError && error.code === "conflict",
  );
});

test("a run whose first step runs at once is told as started, and only one that waits as starting", async () => {
  const held = gate();
  const first = defineAsset({ key: "first", pool: "one", run: () => held.passed });
  const second = defineAsset({ key: "second", pool: "one", run: () => {} });
  const jobs = [first, second].map((asset) => defineJob({ name: asset.key, assets: [asset] }));
  await using rig = await engineRig({
    definitions: [first, second, ...jobs],
    limits: [{ kind: "pool", key: "one", maximum: 1 }],
  });
  const [one, other] = [await rig.start("first"), await rig.start("second")];
  await rig.settle();
  assert.equal(rig.engine.queries.run(other).status, "starting");
  held.open();
  await rig.ended(other);
  const typesOf = async (run: string): Promise<readonly string[]> =>
    (await rig.engine.queries.events(run, { after: 0, limit: 100 })).items.map((event) => event.type);
  assert.deepEqual(
    [await typesOf(one), await typesOf(other)],
    [
      ["run.queued", "run.started", "step.started", "step.succeeded", "run.succeeded"],
      ["run.queued", "run.starting", "step.waiting", "run.started", "step.started", "step.succeeded", "run.succeeded"],
    ],
  );
});
