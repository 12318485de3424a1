import assert from "node:assert/strict";
import { test } from "node:test";
import { recordRig } from "../../rigs/record.ts";

test("tags that were rolled back are not remembered for the next ones of their id", async () => {
  await using rig = await recordRig();
  const broken = rig.write((tx) => {
    const id = tx.interned.tagSetId({ team: "lost" });
    assert.deepEqual(tx.interned.tags(id), { team: "lost" });
    throw new RangeError(String(id));
  });
  const lost = await broken.catch((error: unknown) => (error as Error).message);
  const kept = await rig.write((tx) => {
    const id = tx.interned.tagSetId({ team: "kept" });
    return { id, tags: tx.interned.tags(id) };
  });
  assert.deepEqual(kept, { id: Number(lost), tags: { team: "kept" } });
  assert.deepEqual(await rig.write((tx) => tx.interned.tags(kept.id)), { team: "kept" });
});

test("tags that are on disk are read once, within transactions too", async () => {
  await using rig = await recordRig();
  const id = await rig.write((tx) => tx.interned.tagSetId({ team: "blue" }));
  const read = (): Promise<object> => rig.write((tx) => tx.interned.tags(id));
  assert.equal(await read(), await read());
});
