import assert from "node:assert/strict";
import { test } from "node:test";
import { chainPlan, insertRun, things } from "../../rigs/made-runs.ts";
import { type RecordRig, recordRig } from "../../rigs/record.ts";

async function found(rig: RecordRig, text: string, limit = 50): Promise<readonly string[]> {
  const uids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await rig.store.reader.query("runs", { text, limit, cursor });
    uids.push(...page.items.map(({ uid }) => uid));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return uids;
}

test("runs are found by a text in their id, job, partition, reason or error, whatever its case", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    tx.partitions.declareSet(things);
    tx.partitions.add({ set: things, keys: ["Iris"], nowMs: tx.nowMs, reason: "test" });
    insertRun(tx, { uid: "uid-one", plan: chainPlan(["a"]), job: "summon_job" });
    insertRun(tx, { uid: "uid-two", plan: chainPlan(["a"]), partitionId: tx.partitions.idOf(things, "Iris") });
    const id = insertRun(tx, { uid: "uid-three", plan: chainPlan(["a"]) });
    tx.runs.start(id, tx.nowMs);
    tx.runs.end({ id, status: "failed", nowMs: tx.nowMs, error: { code: "x", message: "the Sitemap answers 500" } });
  });
  assert.deepEqual(await found(rig, "SUMMON"), ["uid-one"]);
  assert.deepEqual(await found(rig, "iris"), ["uid-two"]);
  assert.deepEqual(await found(rig, "sitemap answers"), ["uid-three"]);
  assert.deepEqual(await found(rig, "uid-t"), ["uid-three", "uid-two"]);
  assert.deepEqual(await found(rig, "%"), [], "a text is no pattern");
});

test("a text that few of many runs have is found page by page, within a bound each", async () => {
  await using rig = await recordRig();
  await rig.write((tx) => {
    for (let at = 0; at < 9000; at++) {
      insertRun(tx, { uid: `run ${at}`, plan: chainPlan(["a"]), job: at % 3000 === 0 ? "rare" : "common" });
    }
  });
  const first = await rig.store.reader.query("runs", { text: "rare", limit: 10 });
  assert.deepEqual(
    first.items.map(({ uid }) => uid),
    ["run 6000"],
  );
  assert.notEqual(first.nextCursor, null, "the page says that there is more to look at");
  assert.deepEqual(await found(rig, "rare"), ["run 6000", "run 3000", "run 0"]);
});
