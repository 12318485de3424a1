import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openDatabase } from "../../../engine/store/database.ts";
import { migrate } from "../../../engine/store/migrate.ts";
import { recordRig } from "../../rigs/record.ts";
import { schemaText } from "../../rigs/schema-text.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

test("a second engine on a data directory is refused with the name of the holder", async () => {
  await using rig = await recordRig();
  await assert.rejects(recordRig({ directory: rig.directory }), (error: Error & { code?: string }) => {
    assert.equal(error.code, "locked");
    assert.match(error.message, new RegExp(`process ${process.pid} on test-host, started 2026-01-01T00:00:00.000Z`));
    return true;
  });
  await rig.write((tx) => tx.emit({ type: "limits.changed", data: { by: "the first" } }));
  assert.equal(rig.events.length, 1);
});

test("a closed record opens again with the next epoch and the same generation", async () => {
  await using rig = await recordRig();
  const again = await rig.reopen();
  assert.equal(again.store.epoch, rig.store.epoch + 1);
  assert.equal(again.store.generation, rig.store.generation);
});

test("a process that is killed leaves no lock behind", async () => {
  await using folder = await temporaryFolder();
  const directory = path.join(folder.path, "data");
  const lockModule = new URL("../../../engine/store/lock.ts", import.meta.url).href;
  mkdirSync(directory);
  const script = `import { lockDirectory } from "${lockModule}";
    globalThis.held = lockDirectory(process.argv[1] + "/lock.db", process.argv[1] + "/sheaf.db");
    process.stdout.write("held");
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", script, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  using _killed = { [Symbol.dispose]: () => void holder.kill("SIGKILL") };
  await once(holder.stdout, "data");
  await assert.rejects(recordRig({ directory }), { code: "locked" });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await using rig = await recordRig({ directory });
  assert.equal(rig.store.epoch, 1);
});

test("a directory that cannot be locked is a problem of configuration, not another engine", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(path.join(folder.path, "lock.db"), "this is no database".repeat(100));
  await assert.rejects(recordRig({ directory: folder.path }), { code: "config", message: /lock\.db/ });
});

test("a file that is no database is refused and stays as it is", async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, "sheaf.db");
  const content = "this is no database".repeat(100);
  writeFileSync(file, content);
  await assert.rejects(recordRig({ directory: folder.path }), {
    code: "corrupt",
    message: /restore the newest backup/,
  });
  assert.equal(readFileSync(file, "utf8"), content);
});

test("a database of a newer version is refused", async () => {
  await using rig = await recordRig();
  await rig.close();
  const newer = new Database(rig.file);
  newer.exec("INSERT INTO migrations VALUES (10, '0010_future.sql', 'x', 0)");
  newer.close();
  await assert.rejects(recordRig({ directory: rig.directory }), { code: "schema", message: /0010_future.*newer/s });
});

test("a migration that was edited after it was applied is refused", async () => {
  await using rig = await recordRig();
  await rig.close();
  const edited = new Database(rig.file);
  edited.exec("UPDATE migrations SET sha256 = 'other' WHERE id = 1");
  edited.close();
  await assert.rejects(recordRig({ directory: rig.directory }), {
    code: "schema",
    message: /0001_record\.sql was changed/,
  });
});

test("the settings of the connection hold from the first statement on", () => {
  const db = openDatabase(":memory:");
  migrate(db, 0);
  const pragma = (name: string): unknown => db.pragma(name, { simple: true });
  assert.deepEqual(["synchronous", "foreign_keys", "auto_vacuum", "page_size"].map(pragma), [2, 1, 2, 8192]);
  db.close();
});

test("a database file is in WAL mode and stays at full synchronization", async () => {
  await using rig = await recordRig();
  await rig.close();
  const db = openDatabase(rig.file);
  db.exec("UPDATE meta SET value = value");
  assert.deepEqual(
    ["journal_mode", "synchronous", "auto_vacuum", "page_size"].map((name) => db.pragma(name, { simple: true })),
    ["wal", 2, 2, 8192],
  );
  db.close();
});

test("the committed schema is what the migrations make", () => {
  const committed = readFileSync(new URL("../../../engine/store/schema.sql", import.meta.url), "utf8");
  assert.equal(committed, schemaText(), "run: node test/rigs/write-schema.ts");
});
