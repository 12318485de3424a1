import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import {
  defineAsset,
  defineJob,
  defineResource,
  defineSchedule,
  defineSensor,
  dynamicPartitions,
  type SensedMaterialization,
  type TickOutcome,
} from "../../../engine/index.ts";
import type { Definition } from "../../../engine/core/catalog.ts";
import { codeScopes } from "../../../engine/runtime/code-scopes.ts";
import { evaluateAutomation } from "../../../engine/runtime/evaluation.ts";
import { noClerk } from "../../../engine/core/ports/clerk.ts";
import { openResourcePool } from "../../../engine/runtime/resource-pool.ts";
import { MAX_LOOKED_AT, type Sensed, senseEvents } from "../../../engine/runtime/sensed-events.ts";
import { engineRig, type EngineRig, gate, operator } from "../../rigs/engine.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { recordRig, type RecordRig } from "../../rigs/record.ts";

const asset = defineAsset({ key: "a", run: () => 1 });
const job = defineJob({ name: "j", assets: [asset] });
const sources = dynamicPartitions("sources");

/** Turns that a sensor takes to hear of a run, to evaluate and to record. */
async function settleLong(rig: EngineRig): Promise<void> {
  for (let round = 0; round < 8; round++) await rig.settle();
}

function heardOf(sensed: SensedMaterialization[]): Definition {
  return defineSensor({
    name: "s",
    on: [asset],
    evaluate({ materializations }) {
      sensed.push(...materializations);
      return { reason: `${materializations.length} heard` };
    },
  });
}

/** A record whose sensor "s" has yet to see so many events of other assets. */
async function behindOthers(events: number): Promise<RecordRig> {
  const record = await recordRig();
  await record.write((tx) => {
    tx.automations.declare({ name: "s", kind: "sensor", eventsSeq: 0, dueAfterMs: null });
    for (let made = 0; made < events; made++) {
      const materializations = [{ asset: "other", partition: null, id: made, dataVersion: "v" }];
      tx.emit({ type: "step.succeeded", runId: 1, ordinal: 0, data: { materializations } });
    }
  });
  return record;
}

const other = defineAsset({ key: "other", run: () => 1 });

test("a sensor hears of its asset behind any number of materializations of others", async () => {
  await using record = await behindOthers(12_000);
  await record.close();
  const sensed: SensedMaterialization[] = [];
  await using rig = await engineRig({ definitions: [asset, other, job, heardOf(sensed)], dataDir: record.directory });
  await rig.run("j");
  await settleLong(rig);
  assert.deepEqual(
    sensed.map((one) => one.asset),
    ["a"],
  );
  const outside = new Database(path.join(rig.dataDir, "sheaf.db"), { readonly: true });
  const seq = outside.prepare("SELECT events_seq FROM automations WHERE name = 's'").pluck().get() as number;
  outside.close();
  assert.ok(seq >= 12_000, `the cursor is at ${seq}`);
});

test("one look goes over a bounded number of events, and looks one after the other over all of them", async () => {
  await using record = await behindOthers(2.5 * MAX_LOOKED_AT);
  await record.write((tx) => {
    tx.emit({ type: "partitions.changed", data: { set: "sources", added: 1, retired: 0, keys: ["k"], reason: "r" } });
  });
  const sensor = defineSensor({ name: "s", on: [sources], evaluate: () => ({ reason: "r" }) });
  const { tables } = record.store;
  const looks: Sensed[] = [];
  for (let afterSeq = 0; looks.at(-1)?.more !== false;) {
    const sensed = senseEvents(sensor, { tables, afterSeq });
    assert.ok(sensed.untilSeq > afterSeq && sensed.untilSeq <= afterSeq + MAX_LOOKED_AT);
    looks.push(sensed);
    afterSeq = sensed.untilSeq;
  }
  assert.equal(looks.at(-1)?.untilSeq, tables.events.newestSeq());
  assert.deepEqual(
    looks.map((look) => look.isNews),
    [false, false, true],
  );
});

test("an evaluation on trial shows what lies behind any number of events that do not concern the sensor", async () => {
  await using record = await behindOthers(1.5 * MAX_LOOKED_AT);
  await record.write((tx) => tx.automations.enable({ name: "s", enabled: false, dueAfterMs: null }));
  await record.close();
  const sensed: SensedMaterialization[] = [];
  await using rig = await engineRig({ definitions: [asset, other, job, heardOf(sensed)], dataDir: record.directory });
  await rig.run("j");
  assert.equal((await rig.engine.commands.evaluate("s", { actor: operator })).reason, "1 heard");
});

