import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { PhaseFigures } from "../harvest/loop-watch.ts";
import { startCommand } from "../start-command.ts";

/** `sheaf start` on a data directory, as `npm start` starts it. */
export interface ListServer extends AsyncDisposable {
  readonly url: string;
  /** Of an admin. */
  readonly token: string;
  /** Sends a request over the one connection and waits for the whole answer. Throws on any status but 200. */
  get(path: string): Promise<TimedAnswer>;
  /** From the subscription to the snapshot. */
  snapshot(topic: string): Promise<TimedAnswer>;
  peakRssMb(): number;
  /** Its memory and its event loop since the last time that this was asked. */
  phase(): Promise<PhaseFigures>;
  /** Processor time that it used so far, in ms; in steps of 10. */
  cpuMs(): number;
}

export interface TimedAnswer {
  readonly ms: number;
  readonly text: string;
}

/** Linux counts processor time in hundredths of a second, whatever the kernel does. */
const MS_PER_TICK = 10;
const TOKEN = "bench-token-0123456789";
const root = fileURLToPath(new URL("../../../", import.meta.url));
const definitions = fileURLToPath(new URL("definitions.ts", import.meta.url));

export interface ListServerParams {
  /** The definitions that made the directory. Default: those of the lists. */
  readonly module?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function listServer(directory: string, params: ListServerParams = {}): Promise<ListServer> {
  const { module = definitions, settings = {} } = params;
  const workspace = join(directory, "workspace.yaml");
  await writeFile(workspace, `projects:\n  - { name: bench, dataDir: ., locations: ["${module}"] }\n`);
  const { environment, nodeFlags } = startCommand();
  const child = fork(join(root, "ui/cli/sheaf.mjs"), ["start", "--json"], {
    cwd: directory,
    execArgv: [...nodeFlags, "--import", new URL("../harvest/loop-watch.ts", import.meta.url).href],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: {
      PATH: process.env["PATH"],
      ...environment,
      ...settings,
      SHEAF_ADMIN_TOKEN: TOKEN,
      SHEAF_DATA_DIR: directory,
      SHEAF_PORT: "0",
      SHEAF_WORKSPACE: workspace,
    },
  });
  const url = await readyUrl(child);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    url,
    token: TOKEN,
    get: (path) => timedGet(new URL(path, url), agent),
    snapshot: (topic) => timedSnapshot(url, topic),
    async phase() {
      child.send("phase");
      const [figures] = (await once(child, "message")) as [PhaseFigures];
      return figures;
    },
    peakRssMb() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
    },
    cpuMs() {
      const [user, system] = readFileSync(`/proc/${child.pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")
        .slice(11, 13);
      return (Number(user) + Number(system)) * MS_PER_TICK;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no output");
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as { readonly type?: string; readonly url?: string };
    if (told.type !== "ready" || told.url === undefined) continue;
    child.stdout.resume();
    return told.url;
  }
  throw new Error("the server ended before it was ready");
}

const headers = { authorization: `Bearer ${TOKEN}` };

function timedGet(url: URL, agent: Agent): Promise<TimedAnswer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    get(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const ms = performance.now() - startedAt;
        const text = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode === 200) resolve({ ms, text });
        else reject(new Error(`${url.pathname}${url.search} answers ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    }).on("error", reject);
  });
}

async function timedSnapshot(url: string, topic: string): Promise<TimedAnswer> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/live`, { headers });
  try {
    await once(socket, "message");
    const startedAt = performance.now();
    socket.send(JSON.stringify({ subscribe: [topic] }));
    for (;;) {
      const [data] = (await once(socket, "message")) as [Buffer];
      const ms = performance.now() - startedAt;
      const text = data.toString("utf8");
      if (text.startsWith('{"snapshot"')) return { ms, text };
      if (text.startsWith('{"error"')) throw new Error(`${topic}: ${text}`);
    }
  } finally {
    socket.terminate();
  }
}
