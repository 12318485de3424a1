import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { availableParallelism } from "node:os";

/** What one of the measured processes reports at its end. */
export interface ProcessFigures {
  readonly pages: number;
  readonly seconds: number;
  readonly peakRssMb: number;
  readonly lagP99Ms: number;
}

/** Pages fetched at a time, and workers: the same for the harvester and for the bare loop. */
export const FETCHES = 8;
export const WORKERS = Math.max(2, availableParallelism() - 1);

/**
 * Node's flags and malloc's settings as `npm start` has them: V8's young generation would grow to 100 MB a thread where
 * memory is plenty.
 */
export const START = startOf(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

function startOf(packageText: string): { readonly flags: readonly string[]; readonly environment: NodeJS.ProcessEnv } {
  const { scripts } = JSON.parse(packageText) as { readonly scripts: { readonly start: string } };
  const words = scripts.start.split(" ");
  const node = words.indexOf("node");
  const settings = words.slice(0, node).map((word) => word.split("=", 2) as [string, string]);
  return {
    flags: words.slice(node + 1).filter((word) => word.startsWith("--")),
    environment: Object.fromEntries(settings),
  };
}

const SAMPLE_MS = 10;

/** Runs `work` and sends its figures to the process that forked this one. */
export async function reportFigures(work: () => Promise<number>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  const startedAt = performance.now();
  const pages = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  delay.disable();
  const figures: ProcessFigures = {
    pages,
    seconds,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    // The histogram counts the whole interval between its samples.
    lagP99Ms: Math.round(Math.max(0, delay.percentile(99) / 1e6 - SAMPLE_MS) * 10) / 10,
  };
  process.send?.(figures);
}

/** Runs a module as a process of its own and waits for its figures. Throws where it ends without. */
export async function measureProcess(module: URL, args: readonly string[]): Promise<ProcessFigures> {
  const child = fork(module, args, {
    execArgv: [...START.flags],
    env: { ...process.env, ...START.environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let figures: ProcessFigures | null = null;
  child.on("message", (message) => {
    figures = message as ProcessFigures;
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0 || figures === null) throw new Error(`${module.pathname} ended with ${code} and no figures`);
  return figures;
}
