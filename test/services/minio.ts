import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { endServer, untilAnswer } from "./server-process.ts";
import { freePort } from "../rigs/free-port.ts";

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
    await endServer(server);
    await folder[Symbol.asyncDispose]();
  };
  try {
    // It is alive before it has read its users; until then, every call is answered 503.
    await untilAnswer(`http://${endPoint}:${port}/minio/health/live`, (status) => status === 200, {
      name: "minio",
      server,
      output,
    });
    await untilAnswer(`http://${endPoint}:${port}/`, (status) => status !== 503, { name: "minio", server, output });
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
