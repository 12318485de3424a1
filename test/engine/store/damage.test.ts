import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { checkDatabase } from "../../../engine/store/care/care-thread.ts";
import { recordRig, type RecordRig } from "../../rigs/record.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

const EVENTS = 2000;

async function fill(rig: RecordRig): Promise<void> {
  await rig.write((tx) => {
    for (let number = 0; number < EVENTS; number++) {
      tx.emit({ type: "limits.changed", data: { by: `somebody ${number}` } });
    }
  });
}

/** What a kill leaves: the files as they are, the lease not ended. */
async function killedRecord(rig: RecordRig, folder: string): Promise<string> {
  await fill(rig);
  const directory = path.join(folder, "data");
  cpSync(rig.directory, directory, {
    recursive: true,
    filter: (file) => !file.includes("lock.db") && !file.endsWith("-shm"),
  });
  return directory;
}

const refusal = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && "code" in error);
  assert.equal(error.code, "corrupt");
  assert.match(error.message, message);
  assert.match(error.message, /sheaf restore FILE/);
  return true;
};

test("a record of an engine that was killed opens, and says that it did not end in order", async () => {
  await using rig = await recordRig();
  await using folder = await temporaryFolder();
  const directory = await killedRecord(rig, folder.path);
  await using after = await recordRig({ directory });
  assert.equal(after.store.endedCleanly, false);
  assert.equal(after.store.tables.events.newestSeq(), EVENTS);
});

test("a record whose -wal is gone is refused", async () => {
  await using rig = await recordRig();
  await using folder = await temporaryFolder();
  const directory = await killedRecord(rig, folder.path);
  rmSync(path.join(directory, "sheaf.db-wal"));
  const before = readFileSync(path.join(directory, "sheaf.db"));
  await assert.rejects(recordRig({ directory }), refusal(/sheaf\.db/));
  assert.deepEqual(readFileSync(path.join(directory, "sheaf.db")), before);
});

test("a record whose -wal is gone is refused also where all but the newest changes are in the database", async () => {
  await using rig = await recordRig();
  await using folder = await temporaryFolder();
  const other = new Database(rig.file);
  other.pragma("wal_checkpoint(TRUNCATE)");
  const directory = await killedRecord(rig, folder.path);
  other.close();
  rmSync(path.join(directory, "sheaf.db-wal"));
  await assert.rejects(recordRig({ directory }), refusal(/-wal is gone/));
});

test("a -wal that was put beside a closed database is refused before it is read", async () => {
  await using rig = await recordRig();
  await using stranger = await recordRig({ seed: "stranger" });
  await fill(stranger);
  await rig.close();
  copyFileSync(`${stranger.file}-wal`, `${rig.file}-wal`);
  const before = readFileSync(rig.file);
  await assert.rejects(recordRig({ directory: rig.directory }), refusal(/-wal is not of this database/));
  assert.deepEqual(readFileSync(rig.file), before);
});

test("an older copy of the database in the place of the newer one is refused", async () => {
  await using rig = await recordRig();
  await rig.close();
  const old = readFileSync(rig.file);
  const again = await rig.reopen();
  await fill(again);
  await again.close();
  writeFileSync(rig.file, old);
  await assert.rejects(recordRig({ directory: rig.directory }), refusal(/not what the last engine wrote/));
});

test("a database that is gone is not replaced by an empty one", async () => {
  await using rig = await recordRig();
  await rig.close();
  rmSync(rig.file);
  await assert.rejects(recordRig({ directory: rig.directory }), refusal(/is gone/));
  assert.equal(existsSync(rig.file), false);
});

test("a database of another program is refused and gets no tables", async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, "sheaf.db");
  const other = new Database(file);
  other.exec("CREATE TABLE photos (id INTEGER PRIMARY KEY)");
  other.close();
  await assert.rejects(recordRig({ directory: folder.path }), refusal(/no record of Sheaf: it holds photos/));
  const after = new Database(file, { readonly: true });
  assert.deepEqual(after.prepare("SELECT name FROM sqlite_schema").pluck().all(), ["photos"]);
  after.close();
});

test("the check finds a page that was overwritten, and nothing in a sound database", async () => {
  await using rig = await recordRig();
  await fill(rig);
  assert.deepEqual(await checkDatabase(rig.file), []);
  await rig.close();
  const pageBytes = 8192;
  const handle = openSync(rig.file, "r+");
  for (let at = pageBytes * 40; at < statSync(rig.file).size; at += pageBytes) {
    writeSync(handle, Buffer.alloc(pageBytes / 2, 0xa5), 0, pageBytes / 2, at);
  }
  const findings = await checkDatabase(rig.file);
  assert.ok(findings.length > 0, "it found nothing");
});

test("a database whose first page is damaged is refused", async () => {
  await using rig = await recordRig();
  await rig.close();
  const handle = openSync(rig.file, "r+");
  writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, 100);
  await assert.rejects(recordRig({ directory: rig.directory }), refusal(/not a sound SQLite database/));
});
