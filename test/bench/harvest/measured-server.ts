import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { AssetView } from "../../../engine/runtime/views.ts";
import { START } from "./bench-process.ts";
import type { PhaseFigures } from "./loop-watch.ts";

const TOKEN = "sheaf-bench-admin-token";
const SOURCE_THREADS = 16;
/** Phases end when an asset is materialized; one that takes longer than this is not coming. */
const PHASE_TIMEOUT_MS = 30 * 60_000;

/** A whole Sheaf as `npm start` runs it, with one source in its configuration and one page open. */
export interface MeasuredServer extends AsyncDisposable {
  /** Resolves when all of these assets are materialized, with what the process was like since the phase before. */
  until(assets: readonly string[]): Promise<PhaseFigures>;
}

export async function measuredServer(dataDir: string, origin: string): Promise<MeasuredServer> {
  const configs = join(dataDir, "objects/gleaner/scheduler/configs");
  await mkdir(configs, { recursive: true });
  await writeFile(join(configs, "gleanerconfig.yaml"), sourcesFile(origin));
  const child = fork(fileURLToPath(new URL("../../../ui/cli/sheaf.mjs", import.meta.url)), ["start"], {
    execArgv: [...START.flags, "--import", new URL("loop-watch.ts", import.meta.url).href],
    cwd: dataDir,
    env: {
      ...process.env,
      ...START.environment,
      SHEAF_DATA_DIR: dataDir,
      SHEAF_PORT: "0",
      SHEAF_ADMIN_TOKEN: TOKEN,
      GLEANERIO_MINIO_BUCKET: "gleaner",
    },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  if (child.stdout === null) throw new Error("the server has no output");
  const url = await addressOf(child.stdout);
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/live`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  await once(socket, "open");
  const made = new Set<string>();
  socket.on("message", (data: Buffer) => {
    const { topic, data: told } = JSON.parse(data.toString("utf8")) as LiveMessage;
    if (topic !== "assets") return;
    for (const asset of told?.items ?? []) if ((asset.partitions?.materialized ?? 0) > 0) made.add(asset.key);
  });
  socket.send(JSON.stringify({ subscribe: ["assets", "runs"] }));
  return {
    async until(assets) {
      const signal = AbortSignal.timeout(PHASE_TIMEOUT_MS);
      while (!assets.every((key) => made.has(key))) await once(socket, "message", { signal });
      const answer = once(child, "message") as Promise<[PhaseFigures]>;
      child.send("phase");
      return (await answer)[0];
    },
    async [Symbol.asyncDispose]() {
      socket.terminate();
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

interface LiveMessage {
  readonly topic?: string;
  readonly data?: { readonly items?: readonly AssetView[] };
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface(output);
  for await (const line of lines) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    output.resume();
    return url;
  }
  throw new Error("the server ended before it told its address");
}

function sourcesFile(origin: string): string {
  return `summoner:
  threads: ${SOURCE_THREADS}
sources:
  - sourcetype: sitemap
    name: bench
    url: ${origin}/sitemap.xml
    properName: Bench
    domain: ${origin}
    active: true
`;
}
