import assert from "node:assert/strict";
import {
  createWriteStream,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hash } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { test } from "node:test";
import { defineAsset, defineJob, defineSensor, isEngineError, staticPartitions } from "../../../engine/index.ts";
import { restoreDataDir } from "../../../engine/operate.ts";
import { engineRig, type EngineRig, gate } from "../../rigs/engine.ts";
import { seededIds } from "../../rigs/manual-clock.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

const keys = staticPartitions("keys", ["a", "b", "c"]);
const large = defineAsset({ key: "large", partitions: keys, run: ({ partition }) => partition.key.repeat(100_000) });
const definitions = [large, defineJob({ name: "large", assets: [large] })];

async function backupOf(rig: EngineRig, file: string): Promise<void> {
  await pipeline(await rig.engine.backup(), createWriteStream(file));
}

async function stopped(rig: EngineRig): Promise<void> {
  const stop = rig.engine.stop({ deadlineMs: 0, reason: "test" });
  await rig.advance(0);
  await stop;
}

/** The copies of the record that this process has open, removed ones too, and those in its folder. */
function copiesOf(rig: EngineRig): readonly string[] {
  const isCopy = (file: string): boolean => path.basename(file).startsWith("backup-");
  const opened = existsSync("/proc/self/fd")
    ? readdirSync("/proc/self/fd").map((fd) => linkOf(`/proc/self/fd/${fd}`))
    : [];
  return [...opened.filter((file) => file.startsWith(rig.dataDir)), ...readdirSync(rig.dataDir)].filter(isCopy);
}

/** The newest value of a partition of `large`, which is in a file. */
function valueOf(key: string): { readonly sha256: string } {
  return { sha256: hash("sha256", JSON.stringify(key.repeat(100_000))) };
}

/** 60 kB that do not compress. */
function noiseOf(seed: string): string {
  return Array.from({ length: 700 }, (_, index) => hash("sha512", `${seed}${index}`, "base64"))
    .join("")
    .slice(0, 60_000);
}

