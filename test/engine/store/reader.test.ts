import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openReader } from "../../../engine/store/reader/reader.ts";
import { chainPlan, insertRun } from "../../rigs/made-runs.ts";
import { manualClock } from "../../rigs/manual-clock.ts";
import { recordRig } from "../../rigs/record.ts";

test("the reader sees every commit that came before the question", async () => {
  await using rig = await recordRig();
  for (const uid of ["one", "two"]) {
    await rig.write((tx) => insertRun(tx, { uid, plan: chainPlan(["a"]) }));
    const page = await rig.store.reader.query("runs", { limit: 1 });
    assert.equal(page.items[0]?.uid, uid);
  }
});

test("an error of a query arrives with its code and its sentence", async () => {
  await using rig = await recordRig();
  const { reader } = rig.store;
  await assert.rejects(reader.query("runs", { limit: 0 }), { code: "invalid_request", message: /from 1 to 500/ });
  await assert.rejects(reader.query("assetPartitions", { assetId: 9 }), { code: "not_found" });
  const absent = "absent" as "runs";
  await assert.rejects(reader.query(absent, {}), { code: "internal", message: /the query "absent" failed/ });
  assert.deepEqual(await reader.query("runs", {}), { items: [], nextCursor: null });
});

test("a query over its deadline is ended, and those behind it are answered", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => insertRun(tx, { uid: "one", plan: chainPlan(["a"]) }));
  await rig.close();
  const holder = new Database(rig.file);
  holder.pragma("journal_mode = DELETE");
  const clock = manualClock();
  const reader = openReader({ file: rig.file, scheduler: clock });
  await reader.query("audit", {});
  // Outside of WAL mode a reader waits for a writer: this query goes on until the lock is given back.
  holder.exec("BEGIN EXCLUSIVE");
  const late = reader.query("runs", {}, { deadlineMs: 100 });
  const behind = reader.query("runs", { limit: 1 }, { deadlineMs: 100 });
  const outcome = assert.rejects(late, { code: "timeout", message: /"runs" took over 100 ms/, retryable: true });
  await clock.advance(99);
  assert.equal(clock.pending, 1);
  await clock.advance(1);
  await outcome;
  holder.exec("COMMIT");
  assert.equal((await behind).items[0]?.uid, "one");
  assert.equal(clock.pending, 0);
  holder.close();
  await reader.close();
});

test("a file that cannot be read fails the queries that ask it, one by one", async () => {
  const clock = manualClock();
  const reader = openReader({ file: "/absent/sheaf.db", scheduler: clock });
  const both = [reader.query("runs", {}), reader.query("audit", {})];
  for (const asked of both) await assert.rejects(asked, { code: "internal", message: /the record cannot be read/ });
  await reader.close();
  assert.equal(clock.pending, 0);
});

test("closing the reader ends what runs and what waits", async () => {
  await using rig = await recordRig();
  const reader = openReader({ file: rig.file, scheduler: rig.clock });
  const asked = [reader.query("runs", {}), reader.query("audit", {})].map((query) =>
    assert.rejects(query, { code: "conflict", message: /the store is closed/ }),
  );
  await reader.close();
  await Promise.all(asked);
  await assert.rejects(reader.query("runs", {}), { code: "conflict" });
  assert.equal(rig.clock.pending, 0);
});

test("more questions than may wait are refused", async () => {
  await using rig = await recordRig();
  const reader = openReader({ file: rig.file, scheduler: rig.clock });
  const asked = Array.from({ length: 1001 }, () => reader.query("audit", {}));
  for (const query of asked) query.catch(() => {});
  await assert.rejects(reader.query("audit", {}), { code: "too_large", retryable: true });
  await reader.close();
});
