import assert from "node:assert/strict";
import { test } from "node:test";
import {
  backfillTransitions,
  type RunStatus,
  runStatuses,
  runTransitions,
  type StepStatus,
  stepStatuses,
  stepTransitions,
} from "../../../engine/core/states.ts";
import { openDatabase } from "../../../engine/store/database.ts";
import type { Transaction } from "../../../engine/store/writer.ts";
import { chainPlan, insertRun } from "../../rigs/made-runs.ts";
import { recordRig } from "../../rigs/record.ts";

const none = { error: null, reason: null, nowMs: 1 };

const runMoves: Readonly<Record<string, (tx: Transaction, id: number) => boolean>> = {
  start: (tx, id) => tx.runs.start(id, 1),
  running: (tx, id) => tx.runs.running(id, 1),
  canceling: (tx, id) => tx.runs.canceling(id, "test"),
  "end as succeeded": (tx, id) => tx.runs.end({ id, status: "succeeded", ...none }),
  "end as failed": (tx, id) => tx.runs.end({ id, status: "failed", ...none }),
  "end as canceled": (tx, id) => tx.runs.end({ id, status: "canceled", ...none }),
  "end queued as canceled": (tx, id) => tx.runs.endQueued({ id, status: "canceled", ...none }),
  "end queued as failed": (tx, id) => tx.runs.endQueued({ id, status: "failed", ...none }),
};

test("a run moves only along its transitions, and says when it did not move", async () => {
  await using rig = await recordRig();
  const id = await rig.write((tx) => insertRun(tx, { uid: "run", plan: chainPlan(["a"]) }));
  const outside = openDatabase(rig.file);
  const reached = new Set<RunStatus>();
  for (const from of runStatuses) {
    for (const [name, move] of Object.entries(runMoves)) {
      outside.prepare("UPDATE runs SET status = ? WHERE id = ?").run(from, id);
      const moved = await rig.write((tx) => move(tx, id));
      const to = rig.store.tables.runs.byId(id)?.status ?? "queued";
      assert.equal(moved, to !== from, `${name} of a run that is ${from}`);
      if (!moved) continue;
      reached.add(to);
      assert.ok(
        (runTransitions[from] as readonly RunStatus[]).includes(to),
        `${name} moved a run from ${from} to ${to}`,
      );
    }
  }
  outside.close();
  assert.deepEqual(
    [...runStatuses].filter((status) => !reached.has(status)),
    ["queued"],
  );
});

const step = (runId: number) => ({ runId, ordinal: 0, attempt: 1 });
const stepMoves: Readonly<Record<string, (tx: Transaction, id: number) => boolean>> = {
  start: (tx, id) => tx.steps.start(step(id), { partitionId: 0, nowMs: 1 }),
  wait: (tx, id) => tx.steps.wait(step(id), { partitionId: 0, reason: "a slot", retryAtMs: null }),
  interrupt: (tx, id) => tx.steps.interrupt(step(id), "the engine ended"),
  "end as succeeded": (tx, id) => tx.steps.end(step(id), { status: "succeeded", ...none }),
  "end as failed": (tx, id) => tx.steps.end(step(id), { status: "failed", ...none }),
  "end as skipped": (tx, id) => tx.steps.end(step(id), { status: "skipped", ...none }),
  "end as canceled": (tx, id) => tx.steps.end(step(id), { status: "canceled", ...none }),
  "end idle as skipped": (tx, id) => tx.steps.endIdle(step(id), { status: "skipped", partitionId: 0, ...none }),
  "end idle as canceled": (tx, id) => tx.steps.endIdle(step(id), { status: "canceled", partitionId: 0, ...none }),
  "end idle as failed": (tx, id) => tx.steps.endIdle(step(id), { status: "failed", partitionId: 0, ...none }),
};

