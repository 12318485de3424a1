import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineAsset, defineJob, isEngineError } from "../../../engine/index.ts";
import type { EngineHealth } from "../../../engine/runtime/operations.ts";
import { CHECK_INTERVAL_MS } from "../../../engine/runtime/database-check.ts";
import { engineRig, type EngineRig, gate } from "../../rigs/engine.ts";

const PAGE_BYTES = 8192;

/** Overwrites pages of the history's end, which nothing but the check reads. */
function damage(rig: EngineRig): void {
  const file = path.join(rig.dataDir, "sheaf.db");
  const db = new Database(file);
  db.exec("CREATE TABLE filler (text TEXT)");
  db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO filler SELECT hex(randomblob(200)) FROM n`);
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
  const handle = openSync(file, "r+");
  const { size } = statSync(file);
  for (let at = size - 20 * PAGE_BYTES; at < size; at += PAGE_BYTES) {
    writeSync(handle, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, at);
  }
  closeSync(handle);
}

/** Resolves when the check's thread has answered, by what it leads to. */
const nextHealth = (rig: EngineRig): Promise<EngineHealth> => new Promise((resolve) => rig.engine.onHealth(resolve));

const quick = defineAsset({ key: "quick", run: () => 1 });

test("a damaged database stops new work a day after the last check, lets what runs end, and says how to repair it", async () => {
  const open = gate();
  const slow = defineAsset({ key: "slow", run: () => open.passed.then(() => 1) });
  const next = defineAsset({ key: "next", deps: { slow }, run: () => 1 });
  await using rig = await engineRig({
    definitions: [
      slow,
      next,
      quick,
      defineJob({ name: "slow", assets: [slow, next] }),
      defineJob({ name: "quick", assets: [quick] }),
    ],
  });
  const id = await rig.start("slow");
  await rig.settle();
  damage(rig);
  await rig.advance(CHECK_INTERVAL_MS - 1);
  assert.equal(rig.engine.health().status, "ok");
  const told = nextHealth(rig);
  await rig.advance(1);
  const { status, error } = await told;
  assert.deepEqual([status, error?.code], ["failed", "corrupt"]);
  assert.match(error?.message ?? "", /is damaged.*sheaf restore FILE/);
  assert.match(String(rig.problems.splice(0)), /sheaf restore FILE/);
  await assert.rejects(rig.start("quick"), (refusal) => isEngineError(refusal, "conflict"));
  open.open();
  await rig.settle();
  assert.equal(rig.step(id, "slow").status, "succeeded");
  assert.equal(rig.step(id, "next").status, "pending");
});

test("after an engine that was killed the database is checked at once, and the start does not wait for it", async () => {
  await using rig = await engineRig({ definitions: [quick, defineJob({ name: "quick", assets: [quick] })] });
  await rig.run("quick");
  damage(rig);
  const after = await rig.crash();
  assert.equal(after.engine.health().status, "ok");
  const told = nextHealth(after);
  await after.advance(0);
  assert.equal((await told).error?.code, "corrupt");
  after.problems.splice(0);
});

test("after an orderly end the next check is due a day after the last one", async () => {
  await using rig = await engineRig({ definitions: [quick] });
  const stopped = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(0);
  await stopped;
  const after = await rig.crash();
  damage(after);
  await after.advance(CHECK_INTERVAL_MS - 1);
  assert.equal(after.engine.health().status, "ok");
  const told = nextHealth(after);
  await after.advance(1);
  assert.equal((await told).error?.code, "corrupt");
  after.problems.splice(0);
});
