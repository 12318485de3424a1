import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineAsset, defineJob, defineSensor, staticPartitions } from "../../../engine/index.ts";
import { defaultRetention, parseRetention, retentionRules } from "../../../engine/core/retention.ts";
import { RETENTION_INTERVAL_MS } from "../../../engine/runtime/retention.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";

const DAY_MS = 86_400_000;
const policyOf = (text: string) => parseRetention(retentionRules(text)).policy;
const prune = (rig: EngineRig, dryRun = false) => rig.engine.commands.prune({ dryRun });

const quick = defineAsset({ key: "quick", run: () => 1 });
const other = defineAsset({ key: "other", run: () => 1 });
const bad = defineAsset({
  key: "bad",
  run(): number {
    throw new Error("no");
  },
});
const jobs = [quick, other, bad].map((asset) => defineJob({ name: asset.key, assets: [asset] }));
const definitions = [quick, other, bad, ...jobs];

async function runs(rig: EngineRig): Promise<readonly string[]> {
  const { items } = await rig.engine.queries.runs({ limit: 500 });
  return items.map((run) => `${run.job} ${run.status}`);
}

function rows(rig: EngineRig, sql: string): unknown {
  const db = new Database(path.join(rig.dataDir, "sheaf.db"), { readonly: true });
  try {
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
}

test("runs older than their status keeps them go, with their steps", async () => {
  await using rig = await engineRig({ definitions, retention: policyOf("runs.succeeded=10d runs.failed=20d") });
  await rig.run("quick");
  await rig.run("bad");
  await rig.advance(15 * DAY_MS);
  await rig.run("quick");
  await prune(rig);
  assert.deepEqual(await runs(rig), ["quick succeeded", "bad failed"]);
  await rig.advance(6 * DAY_MS);
  await rig.run("other");
  await prune(rig);
  assert.equal((await prune(rig, true)).runs, 0);
  assert.deepEqual(await runs(rig), ["other succeeded", "quick succeeded"]);
  assert.deepEqual(rows(rig, "SELECT count(*) FROM steps"), [2]);
});

test("the engine removes by itself, once an hour", async () => {
  await using rig = await engineRig({ definitions, retention: policyOf("runs.succeeded=1") });
  await rig.run("quick");
  await rig.run("quick");
  await rig.advance(RETENTION_INTERVAL_MS - 1);
  assert.equal((await runs(rig)).length, 2);
  await rig.advance(1);
  // The thread that looks for what may go has its own time.
  while ((await runs(rig)).length > 1) await rig.settle();
});

test("a dry run counts what would go and removes nothing", async () => {
  await using rig = await engineRig({ definitions, retention: policyOf("runs.succeeded=2") });
  for (let number = 0; number < 5; number++) await rig.run("quick");
  const report = await prune(rig, true);
  assert.deepEqual([report.dryRun, report.runs], [true, 3]);
  assert.equal((await runs(rig)).length, 5);
});

test("of each job the newest runs of a status are kept, however many others have", async () => {
  await using rig = await engineRig({ definitions, retention: policyOf("runs.succeeded=2 runs.failed=1") });
  for (let number = 0; number < 4; number++) await rig.run("quick");
  await rig.run("bad");
  await rig.run("bad");
  await rig.run("other");
  assert.equal((await prune(rig)).runs, 3);
  assert.deepEqual(await runs(rig), ["other succeeded", "bad failed", "quick succeeded", "quick succeeded"]);
});

test("a re-execution outlives the run that it repeats, and can be repeated in turn", async () => {
  let isDown = true;
  const first = defineAsset({ key: "first", run: () => 1 });
  const second = defineAsset({
    key: "second",
    deps: { first },
    run({ inputs }) {
      if (isDown) throw new Error("down");
      return inputs.first + 1;
    },
  });
  const both = defineJob({ name: "both", assets: [first, second] });
  await using rig = await engineRig({ definitions: [first, second, both], retention: policyOf("runs.failed=10d") });
  const parent = await rig.run("both");
  await rig.advance(8 * DAY_MS);
  const again = await rig.engine.commands.reexecute(parent.id, { from: "failure", actor: operator });
  const child = await rig.ended(again);
  assert.deepEqual([child.parentRunId, child.rootRunId], [parent.id, parent.id]);
  await rig.advance(4 * DAY_MS);
  await prune(rig);
  assert.throws(() => rig.engine.queries.run(parent.id), /no run/);
  const orphan = rig.engine.queries.run(child.id);
  assert.deepEqual([orphan.status, orphan.parentRunId, orphan.rootRunId], ["failed", null, null]);
  isDown = false;
  const last = await rig.ended(await rig.engine.commands.reexecute(child.id, { from: "failure", actor: operator }));
  assert.deepEqual([last.status, last.parentRunId, last.steps.length], ["succeeded", child.id, 1]);
  assert.equal((await rig.engine.queries.materializations("second", {})).items[0]?.value, 2);
});

test("what waits or runs is never removed", async () => {
  const open = gate();
  const slow = defineAsset({ key: "slow", run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({
    definitions: [...definitions, slow, defineJob({ name: "slow", assets: [slow] })],
    retention: policyOf("runs.succeeded=1d"),
    limits: [{ kind: "runs", maximum: 1 }],
  });
  const id = await rig.start("slow");
  await rig.start("quick");
  await rig.advance(100 * DAY_MS);
  assert.deepEqual(await runs(rig), ["quick queued", "slow running"]);
  open.open();
  assert.equal((await rig.ended(id)).status, "succeeded");
});

test("the newest materialization of a partition outlives its run, with its value, and goes once there is a newer one", async () => {
  let text = "a";
  const large = defineAsset({
    key: "large",
    partitions: staticPartitions("keys", ["k"]),
    run: () => text.repeat(100_000),
  });
  await using rig = await engineRig({
    definitions: [...definitions, large, defineJob({ name: "large", assets: [large] })],
    retention: policyOf("runs.succeeded=1d"),
  });
  const values = path.join(rig.dataDir, "values");
  await rig.run("large", "k");
  text = "b";
  await rig.run("large", "k");
  await rig.advance(2 * DAY_MS);
  await rig.run("quick");
  await prune(rig);
  assert.deepEqual(await runs(rig), ["quick succeeded"]);
  const { status, latest } = rig.engine.queries.assetPartition("large", "k");
  assert.deepEqual([status, latest?.valueBytes], ["materialized", 100_002]);
  assert.equal(readdirSync(values, { recursive: true }).filter((name) => name.length > 10).length, 1);
  text = "c";
  await rig.run("large", "k");
  const report = await prune(rig);
  assert.deepEqual([report.materializations, report.values], [1, 1]);
  assert.equal(rig.engine.queries.asset("large").partitions?.materialized, 1);
});

test("a value that no materialization names yet is not collected, and what a kill left of one is", async () => {
  const open = gate();
  const large = defineAsset({ key: "large", run: () => "v".repeat(100_000) });
  const held = defineAsset({ key: "held", deps: { large }, run: () => open.passed.then(() => 1) });
  await using rig = await engineRig({
    definitions: [large, held, defineJob({ name: "j", assets: [large, held] })],
  });
  await rig.start("j");
  await rig.settle();
  const values = path.join(rig.dataDir, "values");
  mkdirSync(path.join(values, "ab"), { recursive: true });
  const left = path.join(values, "ab", `${"ab".repeat(32)}.999.part`);
  const orphan = path.join(values, "ab", "ab".repeat(32));
  writeFileSync(left, "half of");
  writeFileSync(orphan, "a value");
  assert.equal((await prune(rig)).values, 2);
  assert.deepEqual([existsSync(left), existsSync(orphan)], [false, false]);
  open.open();
});

test("a run key is used for good, also when its run is gone", async () => {
  await using rig = await engineRig({ definitions, retention: policyOf("runs.succeeded=1d") });
  const request = { job: "quick", runKey: "monday" };
  const first = await rig.engine.commands.materialize(request, operator);
  await rig.ended(first.runs[0] ?? "");
  await rig.advance(2 * DAY_MS);
  await rig.run("other");
  await prune(rig);
  const second = await rig.engine.commands.materialize(request, operator);
  assert.deepEqual([second.created, second.runs], [false, first.runs]);
});

test("events go once they are old, but for those that a sensor which is on has not seen, and the newest", async () => {
  const seen: number[] = [];
  const open = gate();
  let isBusy = false;
  const watch = defineSensor({
    name: "watch",
    on: [quick],
    async evaluate({ materializations }) {
      if (isBusy) await open.passed;
      seen.push(...materializations.map(({ seq }) => seq));
      return { reason: "seen" };
    },
  });
  await using rig = await engineRig({ definitions: [...definitions, watch], retention: policyOf("events=1d") });
  isBusy = true;
  await rig.run("quick");
  await rig.settle();
  const beforeSeq = rig.engine.health().newestSeq;
  await rig.run("other");
  await rig.advance(2 * DAY_MS);
  await prune(rig);
  assert.ok(Number((rows(rig, "SELECT min(seq) FROM events") as number[])[0]) <= beforeSeq);
  open.open();
  await rig.settle();
  await rig.run("other");
  await rig.advance(2 * DAY_MS);
  await prune(rig);
  assert.equal(new Set(seen).size, 1);
  const newest = rig.engine.health().newestSeq;
  assert.equal(rig.engine.queries.eventsAfter(1, 10), null);
  assert.deepEqual(rig.engine.queries.eventsAfter(newest, 10), []);
  await rig.run("quick");
  assert.ok(rig.engine.health().newestSeq > newest);
});

test("a sensor which is on keeps no events that do not concern it, and hears of the next one that does", async () => {
  const seen: string[] = [];
  const watch = defineSensor({
    name: "watch",
    on: [quick],
    evaluate({ materializations, gap }) {
      seen.push(...materializations.map(({ asset }) => asset), ...(gap === null ? [] : ["a gap"]));
      return { reason: "seen" };
    },
  });
  await using rig = await engineRig({ definitions: [...definitions, watch], retention: policyOf("events=1d") });
  await rig.run("other");
  await rig.advance(2 * DAY_MS);
  await prune(rig);
  const newest = rig.engine.health().newestSeq;
  assert.deepEqual(rows(rig, "SELECT min(seq) FROM events"), [newest]);
  assert.deepEqual((await rig.engine.queries.ticks("watch", {})).items, []);
  await rig.run("quick");
  await rig.settle();
  assert.deepEqual(seen, ["quick"]);
});

test("a sensor which is off and one whose code fails lose nothing that waits for them when events are pruned", async () => {
  const seen: string[] = [];
  let isBroken = true;
  const watches = ["failing", "off"].map((name) =>
    defineSensor({
      name,
      on: [quick],
      evaluate({ materializations }) {
        if (isBroken) throw new Error("broken");
        seen.push(...materializations.map(({ asset }) => `${name}: ${asset}`));
        return { reason: "seen" };
      },
    }),
  );
  const retention = { ...defaultRetention, events: { ageMs: RETENTION_INTERVAL_MS, count: null } };
  await using rig = await engineRig({ definitions: [...definitions, ...watches], retention });
  await rig.engine.commands.setAutomation("off", { enabled: false, actor: operator });
  await rig.run("other");
  await prune(rig);
  await rig.run("quick");
  await rig.advance(2 * RETENTION_INTERVAL_MS);
  await prune(rig);
  assert.equal(rig.engine.queries.eventsAfter(1, 10), null, "events were pruned");
  isBroken = false;
  await rig.engine.commands.setAutomation("off", { enabled: true, actor: operator });
  await rig.advance(60_000);
  assert.deepEqual(seen.toSorted(), ["failing: quick", "off: quick"]);
});

test("a sensor that was off while events were pruned is told the gap, and its tick says so", async () => {
  const gaps: unknown[] = [];
  const watch = defineSensor({
    name: "watch",
    on: [quick],
    evaluate({ gap, materializations }) {
      gaps.push([gap !== null, materializations.length]);
      return { reason: "looked" };
    },
  });
  await using rig = await engineRig({ definitions: [...definitions, watch], retention: policyOf("events=1d") });
  await rig.engine.commands.setAutomation("watch", { enabled: false, actor: operator });
  await rig.run("quick");
  await rig.advance(2 * DAY_MS);
  await rig.run("quick");
  await prune(rig);
  await rig.engine.commands.setAutomation("watch", { enabled: true, actor: operator });
  await rig.settle();
  assert.deepEqual(gaps, [[true, 1]]);
  const { items } = await rig.engine.queries.ticks("watch", {});
  assert.match(JSON.stringify(items[0]?.log), /were pruned while it was off/);
  await rig.run("quick");
  await rig.advance(60_000);
  assert.deepEqual(gaps[1], [false, 1]);
});

test("ticks go by age and by count of each automation, and the last one stays", async () => {
  const poll = defineSensor({ name: "poll", minIntervalMs: 60_000, evaluate: () => ({ reason: "nothing" }) });
  await using rig = await engineRig({ definitions: [poll], retention: policyOf("ticks.skipped=3") });
  await rig.advance(10 * 60_000);
  const report = await prune(rig);
  assert.equal(report.ticks, 8);
  assert.equal((await rig.engine.queries.ticks("poll", {})).items.length, 3);
  assert.ok(rig.engine.queries.automation("poll").lastTick !== null);
});

test("plans that no run has any more go, and the file gives back what became free", async () => {
  const keys = Array.from({ length: 300 }, (_, index) => `k${index}`);
  const noisy = defineAsset({
    key: "noisy",
    partitions: staticPartitions("many", keys),
    run({ log }) {
      for (let line = 0; line < 30; line++) log.info("x".repeat(2000));
      return 1;
    },
  });
  await using rig = await engineRig({
    definitions: [...definitions, noisy, defineJob({ name: "noisy", assets: [noisy] })],
    retention: policyOf("runs.succeeded=1d"),
  });
  const { backfill } = await rig.engine.commands.materialize({ job: "noisy", partitions: "all" }, operator);
  await rig.endedBackfill(backfill ?? "");
  await rig.advance(2 * DAY_MS - RETENTION_INTERVAL_MS);
  await rig.run("other");
  const pagesBefore = Number((rows(rig, "PRAGMA page_count") as number[])[0]);
  const report = await prune(rig);
  assert.equal(report.plans, 1);
  assert.ok(Number((rows(rig, "PRAGMA page_count") as number[])[0]) < pagesBefore);
  assert.ok(report.pages > 0);
  assert.equal(rig.engine.queries.asset("noisy").partitions?.materialized, 300);
});
