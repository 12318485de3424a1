import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { test } from "node:test";
import { openReadOnly, WAL_LIMIT_BYTES } from "../../../engine/store/database.ts";
import { recordRig, type RecordRig } from "../../rigs/record.ts";

const text = "x".repeat(20_000);
const COMMITS = 800;

const walBytes = (rig: RecordRig): number => statSync(`${rig.file}-wal`).size;

async function write(rig: RecordRig, commits: number): Promise<void> {
  for (let commit = 0; commit < commits; commit++) {
    await rig.write((tx) => tx.emit({ type: "limits.changed", data: { by: text } }));
  }
}

test("the -wal stays small while nobody reads for long", async () => {
  await using rig = await recordRig();
  await write(rig, COMMITS);
  assert.ok(walBytes(rig) < WAL_LIMIT_BYTES, `${walBytes(rig)} bytes`);
});

test("the -wal grows while somebody reads one moment, and is cut when that is over", async () => {
  await using rig = await recordRig();
  await write(rig, 1);
  const reader = openReadOnly(rig.file);
  reader.exec("BEGIN");
  const count = reader.prepare<[], number>("SELECT count(*) FROM events").pluck();
  assert.equal(count.get(), 1);
  await write(rig, COMMITS);
  assert.equal(count.get(), 1);
  assert.ok(walBytes(rig) > WAL_LIMIT_BYTES, `${walBytes(rig)} bytes`);
  reader.exec("COMMIT");
  reader.close();
  await write(rig, 3);
  assert.ok(walBytes(rig) <= WAL_LIMIT_BYTES, `${walBytes(rig)} bytes`);
});
