import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defineAsset,
  defineJob,
  defineSchedule,
  defineSensor,
  dynamicPartitions,
  setting,
} from "../../../engine/index.ts";
import { engineRig, operator } from "../../rigs/engine.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });

test("a polling sensor runs on its interval, keeps its cursor, and says why it did nothing", async () => {
  const asset = defineAsset({ key: "a", run: () => 1 });
  const job = defineJob({ name: "j", assets: [asset] });
  const seen: (string | null)[] = [];
  const sensor = defineSensor({
    name: "poll",
    minIntervalMs: 1000,
    evaluate({ cursor }) {
      seen.push(cursor);
      return cursor === "2"
        ? { reason: "nothing new" }
        : { runs: [{ job, reason: "new" }], cursor: String(Number(cursor ?? "0") + 1), reason: "found one" };
    },
  });
  await using rig = await engineRig({ definitions: [asset, job, sensor] });
  await rig.advance(3000);
  assert.deepEqual(seen, [null, "1", "2", "2"]);
  const ticks = await rig.engine.queries.ticks("poll", {});
  assert.deepEqual(
    ticks.items.map((tick) => tick.status),
    ["skipped", "skipped", "succeeded", "succeeded"],
  );
  assert.equal(ticks.items[0]?.reason, "nothing new");
  assert.equal((await rig.engine.queries.runs({ job: "j" })).items.length, 2);
});

test("an evaluation that throws fails its tick, leaves the cursor and is tried again", async () => {
  let fail = true;
  const sensor = defineSensor({
    name: "s",
    minIntervalMs: 60_000,
    evaluate({ cursor }) {
      if (fail) throw new Error("the bucket does not answer");
      return { cursor: "next", reason: `was ${cursor}` };
    },
  });
  await using rig = await engineRig({ definitions: [sensor] });
  await rig.settle();
  assert.equal(rig.engine.queries.automation("s").lastTick?.status, "failed");
  assert.match(rig.engine.queries.automation("s").lastTick?.error?.message ?? "", /does not answer/);
  fail = false;
  await rig.advance(1000);
  assert.equal(rig.engine.queries.automation("s").lastTick?.reason, "was null");
});

test("a sensor of materializations gets every one in order, several in a tick, and adds partitions with their runs", async () => {
  const names = defineAsset({ key: "names", run: ({ run }) => run.config as string[] });
  const page = defineAsset({ key: "page", partitions: sources, run: ({ partition }) => partition.key });
  const pages = defineJob({ name: "pages", assets: [page] });
  const sensor = defineSensor({
    name: "names_sensor",
    on: [names],
    async evaluate({ record, materializations }) {
      const wanted = (await record.latestValue(names)) as string[];
      const now = record.activeKeys(sources);
      return {
        partitions: [{ set: sources, add: wanted, retire: now.filter((key) => !wanted.includes(key)) }],
        runs: wanted
          .filter((key) => !now.includes(key))
          .map((key) => ({ job: pages, partition: key, runKey: key, reason: "new" })),
        reason: `${materializations.length} readings`,
      };
    },
  });
  const read = defineJob({ name: "read", assets: [names] });
  await using rig = await engineRig({ definitions: [names, page, pages, read, sensor] });
  const first = await rig.engine.commands.triggerJob("read", { config: ["x", "y"], actor: operator });
  await rig.ended(first.run);
  for (let round = 0; round < 10; round++) await rig.settle();
  assert.equal(rig.engine.queries.asset("page").partitions?.materialized, 2);
  const second = await rig.engine.commands.triggerJob("read", { config: ["y"], actor: operator });
  await rig.ended(second.run);
  for (let round = 0; round < 10; round++) await rig.settle();
  const { partitions } = rig.engine.queries.asset("page");
  assert.deepEqual([partitions?.total, partitions?.materialized, partitions?.retired], [1, 1, 1]);
});

