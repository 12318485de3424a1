import { spawn } from "node:child_process";
import { once } from "node:events";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BenchResult } from "../bench-row.ts";
import { DAGSTER_VERSION, installDagster } from "./installation.ts";
import { type DagsterFigures, measureDagster } from "./measures.ts";

/**
 * `npm run bench:dagster -- [--cache FOLDER] [--watch SECONDS]`: installs Dagster from PyPI, measures the graphs of
 * Sheaf's rows with it, by default settings and tuned, then Sheaf's rows, and prints them side by side in Markdown.
 */
const { values } = parseArgs({
  options: {
    cache: { type: "string", default: join(tmpdir(), "sheaf-bench-dagster") },
    watch: { type: "string", default: "120" },
  },
});

const ROWS = ["cold-start", "trigger-latency", "sequential-step", "fan-out-1000x8", "drain-100k", "idle-memory"];

/** Higher is better only where a row is a rate. */
interface Compared {
  readonly row: string;
  readonly what: string;
  readonly isRate: boolean;
  readonly unit: string;
  readonly of: (figures: DagsterFigures) => number | null;
  readonly note?: (figures: DagsterFigures) => string;
  readonly ofSheaf: (result: BenchResult) => number | null;
}

const compared: readonly Compared[] = [
  {
    row: "cold-start",
    what: "cold start to the first page",
    isRate: false,
    unit: "ms",
    of: (one) => one.coldStartMs,
    ofSheaf: inMs,
  },
  {
    row: "trigger-latency",
    what: "trigger → the step's code",
    isRate: false,
    unit: "ms",
    of: (one) => one.triggerMs,
    ofSheaf: ({ median, value }) => median ?? value,
  },
  {
    row: "sequential-step",
    what: "a step of a chain that does nothing",
    isRate: false,
    unit: "ms",
    of: (one) => one.stepMs,
    ofSheaf: inMs,
  },
  {
    row: "fan-out-1000x8",
    what: "1,000 partitions × 8 assets by one request",
    isRate: false,
    unit: "s",
    of: (one) => one.fanOutSeconds,
    note: (one) => one.fanOutNote,
    ofSheaf: ({ value }) => value,
  },
  {
    row: "drain-100k",
    what: "a backfill of 100,000 partitions, runs per second",
    isRate: true,
    unit: "runs/s",
    of: (one) => one.drainRunsPerSecond,
    note: (one) => `accepted in ${Math.round(one.acceptedMs)} ms; ${one.drainNote}; up to ${one.peakMb} MB`,
    ofSheaf: ({ value }) => value,
  },
  {
    row: "idle-memory",
    what: "memory of the whole when idle",
    isRate: false,
    unit: "MB",
    of: (one) => one.idleMb,
    ofSheaf: ({ value }) => value,
  },
];

function inMs({ value, unit }: BenchResult): number | null {
  return value === null || unit.startsWith("ms") ? value : value * 1000;
}

const bin = await installDagster(values.cache);
const watchMs = Number(values.watch) * 1000;
const loadBefore = loadavg()[0];
const asItComes = await measureDagster({ bin, tuning: "default", watchMs });
console.error(JSON.stringify(asItComes));
const tuned = await measureDagster({ bin, tuning: "tuned", watchMs });
console.error(JSON.stringify(tuned));
const sheaf = await sheafRows();

console.log(
  `Dagster ${DAGSTER_VERSION} and Sheaf, on the same machine one after the other; load ${loadBefore?.toFixed(1)} to ${loadavg()[0]?.toFixed(1)}.\n`,
);
console.log("| what | Dagster, default | Dagster, tuned | Sheaf | times |");
console.log("|---|---|---|---|---|");
for (const one of compared) {
  const result = sheaf.find(({ row }) => row === one.row);
  const own = result === undefined ? null : one.ofSheaf(result);
  const cells = [asItComes, tuned].map((figures) => cell(one, figures));
  const factors = [asItComes, tuned].map((figures) => factor(one, { dagster: one.of(figures), own }));
  console.log(`| ${one.what} | ${cells.join(" | ")} | ${shown(own)} ${one.unit} | ${factors.join("; ")} |`);
}

function cell(one: Compared, figures: DagsterFigures): string {
  const note = one.note?.(figures);
  return `${shown(one.of(figures))} ${one.unit}${note === undefined ? "" : ` (${note})`}`;
}

function factor({ isRate }: Compared, { dagster, own }: { dagster: number | null; own: number | null }): string {
  if (dagster === null || own === null || own === 0 || (isRate && dagster === 0)) return "–";
  return `${shown(isRate ? own / dagster : dagster / own)}×`;
}

function shown(value: number | null): string {
  if (value === null) return "–";
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(2)));
}

/** In a process of its own, as `npm run bench` measures them. */
async function sheafRows(): Promise<readonly BenchResult[]> {
  const bench = fileURLToPath(new URL("../run.ts", import.meta.url));
  const child = spawn(process.execPath, [bench, "--json", ...ROWS], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  await once(child, "close");
  return JSON.parse(text) as readonly BenchResult[];
}
