import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { sheaf, type Spawned, spawnSheaf } from "./command-line.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { projectFolder } from "./project-folder.ts";

const port = { SHEAF_PORT: "0", SHEAF_ADMIN_TOKEN: "a-token-of-the-test" };

async function runCount(cwd: string): Promise<number> {
  const { output } = await sheaf({ args: ["runs", "--json"], cwd });
  return (JSON.parse(output) as { items: unknown[] }).items.length;
}

async function started(cwd: string): Promise<Spawned> {
  const engine = spawnSheaf({ args: ["start"], cwd, environment: port });
  await engine.until(/open\s+\S*http/);
  return engine;
}

test("a backup of the engine that runs is restored once it has stopped, and one of a stopped engine too", async (t) => {
  await using folder = await projectFolder();
  const cwd = folder.path;
  const call = async (...args: string[]) => await sheaf({ args, cwd });
  const engine = await started(cwd);
  const [, url = ""] = await engine.until(/(http:\/\/127\.0\.0\.1:\d+)\/login\?code=/);
  await using _ended = engine;
  await call("materialize", "weather/stations", "--wait");

  await t.test("the running engine writes it, and nothing is overwritten", async () => {
    const made = await call("backup", "one.tar.gz", "--json");
    assert.equal(made.code, 0, made.output);
    const { file, bytes } = JSON.parse(made.output) as { file: string; bytes: number };
    assert.deepEqual([file, bytes > 1000], [join(cwd, "one.tar.gz"), true]);
    const again = await call("backup", "one.tar.gz");
    assert.equal(again.code, 1);
    assert.match(again.output, /is there already/);
  });

  await t.test("from elsewhere it is asked for by its address and the server's name of the project", async () => {
    await using elsewhere = await temporaryFolder();
    await mkdir(elsewhere.path, { recursive: true });
    const environment = { SHEAF_URL: url, SHEAF_TOKEN: "a-token-of-the-test" };
    const made = await sheaf({ args: ["backup", "--project", "weather"], cwd: elsewhere.path, environment });
    assert.equal(made.code, 0, made.output);
    assert.match(made.output, /sheaf-weather-\d{8}T\d{6}\.tar\.gz/);
    const unknown = await sheaf({ args: ["backup", "--project", "oih"], cwd: elsewhere.path, environment });
    assert.match(unknown.output, /there is no project "oih" at http/);
  });

  await t.test("it is not restored over the engine that runs", async () => {
    const { code, output } = await call("restore", "one.tar.gz");
    assert.equal(code, 1);
    assert.match(output, /another engine holds this data directory/);
  });

  await call("materialize", "weather/stations", "--wait");
  engine.child.kill("SIGTERM");
  await engine.ended();
  assert.equal(await runCount(cwd), 2);

  await t.test("without an engine the record is backed up as it lies there", async () => {
    assert.equal((await call("backup", "two.tar.gz")).code, 0);
  });

  await t.test("what happened after the backup is forgotten by the restore, and kept aside", async () => {
    const { code, output } = await call("restore", "one.tar.gz");
    assert.equal(code, 0, output);
    assert.match(output, /what was there before is in .*before-restore-1/);
    assert.equal(await runCount(cwd), 1);
    assert.ok(existsSync(join(cwd, "record", "before-restore-1", "sheaf.db")));
    assert.equal((await call("restore", "two.tar.gz")).code, 0);
    assert.equal(await runCount(cwd), 2);
  });

  await t.test("the restored record is gone on with", async () => {
    await using after = await started(cwd);
    assert.equal((await call("materialize", "weather/stations", "--wait")).code, 0);
    assert.equal(await runCount(cwd), 3);
    after.child.kill("SIGTERM");
    assert.equal(await after.ended(), 0);
  });
});
