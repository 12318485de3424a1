import { execFile, spawn } from "node:child_process";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { endServer, untilAnswer } from "./server-process.ts";
import { freePort } from "../rigs/free-port.ts";

/** A Blazegraph of its own on a loopback port, stopped and gone at the end of an `await using`. */
export interface BlazegraphService extends AsyncDisposable {
  /** What `GLEANERIO_GRAPH_URL` would say. */
  readonly url: string;
  readonly pid: number;
}

/** The version that communities run. */
const ARTIFACT = "com.blazegraph:blazegraph-jar:2.1.4";
const JAR = "blazegraph-jar-2.1.4.jar";
const COPY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";
const FETCH_LIMIT_MS = 10 * 60_000;

/** What Java since 9 keeps from a program of 2016. */
const OPENED_PACKAGES = ["java.lang", "sun.nio.ch", "java.nio"];

export async function startBlazegraph(): Promise<BlazegraphService> {
  const { jar, patch } = await blazegraphProgram();
  const folder = await temporaryFolder();
  const port = await freePort();
  const opened = OPENED_PACKAGES.flatMap((name) => ["--add-opens", `java.base/${name}=ALL-UNNAMED`]);
  const jetty = ["-Djetty.host=127.0.0.1", `-Djetty.port=${port}`, `-Djava.io.tmpdir=${folder.path}`];
  const server = spawn("java", ["-Xmx1g", ...jetty, "--patch-module", `java.base=${patch}`, ...opened, "-jar", jar], {
    // It writes its journal into the folder that it is started in. Without a locale it reads and writes ASCII, as in
    // the containers that operators run.
    cwd: folder.path,
    env: { PATH: process.env["PATH"], HOME: folder.path, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: string[] = [];
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => output.push(text));
  const stop = async (): Promise<void> => {
    await endServer(server);
    await folder[Symbol.asyncDispose]();
  };
  const url = `http://127.0.0.1:${port}/blazegraph`;
  try {
    await untilAnswer(`${url}/status`, (status) => status === 200, { name: "blazegraph", server, output });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid: server.pid ?? -1, [Symbol.asyncDispose]: stop };
}

export interface BlazegraphProgram {
  readonly jar: string;
  /** A folder that Java's base module is patched with, so that the program finds its web pages in it. */
  readonly patch: string;
}

/** The program in the cache of this machine, fetched by Maven where it is not there. */
export async function blazegraphProgram(): Promise<BlazegraphProgram> {
  const cache = join(homedir(), ".cache", "sheaf", "blazegraph");
  const jar = join(cache, JAR);
  const patch = join(cache, "patch");
  if (!(await isThere(jar))) {
    await mkdir(cache, { recursive: true });
    const copy = ["-q", COPY_PLUGIN, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${cache}`];
    await promisify(execFile)("mvn", copy, { timeout: FETCH_LIMIT_MS });
  }
  if (!(await isThere(patch))) {
    const making = `${patch}.${process.pid}`;
    await promisify(execFile)("unzip", ["-q", "-o", jar, "war/*", "-d", making]);
    await rename(making, patch).catch(async () => rm(making, { recursive: true, force: true }));
  }
  return { jar, patch };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
