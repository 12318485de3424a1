import assert from "node:assert/strict";
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environment, installedPackage, linkPackage, type InstalledPackage } from "./installed-package.ts";
import { freePort } from "../rigs/free-port.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const TOKEN = "a-token-for-the-test-of-the-package";
const WAIT_LIMIT_MS = 60_000;
const POLL_MS = 50;

let installed: InstalledPackage;

before(async () => {
  installed = await installedPackage();
  const readme = await readFile(`${root}README.md`, "utf8");
  await installed.write("package.json", JSON.stringify({ name: "weather", private: true, type: "module" }));
  await installed.write("weather.ts", example(readme, "ts"));
  await installed.write("workspace.yaml", example(readme, "yaml"));
});
after(() => installed[Symbol.asyncDispose]());

/** The example in the readme: what it shows is what works. */
function example(readme: string, language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(readme)?.[1];
  assert.ok(found !== undefined, `the readme has an example in ${language}`);
  return found;
}

test("the package holds what runs, and neither sources nor tests", () => {
  const { files } = installed;
  const needed = [
    "dist/engine/index.js",
    "dist/engine/index.d.ts",
    "dist/engine/operate.js",
    "dist/engine/store/migrations/0001_record.sql",
    "dist/ui/cli/main.js",
    "dist/ui/web/index.html",
    "dist/configs/demo/gleanerconfig.yaml",
    "dist/configs/demo/sites/iris/site.json",
    "LICENSE",
    "README.md",
  ];
  assert.deepEqual(
    needed.filter((path) => !files.includes(path)),
    [],
  );
  const strangers = files.filter(
    (path) => /(?:^|\/)test\//.test(path) || (/\.tsx?$/.test(path) && !path.endsWith(".d.ts")),
  );
  assert.deepEqual(strangers, []);
});

test("the example of the readme and the operators door type-check against the package, declarations and all", async () => {
  for (const name of ["@types/node"]) await linkPackage(installed.folder, name);
  const compilerOptions = { target: "es2024", module: "nodenext", strict: true, noEmit: true, types: ["node"] };
  await installed.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["weather.ts"] }));
  assert.equal(await typeCheck(), "");
  await installed.write("operate.ts", 'import { openEngine } from "sheaf/operate";\nexport const open = openEngine;\n');
  await installed.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["operate.ts"] }));
  assert.equal(await typeCheck(), "");
  const wrong = (await readFile(`${installed.folder}/weather.ts`, "utf8")).replace("inputs.stations", "inputs.nations");
  await installed.write("wrong.ts", wrong);
  await installed.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["wrong.ts"] }));
  assert.match(await typeCheck(), /Property 'nations' does not exist/);
});

/** What the compiler says; nothing where all is well. */
async function typeCheck(): Promise<string> {
  const args = [`${root}node_modules/typescript/bin/tsc`, "-p", installed.folder];
  return promisify(execFile)(process.execPath, args).then(
    () => "",
    (error: unknown) => (error as { stdout: string }).stdout,
  );
}

test("the example of the readme runs under sheaf dev, is triggered over HTTP, and runs anew after an edit", async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const dev = spawn(process.execPath, [installed.command, "dev"], {
    cwd: installed.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: environment({ SHEAF_PORT: String(port), SHEAF_ADMIN_TOKEN: TOKEN }),
  });
  const output: string[] = [];
  for (const stream of [dev.stdout, dev.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
  const exited = once(dev, "exit");
  try {
    assert.equal(await triggeredCount({ origin, dev, expected: 3 }), 3);
    const edited = (await readFile(`${installed.folder}/weather.ts`, "utf8")).replace(
      '"Toolik"',
      '"Toolik", "Zackenberg"',
    );
    await installed.write("weather.ts", edited);
    assert.equal(await triggeredCount({ origin, dev, expected: 4 }), 4);
    dev.kill("SIGTERM");
    const [code] = (await exited) as [number | null];
    assert.equal(code, 0);
  } catch (error) {
    throw new Error(`sheaf dev said:\n${output.join("")}`, { cause: error });
  } finally {
    dev.kill("SIGKILL");
    await exited;
  }
});

interface TriggerParams {
  readonly origin: string;
  readonly dev: ChildProcess;
  readonly expected: number;
}

/** Triggers the job until its value is the expected one: after an edit the old process may answer once more. */
async function triggeredCount({ origin, dev, expected }: TriggerParams): Promise<unknown> {
  return until(async () => {
    const triggered = await call(`${origin}/api/jobs/weather_job/runs`, "POST");
    if (triggered?.status !== 201) return null;
    const { run } = triggered.body as { run: string };
    const status = await until(async () => {
      const found = (await call(`${origin}/api/runs/${run}`))?.body as { status?: string } | undefined;
      return ["succeeded", "failed", "canceled"].includes(found?.status ?? "") ? found?.status : null;
    }, dev);
    assert.equal(status, "succeeded");
    const asset = await call(`${origin}/api/assets/weather%2Fstation_count`);
    const latest = (asset?.body as { latest?: { value: unknown } | null } | undefined)?.latest;
    return latest?.value === expected ? latest.value : null;
  }, dev);
}

/** Null while nothing answers. */
async function call(url: string, method = "GET"): Promise<{ status: number; body: unknown } | null> {
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    ...(method === "POST" ? { "content-type": "application/json" } : {}),
  };
  try {
    const response = await fetch(url, { method, headers, ...(method === "POST" ? { body: "{}" } : {}) });
    return { status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

async function until<T>(attempt: () => Promise<T | null | undefined>, dev: ChildProcess): Promise<T> {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  for (;;) {
    const found = await attempt();
    if (found !== null && found !== undefined) return found;
    if (dev.exitCode !== null) throw new Error(`sheaf dev ended with ${dev.exitCode}`);
    if (Date.now() > deadline) throw new Error("it did not come about in time");
    await pause(POLL_MS);
  }
}
