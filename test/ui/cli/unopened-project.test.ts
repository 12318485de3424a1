import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { spawnSheaf } from "./command-line.ts";
import { projectFolder, weather } from "./project-folder.ts";

const workspace = `projects:
  - { name: broken, dataDir: ./broken, locations: [./weather.ts] }
  - { name: weather, dataDir: ./record, locations: [./weather.ts] }
`;

test("a project that cannot be opened keeps no other from running, and no other answers in its place", async () => {
  await using folder = await projectFolder({ "workspace.yaml": workspace, "weather.ts": weather("hello") });
  await mkdir(join(folder.path, "broken"));
  await writeFile(join(folder.path, "broken", "sheaf.db"), "this is no database".repeat(100));
  const environment = { SHEAF_PORT: "0", SHEAF_ADMIN_TOKEN: "a-token-of-the-test" };
  await using started = spawnSheaf({ args: ["start"], cwd: folder.path, environment });
  const [, url = ""] = await started.until(/(http:\/\/127\.0\.0\.1:\d+)\/login\?code=/);
  assert.match(started.output(), /error\s+broken: it does not run: .*not a sound SQLite database/);
  const headers = { Authorization: "Bearer a-token-of-the-test" };
  const get = async (path: string, sent: Record<string, string> = headers) => {
    const answer = await fetch(`${url}${path}`, { headers: sent });
    return { status: answer.status, body: (await answer.json()) as { error?: { code: string; message: string } } };
  };
  assert.equal((await get("/p/weather/api/assets")).status, 200);
  for (const path of ["/api/assets", "/p/broken/api/assets"]) {
    const { status, body } = await get(path);
    assert.equal(status, 500, path);
    assert.deepEqual(
      [body.error?.code, /"broken" could not be opened/.test(body.error?.message ?? "")],
      ["corrupt", true],
    );
    assert.equal((await get(path, {})).status, 401);
  }
  const health = await get("/api/health", {});
  assert.equal(health.status, 503);
  assert.deepEqual(health.body.error, { code: "corrupt" });
  assert.equal((await get("/api/me")).status, 200);
  const system = (await get("/p/weather/api/system")).body as unknown as {
    projects: { name: string; error: string | null }[];
  };
  assert.deepEqual(
    system.projects.map(({ name, error }) => [name, error === null]),
    [
      ["weather", true],
      ["broken", false],
    ],
  );
  started.child.kill("SIGTERM");
  assert.equal(await started.ended(), 0);
});

test("where no project can be opened, the start fails and says why", async () => {
  await using folder = await projectFolder();
  await mkdir(join(folder.path, "record"));
  await writeFile(join(folder.path, "record", "sheaf.db"), "this is no database".repeat(100));
  await using started = spawnSheaf({ args: ["start"], cwd: folder.path, environment: { SHEAF_PORT: "0" } });
  assert.equal(await started.ended(), 1);
  assert.match(started.output(), /not a sound SQLite database.*sheaf restore FILE/s);
});
