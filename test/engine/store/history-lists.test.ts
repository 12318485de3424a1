import assert from "node:assert/strict";
import { test } from "node:test";
import type { TickRequest } from "../../../engine/store/tables/automations.ts";
import { chainPlan, insertRun, materialize, things } from "../../rigs/made-runs.ts";
import { type RecordRig, recordRig } from "../../rigs/record.ts";

interface Paged<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** All pages of a list, one after the other, and how long each was. */
function walk<T>(list: (cursor: string | undefined) => Paged<T>): { items: readonly T[]; lengths: readonly number[] } {
  const items: T[] = [];
  const lengths: number[] = [];
  let cursor: string | undefined;
  do {
    const page = list(cursor);
    items.push(...page.items);
    lengths.push(page.items.length);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { items, lengths };
}

test("a run's events are its own, oldest first, and resume after a seq", async () => {
  await using rig = await recordRig();
  const [one, two] = await rig.write((tx) => {
    const first = insertRun(tx, { uid: "one", plan: chainPlan(["a"]) });
    const second = insertRun(tx, { uid: "two", plan: chainPlan(["a"]) });
    for (const runId of [first, second, first]) {
      tx.emit({ type: "step.warning", runId, ordinal: 0, data: { message: `of ${runId}` } });
    }
    return [first, second];
  });
  assert.deepEqual(
    rig.queries.events({ runId: one ?? 0 }).items.map((event) => [event.seq, event.type]),
    [
      [1, "run.queued"],
      [3, "step.warning"],
      [5, "step.warning"],
    ],
  );
  const page = rig.queries.events({ runId: one ?? 0, after: 1, limit: 1 });
  assert.deepEqual([page.items[0]?.seq, page.nextCursor], [3, "3"]);
  assert.deepEqual(rig.queries.events({ runId: one ?? 0, after: 5 }), { items: [], nextCursor: null });
  assert.deepEqual(
    rig.queries.events({ runId: two ?? 0 }).items.map((event) => event.seq),
    [2, 4],
  );
});

test("what was written as an event is read back as it was", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    const runId = insertRun(tx, { uid: "one", plan: chainPlan(["a"]) });
    tx.emit({ type: "run.starting", runId });
    tx.emit({ type: "step.started", runId, ordinal: 3 });
    tx.emit({ type: "step.started", runId, ordinal: 3, data: { attempt: 2 } });
    tx.emit({ type: "limits.changed", data: { by: "Zoë" } });
  });
  assert.deepEqual(rig.store.tables.events.after(0, 100), rig.events);
  assert.deepEqual(rig.queries.events({ runId: 1 }).items, rig.events.slice(0, 4));
});

test("log lines come in the order of their writing, of a run or of one step", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    const runId = insertRun(tx, { uid: "one", plan: chainPlan(["a", "b"]) });
    const other = insertRun(tx, { uid: "two", plan: chainPlan(["a"]) });
    for (let at = 0; at < 9; at++) {
      const line = {
        ordinal: at % 2,
        attempt: 1,
        atMs: 9 - at,
        level: "info",
        message: `line ${at}`,
        fields: { at },
      } as const;
      tx.logs.append(at === 4 ? other : runId, [line]);
    }
  });
  const ofRun = walk((cursor) => rig.queries.logLines({ runId: 1, limit: 3, cursor }));
  assert.deepEqual(
    ofRun.items.map((line) => line.message),
    [0, 1, 2, 3, 5, 6, 7, 8].map((at) => `line ${at}`),
  );
  assert.deepEqual(ofRun.lengths, [3, 3, 2]);
  const ofStep = walk((cursor) => rig.queries.logLines({ runId: 1, ordinal: 1, limit: 3, cursor }));
  assert.deepEqual(
    ofStep.items.map((line) => line.message),
    [1, 3, 5, 7].map((at) => `line ${at}`),
  );
  const last = ofStep.items[2];
  const later = rig.queries.logLines({ runId: 1, ordinal: 1, afterId: last?.id });
  assert.deepEqual(
    later.items.map((line) => line.fields),
    ['{"at":7}'],
  );
});

