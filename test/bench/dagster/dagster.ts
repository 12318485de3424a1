import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { memoryOf, processTree } from "./process-tree.ts";
import { freePort } from "../../rigs/free-port.ts";

/** `default`: `dagster dev` as it comes; `tuned`: what made it fastest. */
export type Tuning = "default" | "tuned";

export interface DagsterParams {
  readonly bin: string;
  readonly tuning: Tuning;
  readonly definitions: "definitions.py" | "drain.py";
  /** Runs wait in a queue, as they do by default; without one they start at once, as many as there are. */
  readonly isQueued: boolean;
  readonly chainSteps: number;
}

export interface Dagster extends AsyncDisposable {
  /** From the start to the first page and an answer that knows the definitions. */
  readonly startedInMs: number;
  ask<T>(query: string, variables?: unknown): Promise<T>;
  /** When a run's code began, by the file that it wrote; null while there is none. */
  mark(runId: string): Promise<number | null>;
  memoryMb(): number;
}

const START_LIMIT_MS = 300_000;
const POLL_MS = 20;
const SOCKET = "code.sock";
const RELOAD_MS = 30_000;
const END_GRACE_MS = 5000;

/** The queue looks every second, and starts what it finds at once. */
const TUNED_QUEUE = "run_queue:\n  dequeue_interval_seconds: 1\n  max_concurrent_runs: 8\n";
const NO_QUEUE = "run_coordinator:\n  module: dagster._core.run_coordinator\n  class: DefaultRunCoordinator\n";
const LESS_WATCHING = "telemetry:\n  enabled: false\nrun_monitoring:\n  enabled: false\n";

export async function startDagster(params: DagsterParams): Promise<Dagster> {
  const home = await mkdtemp(join(tmpdir(), "sheaf-bench-dagster-home-"));
  const marks = join(home, "marks");
  await mkdir(marks);
  const isTuned = params.tuning === "tuned";
  const tuned = LESS_WATCHING + (params.isQueued ? TUNED_QUEUE : NO_QUEUE);
  await writeFile(join(home, "dagster.yaml"), isTuned ? tuned : "telemetry:\n  enabled: false\n");
  const port = await freePort();
  const environment = {
    ...process.env,
    DAGSTER_HOME: home,
    BENCH_MARKS: marks,
    BENCH_CHAIN_STEPS: String(params.chainSteps),
    BENCH_TUNED: isTuned ? "1" : "0",
    PATH: `${params.bin}:${process.env["PATH"] ?? ""}`,
  };
  const startedAt = performance.now();
  const commands = isTuned
    ? tunedCommands(params, { port, home })
    : [["dagster", "dev", "-f", fileOf(params), "-p", `${port}`]];
  const processes: ChildProcess[] = [];
  for (const [command = "", ...args] of commands) {
    // A webserver that finds no code server where it is told to look ends.
    if (isTuned && processes.length === 1) await untilThere(join(home, SOCKET));
    const options = { cwd: home, env: environment, stdio: "ignore", detached: true } as const;
    processes.push(spawn(join(params.bin, command), args, options));
  }
  const end = async (): Promise<void> => {
    await endAll(processes);
    await rm(home, { recursive: true, force: true });
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await untilReady(url, startedAt);
    return {
      startedInMs: performance.now() - startedAt,
      ask: (query, variables) => ask(url, { query, variables }),
      async mark(runId) {
        const text = await readFile(join(marks, runId), "utf8").catch(() => "");
        return text === "" ? null : Number(text) * 1000;
      },
      memoryMb: () => memoryOf(processes.flatMap(({ pid }) => (pid === undefined ? [] : processTree(pid)))),
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function fileOf({ definitions }: DagsterParams): string {
  return fileURLToPath(new URL(definitions, import.meta.url));
}

async function untilThere(file: string): Promise<void> {
  for (let waitedMs = 0; !existsSync(file) && waitedMs < START_LIMIT_MS; waitedMs += POLL_MS) await sleep(POLL_MS);
}

/** The three processes of `dagster dev`, the code server first. */
function tunedCommands(
  params: DagsterParams,
  { port, home }: { port: number; home: string },
): readonly (readonly string[])[] {
  const socket = join(home, SOCKET);
  return [
    ["dagster", "api", "grpc", "-f", fileOf(params), "-s", socket, "--location-name", "bench"],
    ["dagster-webserver", "-p", String(port), "-h", "127.0.0.1", "--grpc-socket", socket],
    ["dagster-daemon", "run", "--grpc-socket", socket],
  ];
}

async function untilReady(url: string, startedAt: number): Promise<void> {
  let toldAt = startedAt;
  while (performance.now() - startedAt < START_LIMIT_MS) {
    const isServed = await fetch(url).then(
      async (answer) => (await answer.text()).length > 0 && answer.ok,
      () => false,
    );
    if (isServed && (await repositories(url).catch(() => [])).length > 0) return;
    // It looks again by itself once the code server is there; told to meanwhile, it may never find it.
    if (isServed && performance.now() - toldAt > RELOAD_MS) {
      await ask(url, { query: "mutation { reloadWorkspace { __typename } }" }).catch(() => null);
      toldAt = performance.now();
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Dagster did not start within ${START_LIMIT_MS} ms`);
}

interface Repository {
  readonly name: string;
  readonly location: { readonly name: string };
}

async function repositories(url: string): Promise<readonly Repository[]> {
  const query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }";
  const { repositoriesOrError } = await ask<{ repositoriesOrError: { nodes?: readonly Repository[] } }>(url, { query });
  return repositoriesOrError.nodes ?? [];
}

async function ask<T>(url: string, body: { query: string; variables?: unknown }): Promise<T> {
  const answer = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await answer.json()) as { data?: T; errors?: unknown };
  if (data === undefined || data === null) throw new Error(`Dagster answers ${JSON.stringify(errors)}`);
  return data;
}

export async function repositoryOf(
  dagster: Dagster,
): Promise<{ repositoryName: string; repositoryLocationName: string }> {
  const query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }";
  const { repositoriesOrError } = await dagster.ask<{ repositoriesOrError: { nodes: readonly Repository[] } }>(query);
  const [found] = repositoriesOrError.nodes;
  if (found === undefined) throw new Error("Dagster has no repository");
  return { repositoryName: found.name, repositoryLocationName: found.location.name };
}

/** Ends each process with all that it started, those that left its group too. */
async function endAll(processes: readonly ChildProcess[]): Promise<void> {
  const pids = processes.flatMap(({ pid }) => (pid === undefined ? [] : processTree(pid)));
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended.
      }
    }
  };
  signal("SIGTERM");
  const ended = Promise.all(
    processes.map(async (one) => {
      if (one.exitCode === null && one.signalCode === null) await once(one, "exit");
    }),
  );
  await Promise.race([ended, sleep(END_GRACE_MS)]);
  signal("SIGKILL");
}
