import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { temporaryFolder } from "../rigs/temporary-folder.ts";

/** A MinIO server of its own on a loopback port, stopped and gone at the end of an `await using`. */
export interface MinioService extends AsyncDisposable {
  readonly endPoint: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly pid: number;
}

/** The module that `go install` builds where there is no `minio` yet; the first build takes about five minutes. */
const MINIO_MODULE = "github.com/minio/minio@latest";
const BUILD_LIMIT_MS = 20 * 60_000;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 50;

export async function startMinio(): Promise<MinioService> {
  const program = await minioProgram();
  const folder = await temporaryFolder();
  const port = await freePort();
  const endPoint = "127.0.0.1";
  const credentials = { accessKey: "sheaf-test", secretKey: "sheaf-test-secret" };
  const server = spawn(program, ["server", "--address", `${endPoint}:${port}`, folder.path], {
    // Nothing else of the environment: a proxy or credentials in it would change what is tested.
    env: {
      PATH: process.env["PATH"],
      HOME: folder.path,
      MINIO_ROOT_USER: credentials.accessKey,
      MINIO_ROOT_PASSWORD: credentials.secretKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding("utf8").on("data", (text) => output.push(text));
  const stop = async (): Promise<void> => {
    await end(server);
    await folder[Symbol.asyncDispose]();
  };
  try {
    // It is alive before it has read its users; until then, every call is answered 503.
    await untilAnswer(`http://${endPoint}:${port}/minio/health/live`, (status) => status === 200, { server, output });
    await untilAnswer(`http://${endPoint}:${port}/`, (status) => status !== 503, { server, output });
  } catch (error) {
    await stop();
    throw error;
  }
  return { endPoint, port, ...credentials, pid: server.pid ?? -1, [Symbol.asyncDispose]: stop };
}

/** The path of `minio`: on the PATH, built before, or built now. */
export async function minioProgram(): Promise<string> {
  const { stdout } = await promisify(execFile)("go", ["env", "GOPATH"]).catch(() => ({ stdout: "" }));
  const built = stdout.trim() === "" ? [] : [join(stdout.trim(), "bin", "minio")];
  const onPath = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "minio"));
  const candidates = [...onPath, ...built];
  for (const path of candidates) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  const [target] = built;
  if (target === undefined) throw new Error("there is neither a minio nor a go on the PATH; install one of them");
  await promisify(execFile)("go", ["install", MINIO_MODULE], { timeout: BUILD_LIMIT_MS });
  return target;
}

interface Starting {
  readonly server: ChildProcess;
  readonly output: readonly string[];
}

async function untilAnswer(url: string, isGood: (status: number) => boolean, starting: Starting): Promise<void> {
  const { server, output } = starting;
  const deadlineMs = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadlineMs && server.exitCode === null) {
    const status = await fetch(url).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.status;
      },
      () => 0,
    );
    if (status !== 0 && isGood(status)) return;
    await sleep(POLL_MS);
  }
  throw new Error(`minio did not start: ${output.join("").slice(-2000)}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, "exit");
  server.kill("SIGTERM");
  const gaveUp = await Promise.race([exited.then(() => false), sleep(STOP_LIMIT_MS, true, { ref: false })]);
  if (!gaveUp) return;
  server.kill("SIGKILL");
  await exited;
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("the listener has no port");
  return address.port;
}