test("a step moves only along its transitions", async () => {
  await using rig = await recordRig();
  const id = await rig.write((tx) => insertRun(tx, { uid: "run", plan: chainPlan(["a"]) }));
  const outside = openDatabase(rig.file);
  for (const from of stepStatuses) {
    for (const [name, move] of Object.entries(stepMoves)) {
      outside.prepare("DELETE FROM steps").run();
      outside
        .prepare("INSERT INTO steps (run_id, ordinal, status, partition_id, attempt) VALUES (?, 0, ?, 0, 1)")
        .run(id, from);
      await rig.write((tx) => move(tx, id));
      const to = rig.store.tables.steps.ofRun(id)[0]?.status ?? "pending";
      const allowed = from === to || (stepTransitions[from] as readonly StepStatus[]).includes(to);
      assert.ok(allowed, `${name} moved a step from ${from} to ${to}`);
    }
  }
  outside.close();
});

test("an attempt that is not the live one ends nothing", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    const id = insertRun(tx, { uid: "run", plan: chainPlan(["a"]) });
    tx.steps.start({ runId: id, ordinal: 0, attempt: 1 }, { partitionId: 0, nowMs: 1 });
    tx.steps.wait({ runId: id, ordinal: 0, attempt: 1 }, { partitionId: 0, reason: "again", retryAtMs: 5 });
    tx.steps.start({ runId: id, ordinal: 0, attempt: 2 }, { partitionId: 0, nowMs: 6 });
    assert.equal(tx.steps.end({ runId: id, ordinal: 0, attempt: 1 }, { status: "succeeded", ...none }), false);
    assert.equal(tx.steps.end({ runId: id, ordinal: 0, attempt: 2 }, { status: "succeeded", ...none }), true);
  });
});

test("a slot is held once and given back by its step", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    const id = insertRun(tx, { uid: "run", plan: chainPlan(["a"]) });
    tx.steps.start({ runId: id, ordinal: 0, attempt: 1 }, { partitionId: 0, nowMs: 1 });
    tx.steps.takeSlot("docker", { runId: id, ordinal: 0, nowMs: 2 });
    assert.throws(() => tx.steps.takeSlot("docker", { runId: id, ordinal: 0, nowMs: 2 }), /UNIQUE/);
    assert.throws(() => tx.steps.takeSlot("docker", { runId: id, ordinal: 1, nowMs: 2 }), /FOREIGN KEY/);
    assert.deepEqual(tx.steps.slotHolders("docker"), [{ run_uid: "run", ordinal: 0, taken_at_ms: 2 }]);
    assert.equal(tx.steps.releaseSlots(id, 0), true);
    assert.equal(tx.steps.slotsTaken("docker"), 0);
  });
});

test("a backfill's members come in order, wave by wave, and end moves along the transitions", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    const ids = Array.from({ length: 25_000 }, (_, at) => at + 1);
    const id = tx.backfills.insert({
      uid: "backfill",
      job: null,
      request: {},
      tagSetId: tx.interned.tagSetId({}),
      priority: 0,
      originKind: "operator",
      originName: null,
      reason: "test",
      nowMs: 1,
      waves: [
        { assets: ["a"], setId: 0, partitionIds: ids },
        { assets: ["b", "c"], setId: 0, partitionIds: [0] },
      ],
    });
    const seen: number[] = [];
    const waves: number[] = [];
    for (let ordinal = 0; ;) {
      const members = tx.backfills.members(id, { ordinal, limit: 3000 });
      if (members === null) break;
      seen.push(...members.partitionIds);
      if (members.endsWave) waves.push(members.wave);
      ordinal += members.partitionIds.length;
    }
    assert.deepEqual(seen, [...ids, 0]);
    assert.deepEqual(waves, [0, 1]);
    assert.equal(tx.backfills.byId(id)?.total, 25_001);
    assert.equal(tx.backfills.end({ id, status: "succeeded", nowMs: 2, error: null }), false);
    assert.equal(tx.backfills.start(id, 2), true);
    assert.equal(tx.backfills.cancel(id, { reason: "test", nowMs: 3 }), true);
    assert.equal(tx.backfills.byId(id)?.status, "canceling");
    assert.ok(backfillTransitions.running.includes("canceling"));
  });
});