/** Empty for a descriptor that is closed meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}

const restore = (rig: EngineRig, archive: string, dataDir = rig.dataDir) =>
  restoreDataDir({ dataDir, archive, clock: rig.clock, ids: seededIds("restore", rig.clock) });

test("a restored record is that of the backup, with its values, under a new generation", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  const kept = await rig.run("large", "a");
  const seqThen = rig.engine.health().newestSeq;
  await backupOf(rig, archive);
  const forgotten = await rig.run("large", "b");
  const page = await rig.engine.queries.runs({ limit: 1 });
  await stopped(rig);
  const { manifest, before } = await restore(rig, archive);
  assert.deepEqual([manifest.newestSeq, manifest.values, manifest.project], [seqThen, 1, "test"]);
  assert.ok(before !== null && existsSync(path.join(before, "sheaf.db")));
  await using after = await engineRig({ definitions, dataDir: rig.dataDir });
  assert.notEqual(after.engine.generation, rig.engine.generation);
  assert.equal(after.engine.queries.run(kept.id).status, "succeeded");
  assert.throws(() => after.engine.queries.run(forgotten.id), { code: "not_found" });
  assert.equal(after.engine.queries.assetPartition("large", "a").status, "materialized");
  assert.equal(after.engine.queries.assetPartition("large", "b").status, "missing");
  assert.ok(page.nextCursor !== null);
  await assert.rejects(after.engine.queries.runs({ cursor: page.nextCursor }), /before the database was restored/);
  assert.equal((await after.run("large", "b")).status, "succeeded");
});

test("a backup holds all values that its record names and none that came later, and a new directory takes it", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  await rig.run("large", "a");
  const stream = await rig.engine.backup();
  await rig.run("large", "c");
  await pipeline(stream, createWriteStream(archive));
  const dataDir = path.join(folder.path, "new");
  const { before } = await restore(rig, archive, dataDir);
  assert.equal(before, null);
  assert.equal(readdirSync(path.join(dataDir, "values")).length, 1);
  await using after = await engineRig({ definitions, dataDir });
  assert.equal((await after.engine.queries.runs({})).items.length, 1);
  assert.deepEqual(
    readdirSync(rig.dataDir).filter((name) => name.startsWith("backup-")),
    [],
  );
});

test("a reader of backups that breaks off harms nothing, and leaves no file open, nor on the disk", async () => {
  // More than streams hold back, and kept in the database itself.
  const noise = defineAsset({ key: "noise", partitions: keys, run: ({ partition }) => noiseOf(partition.key) });
  await using rig = await engineRig({ definitions: [noise, defineJob({ name: "noise", assets: [noise] })] });
  for (const key of ["a", "b", "c"]) await rig.run("noise", key);
  for (let round = 0; round < 10; round++) {
    const stream = await rig.engine.backup();
    if (round % 2 === 0) await once(stream, "readable");
    stream.destroy();
  }
  for (let turn = 0; turn < 2000 && copiesOf(rig).length > 0; turn++) await nextTurn();
  assert.deepEqual(copiesOf(rig), []);
});

test("what ran at the time of the backup runs again after the restore", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  const open = gate();
  let calls = 0;
  const slow = defineAsset({
    key: "slow",
    async run() {
      calls++;
      await open.passed;
      return 1;
    },
  });
  const slowDefinitions = [slow, defineJob({ name: "slow", assets: [slow] })];
  await using rig = await engineRig({ definitions: slowDefinitions });
  const id = await rig.start("slow");
  await rig.settle();
  await backupOf(rig, archive);
  open.open();
  await rig.ended(id);
  await stopped(rig);
  await restore(rig, archive);
  await using after = await engineRig({ definitions: slowDefinitions, dataDir: rig.dataDir });
  assert.equal((await after.ended(id)).status, "succeeded");
  assert.deepEqual([calls, after.step(id, "slow").interruptions], [2, 1]);
});

test("a sensor goes on after a restore from the cursor of the backup", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  const seen: (string | null)[] = [];
  const count = defineSensor({
    name: "count",
    minIntervalMs: 1000,
    evaluate({ cursor }) {
      seen.push(cursor);
      return { reason: "counted", cursor: String(Number(cursor ?? 0) + 1) };
    },
  });
  await using rig = await engineRig({ definitions: [count] });
  await rig.advance(1000);
  await backupOf(rig, archive);
  await rig.advance(2000);
  await stopped(rig);
  await restore(rig, archive);
  seen.length = 0;
  await using after = await engineRig({ definitions: [count], dataDir: rig.dataDir });
  await after.settle();
  assert.deepEqual(seen, ["2"]);
});

test("a live engine's directory is not restored over", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  await backupOf(rig, archive);
  await assert.rejects(restore(rig, archive), (error) => isEngineError(error, "locked"));
  assert.equal((await rig.run("large", "a")).status, "succeeded");
});

test("a backup that was cut off, or that is none, leaves the record as it was", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  const run = await rig.run("large", "a");
  await backupOf(rig, archive);
  await stopped(rig);
  const names = readdirSync(rig.dataDir);
  const { length } = readFileSync(archive);
  truncateSync(archive, length - 100);
  await assert.rejects(restore(rig, archive), { code: "config", message: /no whole backup/ });
  writeFileSync(archive, "something else");
  await assert.rejects(restore(rig, archive), { code: "config", message: /no whole backup/ });
  await assert.rejects(restore(rig, path.join(folder.path, "nowhere")), { code: "config", message: /ENOENT/ });
  assert.deepEqual(readdirSync(rig.dataDir), names);
  await using after = await engineRig({ definitions, dataDir: rig.dataDir });
  assert.equal(after.engine.queries.run(run.id).status, "succeeded");
});

test("a value that was damaged on the disk is told with its maker, left out, and keeps nothing from being restored", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  await rig.run("large", "b");
  const run = await rig.run("large", "a");
  const values = path.join(rig.dataDir, "values");
  const { sha256 } = valueOf("a");
  truncateSync(path.join(values, sha256.slice(0, 2), sha256), 1000);
  await backupOf(rig, archive);
  assert.match(String(rig.problems.splice(0)), new RegExp(`large a of run ${run.id}: values/.*/${sha256}\\)`));
  await stopped(rig);
  const dataDir = path.join(folder.path, "new");
  const { manifest } = await restore(rig, archive, dataDir);
  assert.deepEqual([manifest.values, manifest.leftOut], [1, [sha256]]);
  await using after = await engineRig({ definitions, dataDir });
  assert.equal(after.engine.queries.run(run.id).status, "succeeded");
  assert.equal((await after.run("large", "a")).status, "succeeded");
  await backupOf(after, path.join(folder.path, "whole.tar.gz"));
  assert.deepEqual(after.problems, []);
});

test("a restore that is broken off leaves the record as it was, and nothing that the next one stumbles over", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  await rig.run("large", "a");
  await backupOf(rig, archive);
  await stopped(rig);
  const names = readdirSync(rig.dataDir);
  const { clock, dataDir } = rig;
  const ids = seededIds("restore", clock);
  const signal = AbortSignal.abort(new Error("interrupted"));
  await assert.rejects(restoreDataDir({ dataDir, archive, clock, ids, signal }), /interrupted/);
  assert.deepEqual(readdirSync(dataDir), names);
  // As a kill leaves it.
  for (const end of ["", "-wal", "-shm"]) writeFileSync(path.join(dataDir, `restoring.db${end}`), "of another backup");
  await restore(rig, archive);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith("restoring")),
    [],
  );
});

test("a restore that was cut off when all had arrived is finished by the next start", async () => {
  await using folder = await temporaryFolder();
  const archive = path.join(folder.path, "backup.tar.gz");
  await using rig = await engineRig({ definitions });
  const kept = await rig.run("large", "a");
  await backupOf(rig, archive);
  await rig.run("large", "b");
  await stopped(rig);
  const dataDir = path.join(folder.path, "other");
  await restore(rig, archive, dataDir);
  // As a kill leaves it: the database has arrived, the one before stands in its place, half of it moved aside.
  writeFileSync(path.join(rig.dataDir, "restored.db"), readFileSync(path.join(dataDir, "sheaf.db")));
  rmSync(path.join(rig.dataDir, "state.json"));
  await using after = await engineRig({ definitions, dataDir: rig.dataDir });
  const { items } = await after.engine.queries.runs({});
  assert.deepEqual(
    items.map(({ id }) => id),
    [kept.id],
  );
  assert.ok(existsSync(path.join(after.dataDir, "before-restore-1", "sheaf.db")));
});
