import assert from "node:assert/strict";
import test from "node:test";
import { sheaf, spawnSheaf, type Spawned } from "./command-line.ts";
import { projectFolder } from "./project-folder.ts";
import type { TemporaryFolder } from "../../rigs/temporary-folder.ts";
import { fileURLToPath } from "node:url";

const port = { SHEAF_PORT: "0" };
const engine = fileURLToPath(new URL("../../../engine/index.ts", import.meta.url));

/** `obedient` ends when it is told to, `patient` after a while, `deaf` never. */
const code = `import { defineAsset } from ${JSON.stringify(engine)};
export const obedient = defineAsset({
  key: "obedient",
  run: ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
});
export const patient = defineAsset({
  key: "patient",
  run: () => new Promise((resolve) => setTimeout(() => resolve(1), 700)),
});
export const deaf = defineAsset({ key: "deaf", run: () => new Promise(() => {}) });
`;

interface Busy extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly started: Spawned;
  /** Of the only run. */
  state(): Promise<{ readonly status: string; readonly stepCounts: Readonly<Record<string, number>> }>;
}

/** An engine in a process of its own that runs one asset. */
async function busyEngine(asset: string, args: readonly string[] = []): Promise<Busy> {
  const folder = await projectFolder({ "weather.ts": code });
  const cwd = folder.path;
  const started = spawnSheaf({ args: ["start", ...args], cwd, environment: port });
  await started.until(/open\s+\S*http/);
  const asked = await sheaf({ args: ["materialize", asset], cwd });
  assert.equal(asked.code, 0, asked.output);
  await started.until(/▶/);
  return {
    folder,
    started,
    async state() {
      const { output } = await sheaf({ args: ["runs", "--json"], cwd });
      return (JSON.parse(output) as { items: Awaited<ReturnType<Busy["state"]>>[] }).items[0] ?? assert.fail(output);
    },
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("the first Ctrl-C lets what runs end, also where npm forwards it a second time", async () => {
  await using busy = await busyEngine("patient");
  busy.started.child.kill("SIGINT");
  await busy.started.until(/stopping: what runs has 5 s/);
  busy.started.child.kill("SIGINT");
  assert.equal(await busy.started.ended(), 0);
  assert.equal((await busy.state()).status, "succeeded");
});

test("what has not ended at the deadline is cut off, and stays to be run again", async () => {
  await using busy = await busyEngine("obedient", ["--drain", "0"]);
  busy.started.child.kill("SIGTERM");
  await busy.started.until(/stopping: what runs has 0 s/);
  assert.equal(await busy.started.ended(), 0);
  const { status, stepCounts } = await busy.state();
  assert.deepEqual([status, stepCounts["running"]], ["running", 1]);
});

test("a second signal after a second ends the process at once", async () => {
  await using busy = await busyEngine("deaf", ["--drain", "600"]);
  busy.started.child.kill("SIGTERM");
  await busy.started.until(/stopping: what runs has 600 s/);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  busy.started.child.kill("SIGINT");
  assert.equal(await busy.started.ended(), 130);
});

test("while one project drains, all of them answer and show it, and it can be canceled over HTTP", async () => {
  const workspace = `projects:
  - { name: idle, dataDir: ./idle, locations: [./weather.ts] }
  - { name: busy, dataDir: ./busy, locations: [./weather.ts] }
`;
  await using folder = await projectFolder({ "weather.ts": code, "workspace.yaml": workspace });
  const environment = { ...port, SHEAF_ADMIN_TOKEN: "a-token-of-the-test" };
  await using started = spawnSheaf({ args: ["start", "--drain", "600"], cwd: folder.path, environment });
  const [, url = ""] = await started.until(/(http:\/\/127\.0\.0\.1:\d+)\/login\?code=/);
  const ask = async (path: string, body?: unknown) => {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { Authorization: "Bearer a-token-of-the-test", "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as { status?: string; items?: { id: string }[] } };
  };
  assert.equal((await ask("/p/busy/api/materialize", { assets: ["obedient"] })).status, 202);
  await started.until(/▶/);
  started.child.kill("SIGTERM");
  await started.until(/stopping: what runs has 600 s/);
  for (const project of ["idle", "busy"]) {
    const health = await ask(`/p/${project}/api/health`);
    assert.deepEqual([health.status, health.body.status], [503, "stopping"]);
  }
  assert.equal((await ask("/p/idle/api/runs")).status, 200);
  const [run] = (await ask("/p/busy/api/runs")).body.items ?? [];
  assert.ok(run !== undefined);
  assert.equal((await ask(`/p/busy/api/runs/${run.id}/cancel`, {})).status, 202);
  assert.equal(await started.ended(), 0);
});