const nonsense: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  "no reason": {},
  "a reason that is no text": { reason: 1 },
  "a cursor that is no text": { reason: "r", cursor: 1 },
  "runs that are no list": { reason: "r", runs: "j" },
  "a run without a job": { reason: "r", runs: [{ reason: "r" }] },
  "a run without a reason": { reason: "r", runs: [{ job }] },
  "a run whose key is no text": { reason: "r", runs: [{ job, reason: "r", runKey: 1 }] },
  "a run whose settings are not JSON": { reason: "r", runs: [{ job, reason: "r", config: 1n }] },
  "a set that is none": { reason: "r", partitions: [{ set: "sources", add: [], retire: [] }] },
  "a set that no code location loads": {
    reason: "r",
    partitions: [{ set: dynamicPartitions("unknown"), add: ["x"], retire: [] }],
  },
  "an empty key": { reason: "r", partitions: [{ set: sources, add: ["good", ""], retire: [] }] },
  "a key of 9,000 bytes": { reason: "r", partitions: [{ set: sources, add: ["k".repeat(9000)], retire: [] }] },
};

for (const [what, outcome] of Object.entries(nonsense)) {
  test(`a sensor that returns ${what} has a failed tick that says so, and is tried again`, async () => {
    let calls = 0;
    const sensor = defineSensor({ name: "s", evaluate: () => (calls++, outcome as TickOutcome) });
    const keyed = defineAsset({ key: "keyed", partitions: sources, run: () => 1 });
    await using rig = await engineRig({ definitions: [asset, job, keyed, sensor] });
    await rig.settle();
    const { lastTick } = rig.engine.queries.automation("s");
    assert.equal(lastTick?.status, "failed");
    assert.ok((lastTick.error?.message ?? "").length > 10, lastTick.error?.message);
    assert.equal(rig.engine.queries.partitionSet("sources").active, 0);
    await rig.advance(1000);
    assert.equal(calls, 2);
    assert.deepEqual(rig.problems, []);
  });
}

test("a schedule that returns nonsense has a failed tick and is tried again for the same time", async () => {
  let calls = 0;
  const schedule = defineSchedule({
    name: "hourly",
    cron: "@hourly",
    evaluate: () => (++calls === 1 ? (null as unknown as TickOutcome) : { reason: "fine" }),
  });
  await using rig = await engineRig({ definitions: [schedule] });
  await rig.advance(3_600_000);
  assert.equal(rig.engine.queries.automation("hourly").lastTick?.status, "failed");
  await rig.advance(60_000);
  const { lastTick } = rig.engine.queries.automation("hourly");
  assert.deepEqual([lastTick?.reason, lastTick?.scheduledAt, calls], ["fine", "2026-01-01T01:00:00.000Z", 2]);
});

test("a watch that hangs, or whose resource does not open, keeps nothing from starting and is tried again", async () => {
  let isUp = false;
  let watches = 0;
  let wake = (): void => {};
  const bucket = defineResource({
    key: "bucket",
    open() {
      if (!isUp) throw new Error("connection refused");
      return 1;
    },
  });
  const hanging = defineSensor({
    name: "a_hanging",
    evaluate: () => ({ reason: "polled" }),
    watch: () => new Promise<null>(() => {}),
  });
  const seen: number[] = [];
  const watching = defineSensor({
    name: "b_watching",
    minIntervalMs: 10_000,
    resources: { bucket },
    evaluate({ now }) {
      seen.push(now);
      return { reason: "looked" };
    },
    async watch(context) {
      watches++;
      wake = context.wake;
      return { [Symbol.dispose]() {} };
    },
  });
  const schedule = defineSchedule({ name: "hourly", cron: "@hourly", evaluate: () => ({ reason: "due" }) });
  await using rig = await engineRig({ definitions: [hanging, watching, schedule] });
  await rig.settle();
  assert.equal(rig.engine.queries.automation("a_hanging").lastTick?.reason, "polled");
  assert.match(rig.engine.queries.automation("b_watching").lastTick?.error?.message ?? "", /connection refused/);
  isUp = true;
  await rig.advance(1000);
  assert.equal(watches, 1);
  wake();
  await rig.settle();
  assert.equal(seen.length, 2);
  await rig.advance(3_600_000);
  assert.equal(rig.engine.queries.automation("hourly").lastTick?.reason, "due");
  assert.equal(watches, 1);
  assert.match(String(rig.problems.splice(0)), /b_watching.*connection refused/);
});

test("a sensor keeps its interval when the clock is set back", async () => {
  const time = manualClock();
  let shiftMs = 0;
  const clock = { ...time, now: () => time.now() + shiftMs };
  const sensed: SensedMaterialization[] = [];
  const sensor = defineSensor({
    name: "s",
    on: [asset],
    minIntervalMs: 1000,
    evaluate({ materializations }) {
      sensed.push(...materializations);
      return { reason: "heard" };
    },
  });
  await using rig = await engineRig({ definitions: [asset, job, sensor], clock });
  await rig.run("j");
  await settleLong(rig);
  assert.equal(sensed.length, 1);
  shiftMs = -86_400_000;
  await rig.run("j");
  await settleLong(rig);
  await time.advance(1000);
  await settleLong(rig);
  assert.equal(sensed.length, 2);
});

