import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { startCommand } from "../start-command.ts";
import { type FloorResult, type FloorTask, measureFloor } from "./floor-process.ts";
import type { ProbeReport, ProbeRequest } from "./probe.ts";

/** `sheaf start` in a process of its own, on a fresh data directory, with the graphs of `definitions.ts`. */
export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly database: string;
  call<T>(path: string, options?: CallOptions): Promise<T>;
  /** A websocket client that watches these topics; closed with the server. */
  watch(topics: readonly string[]): Promise<void>;
  /** Forgets what was measured so far. */
  reset(): void;
  report(): Promise<ProbeReport>;
  commits(): Promise<number>;
  /** Ends the server and measures what bare SQLite needs for the same. */
  floor(task: FloorTask): Promise<FloorResult>;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
}

const TOKEN = "bench-token-0123456789";
const sheaf = fileURLToPath(new URL("../../../ui/cli/sheaf.mjs", import.meta.url));
const definitions = fileURLToPath(new URL("definitions.ts", import.meta.url));
/** More flags for node, such as `--cpu-prof`, to look into a row. */
const EXTRA_FLAGS = (process.env["BENCH_NODE_FLAGS"] ?? "").split(" ").filter((flag) => flag !== "");

export async function benchServer(): Promise<BenchServer> {
  const folder = await temporaryFolder();
  const workspace = join(folder.path, "workspace.yaml");
  await writeFile(workspace, `projects:\n  - name: bench\n    locations: ["${definitions}"]\n`);
  const dataDir = join(folder.path, "data");
  await mkdir(dataDir);
  const { environment, nodeFlags } = startCommand();
  const child = fork(sheaf, ["start", "--json"], {
    cwd: folder.path,
    execArgv: [...nodeFlags, ...EXTRA_FLAGS],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env["PATH"],
      ...environment,
      SHEAF_ADMIN_TOKEN: TOKEN,
      SHEAF_DATA_DIR: dataDir,
      SHEAF_PORT: "0",
      SHEAF_WORKSPACE: workspace,
    },
  });
  tellProblems(child);
  const url = await readyUrl(child);
  const agent = new Agent({ keepAlive: true });
  const sockets: WebSocket[] = [];
  const call = <T>(path: string, { method = "GET", body }: CallOptions = {}): Promise<T> =>
    callJson<T>(new URL(path, url), { agent, method, body });
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.terminate();
    agent.destroy();
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  };
  return {
    url,
    database: join(dataDir, "sheaf.db"),
    call,
    async watch(topics) {
      const socket = new WebSocket(`${url.replace("http", "ws")}/api/live`, { headers: authorization });
      sockets.push(socket);
      await once(socket, "open");
      socket.send(JSON.stringify({ subscribe: topics }));
    },
    reset: () => void child.send("reset" satisfies ProbeRequest),
    async report() {
      child.send("report" satisfies ProbeRequest);
      const [report] = (await once(child, "message")) as [ProbeReport];
      return report;
    },
    async commits() {
      const metrics = await call<string>("/metrics");
      return Number(/^sheaf_commits_total\{.*?\} (\d+)$/m.exec(metrics)?.[1]);
    },
    async floor(task) {
      await stop();
      return await measureFloor(task);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const authorization = { authorization: `Bearer ${TOKEN}` };

async function readyUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no output");
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const told = JSON.parse(line) as { readonly type?: string; readonly url?: string };
    if (told.type !== "ready" || told.url === undefined) continue;
    // What it says from now on is nobody's business, but must not fill the pipe.
    child.stdout.resume();
    return told.url;
  }
  throw new Error("the server ended before it was ready");
}

/** What the server complains of; not what it tells of runs, nor that it stops, which it is told to. */
export function tellProblems({ stderr }: ChildProcess): void {
  if (stderr === null) return;
  createInterface(stderr).on("line", (line) => {
    if (!/^stopp(ing|ed)|see the page$/.test(line)) console.error(line);
  });
}

interface CallParams {
  readonly agent: Agent;
  readonly method: string;
  readonly body: unknown;
}

function callJson<T>(url: URL, { agent, method, body }: CallParams): Promise<T> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? null : JSON.stringify(body);
    const headers = {
      ...authorization,
      ...(text === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const request = httpRequest(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const answer = Buffer.concat(chunks).toString("utf8");
        if ((response.statusCode ?? 500) >= 400) {
          reject(new Error(`${method} ${url.pathname}: ${response.statusCode} ${answer}`));
          return;
        }
        const isJson = response.headers["content-type"]?.includes("json") === true;
        resolve((isJson ? JSON.parse(answer) : answer) as T);
      });
    });
    request.on("error", reject);
    request.end(text ?? undefined);
  });
}
