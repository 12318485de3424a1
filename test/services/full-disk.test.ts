import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { sheaf, spawnSheaf } from "../ui/cli/command-line.ts";
import { projectFolder } from "../ui/cli/project-folder.ts";

/** Room for the record and little else. */
const DISK_MB = 8;
const workspace = "projects:\n  - { name: weather, dataDir: ./small, locations: [./weather.ts] }\n";

/** A file system of its own in memory; takes root, as in a container. */
function smallDisk(folder: string): Disposable {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_MB}m`, "none", folder]);
  return { [Symbol.dispose]: () => void execFileSync("umount", ["--lazy", folder]) };
}

test("an engine on a disk that fills up says so, shows what it has, and goes on when there is room again", async () => {
  await using folder = await projectFolder({ "workspace.yaml": workspace });
  const cwd = folder.path;
  const small = join(cwd, "small");
  await mkdir(small);
  using _disk = smallDisk(small);
  const environment = { SHEAF_PORT: "0", SHEAF_ADMIN_TOKEN: "a-token-of-the-test" };
  await using started = spawnSheaf({ args: ["start"], cwd, environment });
  const [, url = ""] = await started.until(/(http:\/\/127\.0\.0\.1:\d+)\/login\?code=/);
  const headers = { Authorization: "Bearer a-token-of-the-test" };
  const call = async (...args: string[]) => await sheaf({ args, cwd });
  const status = async () => ((await (await fetch(`${url}/api/health`)).json()) as { status: string }).status;
  assert.equal((await call("materialize", "weather/stations", "--wait")).code, 0);
  const filler = join(small, "filler");
  // Up to the last byte: what does not fit is refused, what did stays.
  await writeFile(filler, Buffer.alloc(DISK_MB * 1024 * 1024)).catch(() => {});
  let refused = "";
  for (let tried = 0; tried < 200 && refused === ""; tried++) {
    const made = await call("materialize", "weather/stations");
    if (made.code !== 0) refused = made.output;
  }
  assert.match(refused, /the disk is full|takes no work/);
  assert.equal(await status(), "suspended");
  assert.match(started.output(), /the disk is full/);
  const runs = await fetch(`${url}/api/runs`, { headers });
  assert.equal(runs.status, 200);
  await rm(filler);
  await started.until(/the disk is well again/);
  assert.equal(await status(), "ok");
  assert.equal((await call("materialize", "weather/stations", "--wait")).code, 0);
  const { items } = (await (await fetch(`${url}/api/runs?limit=500`, { headers })).json()) as {
    items: { status: string }[];
  };
  assert.ok(items.every((run) => run.status === "succeeded"));
  started.child.kill("SIGTERM");
  assert.equal(await started.ended(), 0);
});
