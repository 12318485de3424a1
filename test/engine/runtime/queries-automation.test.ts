import assert from "node:assert/strict";
import { test } from "node:test";
import { definitions } from "../../rigs/shown-definitions.ts";
import { shownRecord } from "../../rigs/shown-record.ts";

test("a sensor and a schedule show their newest tick and when they look next", async () => {
  await using record = await shownRecord(definitions, {
    isEnabled: (name) => name === "look",
    nextTimes: (schedule, count) => Array.from({ length: count }, (_, at) => `${schedule.cron} ${at}`),
  });
  await record.rig.write((tx) => {
    const id = tx.automations.startTick({ automation: "look", scheduledAtMs: null, nowMs: tx.nowMs });
    tx.automations.endTick({
      id,
      automation: "look",
      status: "succeeded",
      nowMs: tx.nowMs + 5,
      reason: "one new source",
      error: null,
      cursor: "c",
      eventsSeq: undefined,
      dueAfterMs: undefined,
      changes: [{ set: "sources" }],
      log: null,
      requests: [
        { outcome: "run", uid: "run", runKey: "k", reason: "new" },
        { outcome: "backfill", uid: "backfill", runKey: null, reason: "many" },
        { outcome: "refused", uid: null, runKey: null, reason: "no such job" },
      ],
    });
  });
  const [sensor] = record.shown.sensors();
  assert.deepEqual(
    [sensor?.trigger, sensor?.assets, sensor?.enabled, sensor?.cursor],
    ["materialization", ["load/release"], true, "c"],
  );
  assert.deepEqual(sensor?.lastTick, {
    id: "1",
    status: "succeeded",
    scheduledAt: null,
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:00:00.005Z",
    reason: "one new source",
    error: null,
    runs: ["run"],
    backfills: ["backfill"],
    requests: [
      { outcome: "run", id: "run", runKey: "k", reason: "new" },
      { outcome: "backfill", id: "backfill", runKey: null, reason: "many" },
      { outcome: "refused", id: null, runKey: null, reason: "no such job" },
    ],
    changes: [{ set: "sources" }],
    log: null,
  });
  const [schedule] = record.shown.schedules();
  assert.deepEqual(
    [
      schedule?.enabled,
      schedule?.nextAt,
      schedule?.nextTimes.length,
      schedule?.cron,
      schedule?.timeZone,
      schedule?.lastTick,
    ],
    [false, null, 5, "@weekly", "UTC", null],
  );
  const ticks = await record.rig.during(record.shown.ticks("look", {}));
  assert.deepEqual(ticks.items, [sensor?.lastTick]);
  assert.deepEqual(record.shown.automation("look"), sensor);
});

test("a backfill shows its assets and how far it is", async () => {
  await using record = await shownRecord(definitions);
  await record.rig.write((tx) => {
    const id = tx.backfills.insert({
      uid: "backfill",
      job: "load_job",
      request: {},
      tagSetId: tx.interned.tagSetId({ team: "eco" }),
      priority: 2,
      originKind: "schedule",
      originName: "weekly",
      reason: "weekly",
      nowMs: tx.nowMs,
      waves: [{ assets: ["load/release"], setId: tx.partitions.setId("sources"), partitionIds: [1, 2, 3] }],
    });
    tx.backfills.start(id, tx.nowMs);
    tx.backfills.addLaunched(id, 2);
    tx.backfills.countEnded(id, "succeeded");
  });
  const view = record.shown.backfill("backfill");
  assert.deepEqual(
    [view.status, view.assets, view.tags, view.origin, view.total, view.launched, view.succeeded],
    ["running", ["load/release"], { team: "eco" }, { kind: "schedule", name: "weekly" }, 3, 2, 1],
  );
  assert.deepEqual(record.shown.backfillsByIds([1, 7]), [view]);
  assert.deepEqual((await record.rig.during(record.shown.backfills({}))).items, [view]);
});

test("what there is not is not found, and a filter that does not read is refused", async () => {
  await using record = await shownRecord(definitions);
  const { shown, rig } = record;
  const notFound = { code: "not_found" };
  for (const ask of [
    () => shown.asset("absent"),
    () => shown.assetPartition("load/release", "absent"),
    () => shown.assetPartition("names", "absent"),
    () => shown.run("absent"),
    () => shown.partitionSet("absent"),
    () => shown.automation("absent"),
    () => shown.backfill("absent"),
  ]) {
    assert.throws(ask, notFound);
  }
  for (const ask of [
    () => shown.assetPartitions("absent", {}),
    () => shown.materializations("absent", {}),
    () => shown.materializations("load/release", { partition: "absent" }),
    () => shown.events("absent", {}),
    () => shown.logs("absent", {}),
    () => shown.partitionKeys("absent", {}),
    () => shown.ticks("absent", {}),
  ]) {
    await assert.rejects(rig.during<unknown>(ask()), notFound);
  }
  await assert.rejects(shown.runs({ createdAfter: "yesterday" }), { code: "invalid_request", message: /createdAfter/ });
  assert.deepEqual(await rig.during(shown.assetPartitions("names", {})), { items: [], nextCursor: null });
});
