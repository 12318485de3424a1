import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../engine/adapters/system-clock.ts";
import { type FaultPoint, faultPoints } from "../../engine/core/ports/fault-points.ts";
import { type SeededRandom, seededRandom } from "../rigs/seeded-random.ts";
import { checkRecord } from "./verdict.ts";

/** A life of the engine that takes longer hangs. */
const LIFE_LIMIT_MS = 180_000;
/** A kill at a random moment comes at most so long after the engine began to open, or has started. */
const RANDOM_KILL_MS = { open: 600, started: 1500 } as const;
/** An engine that has not reached its point so long after its start is ended as well, so that work is left for the next. */
const POINT_LIMIT_MS = 3000;
/** A point is killed at between its first reach and this one; a life reaches those of a flush often, most others seldom. */
const MAX_NTH = 4;
const MAX_FLUSH_NTH = 60;
const CHILD = fileURLToPath(new URL("./engine-child.ts", import.meta.url));
const HOST = fileURLToPath(new URL("./container-host-process.ts", import.meta.url));

export interface CampaignReport {
  kills: number;
  /** Where the engine was, by fault point; `random` for a moment of the parent's choosing. */
  readonly killedAt: Record<string, number>;
  /** Facts of the record at the end. */
  steps: number;
  interrupted: number;
  resumed: number;
  containers: number;
}

export interface CampaignParams {
  /** An empty folder. */
  readonly folder: string;
  readonly seed: number;
  /** Kills at most so many times; fewer where the work is done before. */
  readonly kills: number;
}

interface Kill {
  /** Where the engine ends itself at its nth reach; null: nowhere. */
  readonly at: { readonly point: FaultPoint; readonly nth: number } | null;
  /** When the parent ends it at the latest: after the engine began to open, or has started. */
  readonly from: "open" | "started";
  readonly afterMs: number;
}

/** One record, killed again and again until its work is done; then everything about it must be right. Throws where not. */
export async function campaign({ folder, seed, kills }: CampaignParams): Promise<CampaignReport> {
  const random = seededRandom(seed);
  const report: CampaignReport = { kills: 0, killedAt: {}, steps: 0, interrupted: 0, resumed: 0, containers: 0 };
  await using host = await startHost(folder, seed);
  let lives = 0;
  for (let isDone = false; !isDone;) {
    const kill = report.kills < kills ? chooseKill(random) : null;
    lives++;
    const how = await live({ folder, hostUrl: host.url, kill });
    isDone = how === "done";
    if (how === "done") continue;
    const place = how === "struck" ? (kill?.at?.point ?? "") : "random";
    report.kills++;
    report.killedAt[place] = (report.killedAt[place] ?? 0) + 1;
  }
  const found = await checkRecord({ folder, hostUrl: host.url, lives });
  return { ...report, ...found };
}

/** Half of the kills at a fault point, each as likely as another; the others, and where that is not reached, at any moment. */
function chooseKill(random: SeededRandom): Kill {
  if (random.below(2) === 0) {
    const from = random.pick(["open", "started", "started"] as const);
    return { at: null, from, afterMs: random.below(RANDOM_KILL_MS[from]) };
  }
  const point = random.pick(faultPoints);
  const nth = 1 + random.below(point.startsWith("flush.") ? MAX_FLUSH_NTH : MAX_NTH);
  return { at: { point, nth }, from: "started", afterMs: POINT_LIMIT_MS };
}

interface LiveParams {
  readonly folder: string;
  readonly hostUrl: string;
  readonly kill: Kill | null;
}

/** One life of the engine. Throws where it says something is wrong, or does not end. */
async function live({ folder, hostUrl, kill }: LiveParams): Promise<"killed" | "struck" | "done"> {
  const place = kill?.at == null ? [] : [kill.at.point, String(kill.at.nth)];
  const child = spawnNode([CHILD, folder, hostUrl, ...place], { folder, timeoutMs: LIFE_LIMIT_MS });
  using _killed = { [Symbol.dispose]: () => void child.kill("SIGKILL") };
  let errors = "";
  let isDone = false;
  let isStruck = false;
  child.stderr?.on("data", (data: Buffer) => (errors += data.toString()));
  createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
    isDone ||= line === "done";
    isStruck ||= line === "struck";
    if (kill !== null && line === kill.from) void killAfter(child, kill.afterMs);
  });
  const startedAtMs = systemClock().monotonic();
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  const hangs = systemClock().monotonic() - startedAtMs >= LIFE_LIMIT_MS;
  if (hangs) throw new Error(`a life of the engine did not end within ${LIFE_LIMIT_MS} ms: ${errors}`);
  if (errors !== "") throw new Error(`the engine reported a problem: ${errors}`);
  if (isDone) return "done";
  if (signal === "SIGKILL" && kill !== null) return isStruck ? "struck" : "killed";
  throw new Error(`the engine ended by itself with ${code ?? signal}`);
}

async function killAfter(child: ChildProcess, ms: number): Promise<void> {
  await systemClock().sleep(ms);
  child.kill("SIGKILL");
}

interface HostProcess extends AsyncDisposable {
  readonly url: string;
}

async function startHost(folder: string, seed: number): Promise<HostProcess> {
  const child = spawnNode([HOST, path.join(folder, "begun"), String(seed)], { folder });
  child.stderr?.pipe(process.stderr);
  const [url] = (await once(createInterface({ input: child.stdout ?? process.stdin }), "line")) as [string];
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}

interface SpawnParams {
  readonly folder: string;
  readonly timeoutMs?: number;
}

/** Compiled code is kept beside the folders of the campaigns: most of a short life is its start. */
function spawnNode(args: readonly string[], { folder, timeoutMs }: SpawnParams): ChildProcess {
  return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(path.dirname(folder), "sheaf-compile-cache") },
    killSignal: "SIGKILL",
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
}