test("a change that would retire most of a set waits for an operator", async () => {
  const keys = ["a", "b", "c", "d", "e"];
  let wanted = keys;
  const sensor = defineSensor({
    name: "s",
    minIntervalMs: 1000,
    evaluate: ({ record }) => ({
      partitions: [
        { set: sources, add: wanted, retire: record.activeKeys(sources).filter((key) => !wanted.includes(key)) },
      ],
      reason: "read the file",
    }),
  });
  await using rig = await engineRig({
    definitions: [sensor, defineAsset({ key: "x", partitions: sources, run: () => 1 })],
  });
  await rig.settle();
  wanted = ["a", "b"];
  await rig.advance(1000);
  const held = rig.engine.queries.partitionSet("sources");
  assert.equal(held.active, 5);
  assert.deepEqual(held.held?.keys, ["c", "d", "e"]);
  assert.match(held.held?.reason ?? "", /3 of 5 keys/);
  await rig.engine.commands.retirePartitions("sources", { keys: ["c", "d", "e"], actor: operator });
  const after = rig.engine.queries.partitionSet("sources");
  assert.deepEqual([after.active, after.retired, after.held], [2, 3, null]);
});

test("a schedule runs at its times with a key for each, and after a stop makes up for the newest alone", async () => {
  const asset = defineAsset({ key: "a", run: () => 1 });
  const job = defineJob({ name: "j", assets: [asset] });
  const schedule = defineSchedule({
    name: "hourly",
    cron: setting("CRON", "@weekly"),
    evaluate: ({ scheduledAt }) => ({
      runs: [{ job, runKey: scheduledAt.toISOString(), reason: "due" }],
      reason: "due",
    }),
  });
  await using rig = await engineRig({ definitions: [asset, job, schedule], settings: { CRON: "0 * * * *" } });
  await rig.advance(2 * 3_600_000);
  await rig.settle();
  const runs = await rig.engine.queries.runs({ job: "j" });
  assert.deepEqual(
    runs.items.map((run) => run.runKey),
    ["2026-01-01T02:00:00.000Z", "2026-01-01T01:00:00.000Z"],
  );
  await rig.advance(1000);
  const stopped = rig.clock.now();
  const after = await rig.crash();
  assert.equal(after.clock.now(), stopped);
  await after.engine.commands.setAutomation("hourly", { enabled: false, actor: operator });
  await after.advance(5 * 3_600_000);
  await after.engine.commands.setAutomation("hourly", { enabled: true, actor: operator });
  await after.advance(3_600_000);
  await after.settle();
  const later = await after.engine.queries.runs({ job: "j" });
  assert.deepEqual(
    later.items.map((run) => run.runKey?.slice(11, 16)),
    ["08:00", "02:00", "01:00"],
  );
});

test("an evaluation on trial shows what it would do at a chosen time and does it only when asked to", async () => {
  const asset = defineAsset({ key: "a", run: () => 1 });
  const job = defineJob({ name: "j", assets: [asset] });
  const schedule = defineSchedule({
    name: "weekly",
    cron: "@weekly",
    evaluate: ({ scheduledAt }) => ({
      runs: [{ job, runKey: scheduledAt.toISOString(), reason: "due" }],
      reason: "due",
    }),
  });
  await using rig = await engineRig({ definitions: [asset, job, schedule] });
  const atMs = Date.UTC(2026, 5, 1);
  const shown = await rig.engine.commands.evaluate("weekly", { atMs, actor: operator });
  assert.deepEqual(
    shown.requests.map((request) => [request.runKey, request.wouldRun]),
    [["2026-06-01T00:00:00.000Z", true]],
  );
  assert.equal((await rig.engine.queries.runs({})).items.length, 0);
  const launched = await rig.engine.commands.evaluate("weekly", { atMs, launch: true, actor: operator });
  assert.equal(launched.tick?.runs.length, 1);
  const again = await rig.engine.commands.evaluate("weekly", { atMs, actor: operator });
  assert.equal(again.requests[0]?.wouldRun, false);
});

test("a sensor of failed runs is told of each", async () => {
  const bad = defineAsset({
    key: "bad",
    run: (): number => {
      throw new Error("boom");
    },
  });
  const told: string[] = [];
  const sensor = defineSensor({
    name: "failures",
    on: "run-failure",
    evaluate({ failedRuns }) {
      told.push(...failedRuns.map((run) => `${run.job}: ${run.error?.message}`));
      return { reason: "told" };
    },
  });
  await using rig = await engineRig({ definitions: [bad, defineJob({ name: "j", assets: [bad] }), sensor] });
  await rig.run("j");
  for (let round = 0; round < 5; round++) await rig.settle();
  assert.deepEqual(told, ["j: bad failed: boom"]);
});
