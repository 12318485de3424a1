import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { sheaf } from "./command-line.ts";
import { projectFolder } from "./project-folder.ts";

test("check finds everything wrong at once, with its place, and shows no secret", async () => {
  await using folder = await projectFolder({
    ".env": [
      "GLEANERIO_MINIO_BUCKET=gleaner",
      "GLEANERIO_DEFAULT_SCHEDULE=whenever",
      "SLACK_TOKEN=xoxb-secret",
      "SLACK_CHANNEL=ops",
      "SHEAF_ADMIN_TOKEN=tell-nobody-please",
      "SHEAF_PORT=http",
    ].join("\n"),
    "workspace.yaml": "projects:\n  - { name: weather, dataDir: ./record, locations: [./weather.ts, ./gone.ts] }\n",
  });
  const configs = join(folder.path, "record/objects/gleaner/scheduler/configs");
  await mkdir(configs, { recursive: true });
  await writeFile(join(configs, "gleanerconfig.yaml"), "sources:\n  - name: iris\n   url: x\n");
  const { code, output } = await sheaf({ args: ["check"], cwd: folder.path });
  assert.equal(code, 1);
  for (const expected of [
    /SHEAF_PORT: error: "http" is not a port number/,
    /GLEANERIO_DEFAULT_SCHEDULE: error: "whenever" is not five fields/,
    /there is no file .*gone\.ts/,
    /gleanerconfig\.yaml:3: error: /,
    /tenant\.yaml: warning: there is no such file/,
    /SLACK_CHANNEL +ops +\(\.env\)/,
    /SLACK_TOKEN +\*\*\* +\(\.env\)/,
    /2 assets/,
    /object store .* answers in/,
    /not sound/,
  ]) {
    assert.match(output, expected);
  }
  assert.ok(!output.includes("xoxb-secret") && !output.includes("tell-nobody"), output);
});

test("check is content with a sound project, and says where each setting came from", async () => {
  await using folder = await projectFolder();
  const environment = { SHEAF_HOST: "127.0.0.2", PROJECT: "ignored" };
  const { code, output } = await sheaf({
    args: ["check", "--json", "--data-dir", "elsewhere"],
    cwd: folder.path,
    environment,
  });
  assert.equal(code, 0, output);
  const { projects } = JSON.parse(output) as {
    projects: { project: string; settings: { name: string; value: string; source: string }[] }[];
  };
  const settings = new Map(projects[0]?.settings.map(({ name, value, source }) => [name, [value, source]]));
  assert.equal(projects[0]?.project, "weather");
  assert.deepEqual(settings.get("SHEAF_DATA_DIR"), ["elsewhere", "flag"]);
  assert.deepEqual(settings.get("SHEAF_HOST"), ["127.0.0.2", "environment"]);
  assert.deepEqual(settings.get("SHEAF_PORT"), ["3000", "default"]);
  assert.deepEqual(settings.get("PROJECT"), ["weather", "workspace"]);
});

test("check makes a data directory for its owner alone, and opens nothing in one that an engine has", async () => {
  await using folder = await projectFolder();
  const { code } = await sheaf({ args: ["check"], cwd: folder.path });
  assert.equal(code, 0);
  assert.equal(statSync(join(folder.path, "record")).mode & 0o077, 0);
  const loaded = join(folder.path, "record", "triples", "temporary", "a-body-that-is-loaded");
  await mkdir(dirname(loaded), { recursive: true });
  await writeFile(loaded, "");
  assert.equal((await sheaf({ args: ["check"], cwd: folder.path })).code, 0);
  assert.ok(existsSync(loaded));
});

test("a server that does not answer is told as such, in JSON too", async () => {
  await using folder = await projectFolder();
  const args = ["runs", "--json", "--url", "http://127.0.0.1:9"];
  const { code, output } = await sheaf({ args, cwd: folder.path });
  assert.equal(code, 1);
  assert.match(
    output,
    /"server_unreachable","message":"no whole answer from http:\/\/127\.0\.0\.1:9\/?: .*ECONNREFUSED/,
  );
  assert.ok(!output.includes("    at "), output);
});

test("a restore is refused where another machine is named", async () => {
  await using folder = await projectFolder();
  const { code, output } = await sheaf({
    args: ["restore", "x.tar.gz", "--url", "http://127.0.0.1:9"],
    cwd: folder.path,
  });
  assert.equal(code, 2);
  assert.match(output, /on the machine where the data directory is/);
});

test("a start with wrong settings names them all and starts nothing", async () => {
  await using folder = await projectFolder({
    ".env": "SHEAF_PORT=99999\nGLEANERIO_MINIO_PORT=no\nGLEANERIO_MINIO_ADDRESS=s3",
  });
  const { code, output } = await sheaf({ args: ["start"], cwd: folder.path });
  assert.equal(code, 1);
  assert.match(output, /SHEAF_PORT: .*GLEANERIO_MINIO_ACCESS_KEY: it is missing.*GLEANERIO_MINIO_PORT: "no" is not/s);
});

test("a port that is in use is told as such, and nothing is left running", async () => {
  await using folder = await projectFolder();
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const address = other.address();
  const taken = typeof address === "object" ? String(address?.port) : "";
  const { code, output } = await sheaf({ args: ["start", "--port", taken], cwd: folder.path });
  other.close();
  assert.equal(code, 1);
  assert.match(
    output,
    new RegExp(`port ${taken} on 127\\.0\\.0\\.1 is in use; choose another by SHEAF_PORT or --port`),
  );
});

test("a wrong call is answered with how to call it", async () => {
  const call = async (...args: string[]) => await sheaf({ args, cwd: "/" });
  const unknown = await call("harvest");
  assert.equal(unknown.code, 2);
  assert.match(unknown.output, /there is no command "harvest".*Usage: sheaf <command>/s);
  const flag = await call("runs", "--stauts", "failed");
  assert.equal(flag.code, 2);
  assert.match(flag.output, /Unknown option '--stauts'.*Usage: sheaf runs/s);
  const help = await call("materialize", "--help");
  assert.equal(help.code, 0);
  assert.match(help.output, /--partition <key>/);
});

test("an old Node is told what to do instead of a stack trace", () => {
  const file = fileURLToPath(new URL("../../../ui/cli/sheaf.mjs", import.meta.url));
  const pretend = `Object.defineProperty(process.versions, "node", { value: "20.11.0" }); await import(${JSON.stringify(file)});`;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", pretend], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /this is Node 20\.11\.0, but Sheaf needs 24 or newer\.\nnpm ci puts Node 24/);
});
