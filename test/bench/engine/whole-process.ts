import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { startCommand } from "../start-command.ts";
import { tellProblems } from "./bench-server.ts";
import { quantile, resultOf } from "./figures.ts";

const STARTS = 10;
const MAX_START_MS = 1000;
const MAX_IDLE_MB = 150;
/** After what a demo does at its first start; longer than worker threads and copies of graphs without work are kept. */
const QUIET_MS = 75_000;
const IDLE_SAMPLES = 20;
const SAMPLE_MS = 250;
const POLL_MS = 5;

const sheaf = fileURLToPath(new URL("../../../ui/cli/sheaf.mjs", import.meta.url));
const bare = fileURLToPath(new URL("bare-server.ts", import.meta.url));

/** From the process's start to the first page, with this project's own definitions, each on a new data directory. */
export const coldStart: BenchRow = {
  row: "cold-start",
  passes: ({ value }) => (value ?? Infinity) < MAX_START_MS,
  async measure(): Promise<BenchResult> {
    // The first start of all compiles; what it leaves is there for every start after it, of users too.
    await timeToPage(sheaf);
    const samples: number[] = [];
    const floors: number[] = [];
    for (let index = 0; index < STARTS; index++) {
      samples.push(await timeToPage(sheaf));
      floors.push(await timeToPage(bare));
    }
    return resultOf({
      row: "cold-start",
      unit: "ms",
      target: `< ${MAX_START_MS} ms`,
      floor: quantile(
        floors.toSorted((a, b) => a - b),
        0.5,
      ),
      samples,
    });
  },
};

/** What a started demo holds when it has nothing to do: after its first harvest, and after a start without one. */
export const idleMemory: BenchRow = {
  row: "idle-memory",
  passes: ({ value }) => (value ?? Infinity) < MAX_IDLE_MB,
  async measure(): Promise<BenchResult> {
    await using folder = await temporaryFolder();
    const untilIdle = (url: string): Promise<void> => untilQuiet(url, QUIET_MS);
    const samples = await idleRss({ module: sheaf, folder: folder.path, untilIdle });
    const restarted = await idleRss({ module: sheaf, folder: folder.path, untilIdle });
    await using bareFolder = await temporaryFolder();
    const floors = await idleRss({ module: bare, folder: bareFolder.path, untilIdle: async () => {} });
    return resultOf({
      row: "idle-memory",
      unit: "MB",
      target: `< ${MAX_IDLE_MB} MB`,
      floor: quantile(
        floors.toSorted((a, b) => a - b),
        0.5,
      ),
      samples,
      peakRssMb: Math.max(...samples),
      details: {
        "MB after a start without a harvest": Math.max(...restarted),
      },
    });
  },
};

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly startedAt: number;
  /** Of its ready line. */
  readonly url: Promise<string>;
}

async function start(module: string, folder: string): Promise<Started> {
  const { environment, nodeFlags } = startCommand();
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, module, "start", "--json"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...environment, SHEAF_PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  tellProblems(child);
  const url = firstLine(child).then((line) => (JSON.parse(line) as { url: string }).url);
  return {
    child,
    startedAt,
    url,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("the process has no output");
  for await (const line of createInterface(stdout)) {
    if (!line.includes('"url"')) continue;
    stdout.resume();
    return line;
  }
  throw new Error("the process ended before it was ready");
}

async function timeToPage(module: string): Promise<number> {
  await using folder = await temporaryFolder();
  await using started = await start(module, folder.path);
  const url = await started.url;
  const page = await fetch(url);
  await page.text();
  if (!page.ok) throw new Error(`the first page: ${page.status}`);
  return performance.now() - started.startedAt;
}

interface IdleParams {
  readonly module: string;
  readonly folder: string;
  readonly untilIdle: (url: string) => Promise<void>;
}

async function idleRss({ module, folder, untilIdle }: IdleParams): Promise<readonly number[]> {
  await using started = await start(module, folder);
  await untilIdle(await started.url);
  const samples: number[] = [];
  while (samples.length < IDLE_SAMPLES) {
    await pause(SAMPLE_MS);
    samples.push(rssMb(started.child.pid ?? 0));
  }
  return samples;
}

/** Linux tells of other processes what they hold; elsewhere this row cannot be measured. */
function rssMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}

/** Until nothing ran or waited for so long. */
async function untilQuiet(url: string, ms: number): Promise<void> {
  let quietSince = performance.now();
  while (performance.now() - quietSince < ms) {
    const health = (await (await fetch(`${url}/api/health`)).json()) as { queuedRuns: number; runningRuns: number };
    if (health.queuedRuns + health.runningRuns > 0) quietSince = performance.now();
    await pause(POLL_MS * 20);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