test("materializations of an asset come newest first, of all partitions or of one", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    tx.partitions.declareSet(things);
    tx.materializations.declareAssets(["a", "b"].map((key) => ({ key, setId: tx.partitions.setId("things") })));
    tx.partitions.add({ set: things, keys: ["x", "y"], nowMs: tx.nowMs, reason: "test" });
    const runId = insertRun(tx, { uid: "run", plan: chainPlan(["a"]) });
    for (let at = 0; at < 7; at++) {
      const partitionId = tx.partitions.idOf(things, at % 3 === 0 ? "y" : "x");
      materialize(tx, { asset: at === 5 ? "b" : "a", runId, runUid: "run", partitionId, dataVersion: `v${at}` });
    }
  });
  const versions = (partitionId?: number): readonly string[] =>
    walk((cursor) => rig.queries.materializations({ assetId: 1, partitionId, limit: 2, cursor })).items.map(
      (row) => `${row.data_version} ${row.partition_key}`,
    );
  assert.deepEqual(versions(), ["v6 y", "v4 x", "v3 y", "v2 x", "v1 x", "v0 y"]);
  assert.deepEqual(versions(rig.store.tables.partitions.idOf(things, "y")), ["v6 y", "v3 y", "v0 y"]);
});

async function endedTick(rig: RecordRig, automation: string, requests: readonly TickRequest[]): Promise<void> {
  await rig.write((tx) => {
    const id = tx.automations.startTick({ automation, scheduledAtMs: null, nowMs: tx.nowMs });
    tx.automations.endTick({
      id,
      automation,
      status: requests.length > 0 ? "succeeded" : "skipped",
      nowMs: tx.nowMs,
      reason: "test",
      error: null,
      cursor: undefined,
      eventsSeq: undefined,
      dueAfterMs: undefined,
      changes: null,
      log: null,
      requests,
    });
  });
}

test("ticks come newest first, each with what became of its requests", async () => {
  await using rig = await recordRig();
  const requests: readonly TickRequest[] = [
    { outcome: "run", uid: "run", runKey: "key", reason: "new" },
    { outcome: "blocked", uid: "earlier", runKey: "key 2", reason: "used" },
  ];
  await endedTick(rig, "sensor", requests);
  await endedTick(rig, "other", []);
  await endedTick(rig, "sensor", []);
  const { items } = walk((cursor) => rig.queries.ticks({ automation: "sensor", limit: 1, cursor }));
  assert.deepEqual(
    items.map((tick) => [tick.id, tick.status, tick.requests]),
    [
      [3, "skipped", []],
      [1, "succeeded", requests],
    ],
  );
});

test("backfills come newest first, of one status too, with the assets of all their waves", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (const uid of ["one", "two", "three"]) {
      const id = tx.backfills.insert({
        uid,
        job: null,
        request: {},
        tagSetId: tx.interned.tagSetId({ team: "eco" }),
        priority: 0,
        originKind: "operator",
        originName: null,
        reason: "test",
        nowMs: tx.nowMs,
        waves: [
          { assets: ["a", "b"], setId: 0, partitionIds: [0] },
          { assets: ["b", "c"], setId: 0, partitionIds: [0] },
        ],
      });
      if (uid === "two") tx.backfills.start(id, tx.nowMs);
    }
  });
  const uids = (status?: string): readonly string[] =>
    walk((cursor) => rig.queries.backfills({ status, limit: 1, cursor })).items.map((row) => row.uid);
  assert.deepEqual(uids(), ["three", "two", "one"]);
  assert.deepEqual(uids("queued"), ["three", "one"]);
  assert.deepEqual(uids("running"), ["two"]);
  assert.throws(() => uids("done"), { code: "invalid_request", message: /expected queued, running, paused/ });
  assert.deepEqual(rig.queries.backfills({}).items[0]?.assets, ["a", "b", "c"]);
});

test("the audit trail comes newest first", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (const target of ["one", "two", "three"]) {
      const entry = {
        actor: "ada",
        role: "admin",
        action: "cancel run",
        target,
        outcome: "done",
        details: null,
      } as const;
      tx.access.audit(entry, tx.nowMs);
    }
  });
  const { items, lengths } = walk((cursor) => rig.queries.audit({ limit: 2, cursor }));
  assert.deepEqual(
    items.map((entry) => entry.target),
    ["three", "two", "one"],
  );
  assert.deepEqual(lengths, [2, 1]);
});
