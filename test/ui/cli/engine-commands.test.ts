import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { sheaf, type Spawned, spawnSheaf } from "./command-line.ts";
import { projectFolder, weather } from "./project-folder.ts";

const port = { SHEAF_PORT: "0" };

async function stopped(started: Spawned): Promise<number | null> {
  started.child.kill("SIGTERM");
  return await started.ended();
}

test("an engine starts, is talked to over its socket, stops at a signal, and its record can be read without it", async (t) => {
  await using folder = await projectFolder();
  const cwd = folder.path;
  const call = async (...args: string[]) => await sheaf({ args, cwd });
  await using started = spawnSheaf({ args: ["start"], cwd, environment: port });
  const [, token = ""] = await started.until(/token\s+(\S+)/);
  const [, url = "", code = ""] = await started.until(/(http:\/\/127\.0\.0\.1:\d+)\/login\?code=(\S+)/);

  await t.test("the printed link and token log in", async () => {
    const login = await fetch(`${url}/api/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
    });
    assert.equal(login.status, 200);
    const me = await fetch(`${url}/api/me`, { headers: { Authorization: `Bearer ${token}` } });
    assert.deepEqual(await me.json(), { name: "admin", role: "admin" });
  });

  await t.test("a second engine on the same data directory says who holds it", async () => {
    const { code: exit, output } = await sheaf({ args: ["start"], cwd, environment: port });
    assert.equal(exit, 1);
    assert.match(output, new RegExp(`another engine holds this data directory: process ${started.child.pid} `));
  });

  await t.test("the socket is the owner's alone, and needs no token", async () => {
    assert.equal(statSync(join(cwd, "data", "control.sock")).mode & 0o777, 0o600);
    const { code: exit, output } = await call("list");
    assert.equal(exit, 0);
    assert.match(output, /weather\/stations +missing/);
  });

  await t.test("materialize waits for the end and tells what failed, with nothing that drives a screen", async () => {
    const made = await call("materialize", "weather/stations", "--wait");
    assert.equal(made.code, 0);
    assert.match(made.output, /succeeded/);
    const added = await fetch(`${url}/api/partitions/days`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ keys: ["monday", "bad"] }),
    });
    assert.equal(added.status, 200);
    const failed = await call("materialize", "weather/report", "--partition", "bad", "--wait");
    assert.equal(failed.code, 1);
    assert.match(failed.output, /weather\/report bad: .*no wind/);
    assert.ok(!failed.output.includes("\u001B"));
    const where = ["--where", "days=monday", "--where", "days=bad"];
    const preview = await call("materialize", "weather/report", ...where, "--preview", "--json");
    const { waves } = JSON.parse(preview.output) as { waves: readonly { keys: readonly string[] }[] };
    assert.deepEqual(waves[0]?.keys, ["bad", "monday"]);
  });

  await t.test("checks are listed with where they stand, and evaluated alone", async () => {
    const listed = await call("list", "checks");
    assert.match(listed.output, /weather\/stations:many +warned .*there is 1 station/);
    const checked = await call("materialize", "--check", "weather/stations:many", "--wait", "--json");
    assert.equal(checked.code, 0);
    const run = JSON.parse(checked.output) as { checks: string[]; steps: { check: string }[]; id: string };
    assert.deepEqual([run.checks, run.steps.map((step) => step.check)], [["weather/stations:many"], run.checks]);
    assert.match((await call("runs", "show", run.id)).output, /weather\/stations:many .*warned: there is 1 station/);
    const unchecked = await call("materialize", "weather/stations", "--checks", "none", "--wait", "--json");
    assert.deepEqual((JSON.parse(unchecked.output) as { checks: string[] }).checks, []);
    assert.match((await call("list")).output, /weather\/stations +materialized +many outdated/);
    assert.match((await call("materialize", "--checks", "only")).output, /or checks alone by --check/);
  });

  await t.test("a backfill is followed to its end", async () => {
    const { code: exit, output } = await call("backfill", "weather/report", "--partitions", "all");
    assert.equal(exit, 1);
    assert.match(output, /failed: 1 of 2 succeeded, 1 failed, 0 canceled/);
  });

  await t.test("an engine elsewhere is talked to with a token, whose role holds", async () => {
    const { output } = await call("token", "create", "reader", "--json");
    const reader = (JSON.parse(output) as { token: string }).token;
    const environment = { SHEAF_URL: url, SHEAF_TOKEN: reader };
    assert.equal((await sheaf({ args: ["runs"], cwd: "/", environment })).code, 0);
    const refused = await sheaf({ args: ["materialize", "weather/stations"], cwd: "/", environment });
    assert.equal(refused.code, 1);
    assert.match(refused.output, /this takes the role operator/);
  });

  await t.test("the terminal tells of runs and of what failed", async () => {
    await started.until(/✔ weather\/stations/);
    await started.until(/! weather\/stations {2}weather\/stations:many warned: there is 1 station/);
    await started.until(/✖ weather\/report {2}bad {2}.*no wind/);
  });

  await t.test("limits are changed by command and by the workspace file, while it runs", async () => {
    const set = await call("limits", "set", "tag:ingest=docker", "2");
    assert.match(set.output, /tag:ingest=docker +0 of 2 +operator/);
    const text = (limits: string) =>
      `projects: [{ name: weather, dataDir: ./record, locations: [./weather.ts], limits: ${limits} }]\n`;
    const workspace = join(cwd, "workspace.yaml");
    await writeFile(workspace, text("{ runs: none }"));
    await started.until(/workspace\.yaml:1: a limit is a whole number from 0/);
    await writeFile(workspace, text("{ runs: 7, tag: { ingest: { docker: 9 } } }"));
    let shown = "";
    for (let tries = 0; tries < 20 && !/runs +0 of 7 +configuration/.test(shown); tries++) {
      shown = (await call("limits")).output;
    }
    assert.match(shown, /runs +0 of 7 +configuration/);
    assert.match(shown, /tag:ingest=docker +0 of 2 +operator/);
    assert.match(
      (await call("limits", "reset", "tag:ingest=docker")).output,
      /tag:ingest=docker +0 of 9 +configuration/,
    );
    assert.equal((await call("limits", "set", "tag:ingest", "2")).code, 2);
  });

  assert.equal(await stopped(started), 0);
  assert.match(started.output(), /stopping: .*\nstopped\n$/s);

  await t.test("without an engine the record is read, and a change says how to start one", async () => {
    const runs = await call("runs", "--json", "--status", "succeeded");
    const { items } = JSON.parse(runs.output) as { items: { id: string; assets: string[] }[] };
    const run = items.find(({ assets }) => assets.includes("weather/stations"));
    const logs = await call("logs", run?.id ?? "");
    assert.match(logs.output, /info +hello/);
    assert.match((await call("list")).output, /weather\/report +failed +1\/2, 1 failed/);
    const refused = await call("materialize", "weather/stations");
    assert.equal(refused.code, 1);
    assert.match(refused.output, /no engine runs on .*Start one with: sheaf start/);
  });

  await t.test("the next start shows no token again, and nothing runs again", async () => {
    await using next = spawnSheaf({ args: ["start", "--json"], cwd, environment: port });
    const [line = ""] = await next.until(/^\{"type":"ready".*$/m);
    assert.equal((JSON.parse(line) as { adminToken: string | null }).adminToken, null);
    const { output } = await call("runs", "--json");
    assert.ok(
      (JSON.parse(output) as { items: { endedAt: string | null }[] }).items.every((run) => run.endedAt !== null),
    );
    assert.equal(await stopped(next), 0);
  });
});

test("dev starts anew when the code changes, and waits for a change where it is broken", async () => {
  await using folder = await projectFolder({ "weather.ts": "export const = 1;\n" });
  const cwd = folder.path;
  await using dev = spawnSheaf({ args: ["dev"], cwd, environment: port });
  await dev.until(/error {2}\S*weather\.ts:1: /);
  await dev.until(/login\?code=/);
  await writeFile(join(cwd, "weather.ts"), weather("changed"));
  await dev.until(/weather\.ts changed; starting anew/);
  await dev.until(/login\?code=.*login\?code=/s);
  assert.match((await sheaf({ args: ["list"], cwd })).output, /weather\/report/);
  await writeFile(join(cwd, "workspace.yaml"), "projects: nothing\n");
  await dev.until(/it ended \(1\); waiting for a change/);
  assert.equal(await stopped(dev), 0);
});