test("a schedule goes on after a clock that was far ahead is set right, and repeats nothing after a small step back", async () => {
  const time = manualClock();
  const clock = { ...time, now: () => time.now() + shiftMs };
  let shiftMs = 4 * 365 * 86_400_000;
  const times: string[] = [];
  const schedule = defineSchedule({
    name: "hourly",
    cron: "@hourly",
    evaluate: ({ scheduledAt }) => (times.push(scheduledAt.toISOString()), { reason: "due" }),
  });
  await using rig = await engineRig({ definitions: [schedule], clock });
  await time.advance(3_600_000);
  await settleLong(rig);
  assert.deepEqual(times, ["2029-12-31T01:00:00.000Z"]);
  shiftMs = 0;
  await time.advance(2 * 3_600_000);
  await settleLong(rig);
  await time.advance(3_600_000);
  await settleLong(rig);
  assert.ok(times.includes("2026-01-01T04:00:00.000Z"), times.join(" "));
  const before = times.length;
  shiftMs = -60_000;
  await time.advance(60_000);
  await settleLong(rig);
  assert.equal(times.length, before);
});

test("an evaluation leaves nothing behind on the engine's signal", async () => {
  const clock = manualClock();
  const { signal } = new AbortController();
  const onInternalError = (error: unknown): void => assert.fail(String(error));
  const scopes = codeScopes();
  const basis = {
    clock,
    scheduler: clock,
    scopes,
    clerk: noClerk,
    onInternalError,
    resources: openResourcePool({ bound: new Map(), settings: {}, scheduler: clock, scopes, onInternalError }),
    automation: { name: "s", resources: {} },
  };
  for (const evaluate of [
    () => ({ reason: "fine" }),
    (): TickOutcome => {
      throw new Error("broken");
    },
  ]) {
    await evaluateAutomation({ ...basis, signal, evaluate });
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.equal(clock.pending, 0);
});

test("an engine that stops while a sensor evaluates records no tick, and the next one evaluates anew", async () => {
  const open = gate();
  let calls = 0;
  const sensor = defineSensor({
    name: "s",
    async evaluate({ signal }) {
      if (++calls === 1) {
        await Promise.race([open.passed, new Promise((resolve) => signal.addEventListener("abort", resolve))]);
      }
      return { reason: `call ${calls}`, cursor: String(calls) };
    },
  });
  await using rig = await engineRig({ definitions: [sensor] });
  await rig.settle();
  await rig.engine.stop({ deadlineMs: 0, reason: "test" });
  const after = await rig.crash();
  await after.settle();
  assert.equal(after.engine.queries.automation("s").lastTick?.reason, "call 2");
  assert.equal((await after.engine.queries.ticks("s", {})).items.length, 1);
  open.open();
});

test("what a sensor was shown on trial and launched is not shown to it again", async () => {
  const sensed: SensedMaterialization[] = [];
  await using rig = await engineRig({ definitions: [asset, job, heardOf(sensed)] });
  await rig.engine.commands.setAutomation("s", { enabled: false, actor: operator });
  await rig.run("j");
  await rig.engine.commands.evaluate("s", { actor: operator });
  assert.equal(sensed.length, 1);
  await rig.engine.commands.evaluate("s", { launch: true, actor: operator });
  assert.equal(sensed.length, 2);
  await rig.engine.commands.setAutomation("s", { enabled: true, actor: operator });
  await settleLong(rig);
  assert.equal(sensed.length, 2);
});

test("an error that a sensor's code does not catch is told with the sensor's name", async () => {
  let inScope: <T>(task: () => T) => T = (task) => task();
  const sensor = defineSensor({
    name: "s",
    evaluate() {
      inScope = AsyncLocalStorage.snapshot();
      return { reason: "fine" };
    },
  });
  await using rig = await engineRig({ definitions: [sensor] });
  await rig.settle();
  assert.ok(inScope(() => rig.engine.tellStray(new Error("nobody waits"))));
  assert.match(String(rig.problems.splice(0)), /s: nobody caught an error of its code: nobody waits/);
});

test("code whose resource opened after its time was over is not run, and what opened for it is closed", async () => {
  const opened = gate();
  const told: string[] = [];
  const slow = defineResource({ key: "slow", open: async () => await opened.passed });
  const session = defineResource({ key: "session", scope: "run", open: () => 1, close: () => void told.push("close") });
  const sensor = defineSensor({
    name: "s",
    minIntervalMs: 300_000,
    resources: { slow, session },
    evaluate() {
      told.push("evaluate");
      return { reason: "nothing" };
    },
  });
  await using rig = await engineRig({ definitions: [sensor] });
  const ticks = async () => (await rig.engine.queries.ticks("s", {})).items;
  // Right after one has ended there is none under way.
  for (let round = 0; round < 1000 && (await ticks()).length < 3; round++) await rig.advance(1000);
  const items = await ticks();
  assert.deepEqual(
    items.map(({ status }) => status),
    ["failed", "failed", "failed"],
  );
  opened.open();
  await settleLong(rig);
  assert.deepEqual(
    told.filter((what) => what === "evaluate"),
    [],
  );
  assert.equal(told.length, items.length);
});
